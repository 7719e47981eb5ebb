"""Tunnels through the real process: reload, log line, memory, silence, drain."""

import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.kit.process import (
    Running,
    Tree,
    is_listening,
    resident_kib,
    running,
    wait_until,
)
from tests.kit.upgrades import HANDSHAKE, SWITCHED

MIB = 1 << 20


@contextmanager
def echoing() -> Iterator[int]:
    """Port of a backend that agrees to every upgrade, and repeats what it hears."""
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as taken:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                taken.enter_context(connection)
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def talk(connection: socket.socket) -> None:
    try:
        connection.recv(65536)
        connection.sendall(SWITCHED)
        while piece := connection.recv(65536):
            connection.sendall(piece)
        connection.close()
    except OSError:
        pass


@contextmanager
def joined(proxy: Running) -> Iterator[socket.socket]:
    """A client behind its handshake."""
    with socket.create_connection(("127.0.0.1", proxy.tree.http)) as client:
        client.settimeout(10)
        client.sendall(HANDSHAKE)
        assert client.recv(65536).startswith(b"HTTP/1.1 101 ")
        yield client


def say(client: socket.socket, piece: bytes) -> bytes:
    client.sendall(piece)
    return client.recv(len(piece), socket.MSG_WAITALL)


def fill(client: socket.socket) -> None:
    """Send until no more is taken; a GiB, which no kernel takes, at most."""
    client.settimeout(0.2)
    piece = b"x" * MIB
    for _ in range(1024):
        client.sendall(piece)


def with_log(tree: Tree) -> Path:
    """Let `tree` log exchanges: status, bytes in, bytes out."""
    tree.modules = ("mod_access",)
    (tree.root / "mod_access").mkdir(parents=True)
    log = tree.root.parent / "access.log"
    template = "$status_code $req_body_len $res_body_len $all_time"
    (tree.root / "mod_access/mod_access.conf").write_text(
        f"[Log]\nLogFile = {log}\n"
        f'[Template]\nRequestTemplate = "{template}"\nSessionTemplate = "$ses_keepalive_num"\n'
    )
    return log


def test_a_tunnel_has_its_line_in_the_log_once_it_ends(tree: Tree):
    log = with_log(tree)
    with echoing() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            began = time.monotonic()
            with joined(proxy) as client:
                assert say(client, b"x" * 1000) == b"x" * 1000
                assert not log.read_text()
                lasted = time.monotonic() - began
            wait_until(lambda: "101" in log.read_text())
            line = next(line for line in log.read_text().splitlines() if line.startswith("101"))
            status, received, sent, milliseconds = line.split()
            assert (status, received, sent) == ("101", "1000", "1000")
            assert int(milliseconds) >= int(lasted * 1000) - 5
            totals = proxy.totals()
            assert totals["bfe_tunnel_opened_total"] == 1
            assert totals["bfe_tunnel_bytes_received_total"] == 1000
            assert totals["bfe_tunnel_bytes_sent_total"] == 1000
            page = proxy.monitor("/monitor/websocket_state?format=kv")[1]
            assert "WEB_SOCKET_BYTES_RECV:1000" in page.replace(" ", "")


def test_reloads_leave_tunnels_alone(tree: Tree):
    with echoing() as backend, echoing() as other:
        tree.write([backend])
        with running(tree) as proxy, joined(proxy) as client:
            for version in range(2, 5):
                tree.write_backends([other], str(version))
                tree.write_hosts(str(version), ["other.test"])
                wait_until(lambda: proxy.get(host="shop.test")[0] == 500)
                assert say(client, b"still here") == b"still here"
                tree.write_hosts(f"{version}b", ["shop.test"])
                with_new = proxy.metrics("bfe_tunnel_active")
                assert sum(with_new.values()) == 1


def test_a_tunnel_that_a_reload_takes_elsewhere_may_be_given_a_time_to_end(tree: Tree):
    tree.own += "\nReloadDrainSeconds = 1"
    with echoing() as backend, echoing() as other:
        tree.write([backend, other])
        with running(tree) as proxy, joined(proxy) as one, joined(proxy) as two:
            tree.write_backends([other], "2")
            (ended,) = select.select([one, two], [], [], 10)[0]
            assert ended.recv(1) == b""
            kept = two if ended is one else one
            assert say(kept, b"still here") == b"still here"
            assert proxy.totals()["bfe_client_over_reload_total"] == 1
            assert "exchanges cut off behind a reload count=1" in proxy.log()


def test_a_tunnel_that_is_silent_for_too_long_ends(tree: Tree):
    tree.own += "\nTunnelIdleSeconds = 1"
    with echoing() as backend:
        tree.write([backend])
        with running(tree) as proxy, joined(proxy) as client:
            assert say(client, b"hello") == b"hello"
            assert client.recv(1) == b""
            assert proxy.totals()["bfe_tunnel_idle_total"] == 1


def test_what_nobody_reads_does_not_pile_up(tree: Tree):
    with echoing() as backend:
        tree.write([backend])
        with running(tree) as proxy, ExitStack() as stack:
            clients = [stack.enter_context(joined(proxy)) for _ in range(10)]
            before = resident_kib(proxy.worker(0))
            for client in clients:
                with pytest.raises(TimeoutError):
                    fill(client)
            assert resident_kib(proxy.worker(0)) - before < 20 * 1024


# --- drain


def test_a_tunnel_lives_on_while_the_process_drains_and_may_end_by_itself(tree: Tree):
    log = with_log(tree)
    tree.grace = 30
    with echoing() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            with joined(proxy) as client:
                proxy.process.send_signal(signal.SIGTERM)
                wait_until(lambda: not is_listening(tree.http))
                assert say(client, b"still here") == b"still here"
            assert proxy.process.wait(10) == 0
            assert "101 10 10 " in log.read_text()


def test_a_tunnel_is_closed_on_both_sides_when_the_time_to_drain_is_over(tree: Tree):
    log = with_log(tree)
    tree.grace = 1
    with socket.create_server(("127.0.0.1", 0)) as backend:
        backend.settimeout(10)
        tree.write([backend.getsockname()[1]])
        with (
            running(tree) as proxy,
            socket.create_connection(("127.0.0.1", tree.http)) as client,
        ):
            client.settimeout(10)
            client.sendall(HANDSHAKE)
            taken, _ = backend.accept()
            with taken:
                taken.settimeout(10)
                taken.recv(65536)
                taken.sendall(SWITCHED)
                assert client.recv(65536).startswith(b"HTTP/1.1 101 ")
                proxy.process.send_signal(signal.SIGTERM)
                assert client.recv(1) == b""
                assert taken.recv(1) == b""
                assert proxy.process.wait(10) == 3
        assert "101 0 0 " in log.read_text()
