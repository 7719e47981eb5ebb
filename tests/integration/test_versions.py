"""The real process: another version takes over, or it does not; no request notices."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from loadtest.upgrades import Outcome, Plan
from tests.kit.pages import page_backend
from tests.kit.process import (
    Tree,
    free_port,
    is_listening,
    is_running,
    wait_until,
)
from tests.kit.versions import Versions, own_code, versions


def load(proxy: Versions, **settings: object) -> Outcome:
    """Upgrades under load."""
    tree = proxy.tree
    plan = Plan(
        port=tree.http,
        command=tuple(proxy.upgrade_command()),
        host="shop.test",
        **settings,
    )
    done = subprocess.run(
        [sys.executable, "-m", "loadtest.upgrades", msgspec.json.encode(plan).decode()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(done.stdout, type=Outcome)


def test_three_upgrades_under_load_lose_nothing(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "2") as proxy:
            outcome = load(proxy, rate=200, kept=16, upgrades=3, pause=0.5)
            assert outcome.failed == {}
            assert outcome.output == []
            assert (outcome.upgraded, outcome.left) == (3, 0)
            assert outcome.requests > 300
            assert outcome.replaced > 16
            wait_until(lambda: proxy.upgrades() == {"ok": 3})
            assert "Traceback" not in proxy.first.log()
            assert proxy.first.process.wait(20) == 0


def test_an_exchange_that_runs_is_finished_by_the_version_that_began_it(tree: Tree):
    with socket.create_server(("127.0.0.1", 0)) as backend:
        backend.settimeout(10)
        tree.grace = 20
        tree.write([backend.getsockname()[1]])
        with (
            versions(tree, "--workers", "1") as proxy,
            socket.create_connection(("127.0.0.1", tree.http)) as client,
        ):
            client.settimeout(10)
            client.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            taken, _ = backend.accept()
            with taken:
                taken.recv(65536)
                assert proxy.upgrade()[0] == 0
                assert is_running(proxy.first.process.pid)
                taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                answer = client.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert b"Connection: close" in answer
            assert proxy.first.process.wait(10) == 0


def test_a_connection_that_was_idle_gets_its_next_answer(tree: Tree):
    with page_backend() as backend:
        tree.grace = 20
        tree.write([backend])
        with (
            versions(tree, "--workers", "1") as proxy,
            socket.create_connection(("127.0.0.1", tree.http)) as idle,
            socket.create_connection(("127.0.0.1", tree.http)) as new,
        ):
            request = b"GET /x HTTP/1.1\r\nHost: shop.test\r\n\r\n"
            idle.settimeout(10)
            new.settimeout(10)
            idle.sendall(request)
            assert b"200 OK" in idle.recv(65536)
            assert proxy.upgrade()[0] == 0
            for client in (idle, new):
                client.sendall(request)
                answer = client.recv(65536)
                assert answer.startswith(b"HTTP/1.1 200 OK")
                assert b"Connection: close" in answer
            assert proxy.first.process.wait(10) == 0


def test_the_signal_does_the_same(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "1") as proxy:
            proxy.send(signal.SIGUSR2)
            assert proxy.first.process.wait(20) == 0
            assert proxy.first.get()[0] == 200
            assert proxy.first.monitor("/ready")[0] == 200
            assert "upgrade done" in proxy.first.log()


# --- the new version fails


def break_file(tree: Tree) -> str:
    (tree.root / "bfe.conf").write_text("[Server]\nHttpPort = many\n")
    return "bfe.conf:2:"


def break_data(tree: Tree) -> str:
    (tree.root / "server_data_conf/host_rule.data").write_text("{")
    return "host_rule.data:1:"


def take_port(tree: Tree) -> str:
    tree.server = "MonitorPort = 1\nMonitorAddr = 203.0.113.7"
    conf = tree.root / "bfe.conf"
    text = conf.read_text().replace(f"HttpPort = {tree.http}", "HttpPort = 1")
    conf.write_text(text.replace("HttpAddr = 127.0.0.1", "HttpAddr = 203.0.113.7", 1))
    return "cannot listen on 203.0.113.7:1 (http)"


@pytest.mark.parametrize("breaks", [break_file, break_data, take_port])
def test_one_that_cannot_start_leaves_the_other_serving_and_says_why(tree: Tree, breaks):
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "2") as proxy:
            before = proxy.first.children()
            reason = breaks(tree)
            code, output = proxy.upgrade()
            assert code == 1
            assert reason in output
            assert proxy.first.get()[0] == 200
            assert proxy.first.monitor("/ready")[0] == 200
            assert proxy.first.children() == before
            assert proxy.upgrades() == {"failed": 1}
            (line,) = [one for one in proxy.first.log().splitlines() if "upgrade failed" in one]
            assert reason in line
            assert proxy.first.stop() == 0


def test_failures_under_load_lose_nothing_either(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "2") as proxy:
            break_data(tree)
            outcome = load(proxy, rate=200, kept=16, upgrades=2, pause=0.5)
            assert outcome.failed == {}
            assert (outcome.upgraded, len(outcome.output)) == (0, 2)
            assert outcome.replaced == outcome.left == 0


def test_one_that_does_not_become_ready_is_ended_in_time(tree: Tree):
    with page_backend() as backend:
        tree.own = "DisableTls = true\nUpgradeSeconds = 1"
        tree.write([backend])
        code = own_code(tree)
        with versions(tree, "--workers", "1") as proxy, code.waiting():
            assert proxy.upgrade() == (1, "not upgraded: it was not ready within 1 s\n")
            assert proxy.first.get()[0] == 200
            wait_until(lambda: len(proxy.first.children()) == 2)


def test_a_second_one_is_refused_while_the_first_is_under_way(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        code = own_code(tree)
        with versions(tree, "--workers", "1") as proxy:
            with code.waiting():
                proxy.start_successor()
                status, output = proxy.upgrade()
                assert status == 1
                assert "another upgrade is running" in output
            assert proxy.first.process.wait(20) == 0
            wait_until(lambda: proxy.upgrades() == {"ok": 1})


def test_who_is_told_to_end_meanwhile_ends_and_the_new_one_with_it(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        code = own_code(tree)
        with versions(tree, "--workers", "1") as proxy, code.waiting():
            successor = proxy.start_successor()
            assert proxy.first.stop() == 0
            assert not is_running(successor)
            assert not is_listening(tree.http)


def test_the_death_of_the_old_one_leaves_the_new_one_to_serve(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        code = own_code(tree)
        with versions(tree, "--workers", "1") as proxy:
            with code.waiting():
                proxy.current = proxy.start_successor()
                proxy.first.process.kill()
                proxy.first.process.wait(10)
                waiting = socket.create_connection(("127.0.0.1", tree.http), 10)
            with waiting:
                waiting.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
                assert b"200 OK" in waiting.recv(65536)
            assert proxy.first.monitor("/ready")[0] == 200
            proxy.stop()


# --- what differs between two versions


@pytest.mark.parametrize(("before", "behind"), [(1, 3), (3, 1)])
def test_the_number_of_workers_may_differ(tree: Tree, before: int, behind: int):
    with page_backend() as backend:
        tree.own = f"DisableTls = true\nWorkers = {before}"
        tree.write([backend])
        with versions(tree) as proxy:
            tree.own = f"DisableTls = true\nWorkers = {behind}"
            tree.write([backend])
            outcome = load(proxy, rate=200, kept=8, upgrades=2, pause=0.5)
            assert (outcome.failed, outcome.upgraded) == ({}, 2)
            assert proxy.first.process.wait(20) == 0
            up = {f'worker="{number}"': 1.0 for number in range(behind)}
            wait_until(lambda: proxy.first.metrics("bfe_worker_up") == up)


def test_addresses_may_differ_and_all_serve_who_came_before(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "1") as proxy:
            old, tree.http = tree.http, free_port()
            tree.write([backend])
            assert proxy.upgrade()[0] == 0
            assert proxy.first.get()[0] == 200
            assert proxy.first.process.wait(20) == 0
            assert not is_listening(old)


def test_a_unix_listener_is_handed_over(tree: Tree, tmp_path: Path):
    path = tmp_path / "http.sock"

    def ask() -> bytes:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(path))
            client.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
            return client.recv(65536)

    with page_backend() as backend:
        tree.write([backend])
        conf = tree.root / "bfe.conf"
        conf.write_text(conf.read_text().replace("HttpAddr = 127.0.0.1", f"HttpAddr = {path}", 1))
        with versions(tree, "--workers", "2") as proxy:
            assert b"200 OK" in ask()
            assert proxy.upgrade()[0] == 0
            assert proxy.first.process.wait(20) == 0
            assert b"200 OK" in ask()


def test_the_code_is_what_is_installed_by_then(tree: Tree):
    tree.write([1])
    code = own_code(tree)
    with versions(tree, "--workers", "1") as proxy:
        code.set_version("99.1")
        assert proxy.upgrade()[0] == 0
        assert "bfe_build_info{python=" in proxy.first.monitor("/metrics")[1]
        assert 'version="99.1"' in proxy.first.monitor("/metrics")[1]
