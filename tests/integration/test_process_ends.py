"""The real process: how it ends, and what signals do."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.kit.pages import page_backend
from tests.kit.process import (
    Running,
    Tree,
    free_port,
    is_listening,
    is_running,
    running,
    starting,
    wait_until,
)


@contextmanager
def asked(tree: Tree) -> Iterator[tuple[Running, socket.socket, socket.socket]]:
    """A proxy with one exchange on its way; the client's socket, and the backend's."""
    with socket.create_server(("127.0.0.1", 0)) as backend:
        backend.settimeout(10)
        tree.write([backend.getsockname()[1]])
        with running(tree) as proxy, socket.create_connection(("127.0.0.1", tree.http)) as client:
            client.settimeout(10)
            client.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            taken, _ = backend.accept()
            with taken:
                taken.recv(65536)
                yield proxy, client, taken


def test_an_exchange_that_runs_is_finished_before_the_end(tree: Tree):
    with asked(tree) as (proxy, client, backend):
        proxy.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not is_listening(tree.http))
        assert proxy.monitor("/ready")[0] == 503
        backend.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")
        assert proxy.process.wait(10) == 0


def test_an_exchange_that_does_not_end_is_cut_and_the_status_says_so(tree: Tree):
    with asked(tree) as (proxy, _, _):
        proxy.process.send_signal(signal.SIGTERM)
        assert proxy.process.wait(10) == 3


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGQUIT])
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGQUIT])
def test_a_second_signal_ends_at_once(tree: Tree, first: signal.Signals, second: signal.Signals):
    tree.grace = 60
    with asked(tree) as (proxy, _, _):
        proxy.process.send_signal(first)
        wait_until(lambda: not is_listening(tree.http))
        proxy.process.send_signal(second)
        assert proxy.process.wait(10) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_a_key_in_the_terminal_reaches_all_processes_and_drains(tree: Tree, number: signal.Signals):
    with asked(tree) as (proxy, client, backend):
        os.killpg(proxy.process.pid, number)
        wait_until(lambda: not is_listening(tree.http))
        backend.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")
        assert proxy.process.wait(10) == 0


def test_nothing_is_left_when_the_parent_is_killed(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            children = proxy.children()
            assert len(children) == 3
            proxy.process.kill()
            proxy.process.wait(10)
            wait_until(lambda: not any(is_running(child) for child in children))
            assert not is_listening(tree.http)


def test_who_hangs_is_gone_too_when_the_parent_is_killed(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            children = proxy.children()
            hanging = [proxy.worker(0), proxy.controller()]
            try:
                for pid in hanging:
                    os.kill(pid, signal.SIGSTOP)
                proxy.process.kill()
                proxy.process.wait(10)
                wait_until(lambda: not any(is_running(child) for child in children))
                assert not is_listening(tree.http)
            finally:
                for pid in filter(is_running, hanging):
                    os.kill(pid, signal.SIGKILL)


def test_a_stop_while_it_starts_is_no_failure(tree: Tree):
    tree.write([1])
    with starting(tree.root.parent, "-c", str(tree.root)) as started:
        log = tree.root.parent / "log/bfe-py.log"
        wait_until(log.exists)
        started.send_signal(signal.SIGTERM)
        assert started.wait(10) in (0, -signal.SIGTERM)


def test_signals_that_come_early_end_nothing(tree: Tree):
    tree.write([1])
    with starting(tree.root.parent, "-c", str(tree.root)) as started:
        done = threading.Event()

        def annoy() -> None:
            children = f"/proc/{started.pid}/task/{started.pid}/children"
            while not done.wait(0.01):
                with open(children) as file:  # noqa: PTH123
                    if file.read():
                        started.send_signal(signal.SIGHUP)
                        started.send_signal(signal.SIGUSR1)

        annoying = threading.Thread(target=annoy)
        annoying.start()
        try:
            assert started.stdout is not None
            assert any("ready in" in line for line in started.stdout)
        finally:
            done.set()
            annoying.join()


EARLY = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def masked(pid: int, row: str) -> set[int]:
    """Signals in a row of the status of a process: `SigBlk`, `SigCgt`."""
    with open(f"/proc/{pid}/status") as file:  # noqa: PTH123
        bits = next(int(line.split()[1], 16) for line in file if line.startswith(row))
    return {number for number in EARLY if bits >> (number - 1) & 1}


def test_signals_that_come_before_anything_is_read_end_nothing(tree: Tree):
    tree.write([1])
    with starting(tree.root.parent, "-c", str(tree.root)) as started:
        wait_until(lambda: masked(started.pid, "SigBlk") == set(EARLY))
        for number in EARLY * 3:
            started.send_signal(number)
        assert started.stdout is not None
        lines = []
        for line in started.stdout:
            lines.append(line)
            if "ready in" in line:
                break
        assert "upgrade refused: the version that runs is not ready itself\n" in lines
        assert "ready in" in lines[-1]
        assert masked(started.pid, "SigBlk") == set()
        assert masked(started.pid, "SigCgt") == set(EARLY)


def test_nothing_that_it_starts_has_signals_held_back(tree: Tree):
    tree.write([free_port()])
    with running(tree, "--demo", "--workers", "2") as proxy:
        children = proxy.children()
        assert len(children) == 4
        assert [masked(child, "SigBlk") for child in children] == [set()] * 4


def test_a_log_that_was_moved_away_is_written_anew_behind_a_signal(tree: Tree):
    log = tree.root.parent / "log/access.log"
    tree.modules = ("mod_access",)
    with page_backend() as backend:
        tree.write([backend])
        (tree.root / "mod_access").mkdir()
        (tree.root / "mod_access/mod_access.conf").write_text(
            f"[Log]\nLogFile = {log}\n"
            '[Template]\nRequestTemplate = "$host"\nSessionTemplate = "$ses_keepalive_num"\n'
        )
        with running(tree) as proxy:
            proxy.get()
            wait_until(lambda: "shop.test" in log.read_text())
            log.rename(log.with_suffix(".old"))
            proxy.process.send_signal(signal.SIGUSR1)
            proxy.get()
            wait_until(lambda: log.exists() and "shop.test" in log.read_text())


def test_log_files_are_opened_again_and_nobody_ends(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            before = proxy.children()
            proxy.process.send_signal(signal.SIGUSR1)
            assert proxy.get()[0] == 200
            proxy.process.send_signal(signal.SIGHUP)
            assert proxy.monitor("/ready")[0] == 200
            assert proxy.children() == before
            assert proxy.stop() == 0
            assert "starting another" not in proxy.log()
