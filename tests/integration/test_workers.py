"""The real process: what workers share, and what is lost with one of them."""

import json
import os
import signal
import socket
from contextlib import ExitStack

import pytest

from tests.kit.asking_on import CLOSING, REQUEST, asking_on
from tests.kit.fire import end_stopped
from tests.kit.pages import page_backend
from tests.kit.process import (
    Running,
    Tree,
    is_running,
    running,
    wait_until,
)


def rows(proxy: Running) -> dict[str, dict[str, object]]:
    return {row["worker"]: row for row in json.loads(proxy.monitor("/monitor/workers")[1])}


# --- a worker that dies


def test_with_a_worker_that_is_killed_only_its_own_requests_are_lost(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with (
            running(tree, "--workers", "2") as proxy,
            asking_on(tree.http, kept=12, anew=4) as load,
        ):
            lost: set[int] = set()
            for number in (0, 1, 0):
                before = load.answered
                wait_until(lambda: load.answered > before + 100)  # noqa: B023
                lost |= end_stopped(proxy, number, tree.http)
            before = load.answered
            wait_until(lambda: load.answered > before + 100)
        assert load.unexpected == []
        assert set(load.failed) <= lost
        assert len(load.failed) <= 3 * (12 + 4)


def test_who_waits_for_a_worker_that_dies_is_served_by_its_successor(tree: Tree):
    with page_backend() as backend, ExitStack() as clients:
        tree.write([backend])
        with running(tree) as proxy:
            victim = proxy.worker(0)
            os.kill(victim, signal.SIGSTOP)
            waiting = [
                clients.enter_context(socket.create_connection(("127.0.0.1", tree.http), 10))
                for _ in range(5)
            ]
            for client in waiting:
                client.sendall(CLOSING)
            os.kill(victim, signal.SIGKILL)
            for client in waiting:
                with client, client.makefile("rb") as answer:
                    assert answer.readline() == b"HTTP/1.1 200 OK\r\n"


def test_every_end_is_counted_with_its_reason_and_logged(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            proxy.worker(0)
            for number in (1, 1):
                end_stopped(proxy, number, tree.http)
            controller = proxy.controller()
            os.kill(controller, signal.SIGSEGV)
            wait_until(lambda: not is_running(controller))
            wait_until(lambda: proxy.monitor("/ready")[0] == 200)
            wait_until(lambda: len(proxy.metrics("bfe_worker_ends_total")) == 2)
            assert proxy.metrics("bfe_worker_ends_total") == {
                'reason="SIGKILL",worker="1"': 2.0,
                'reason="SIGSEGV",worker="controller"': 1.0,
            }
            wait_until(lambda: all(row["is_up"] for row in rows(proxy).values()))
            assert {who: row["ends"] for who, row in rows(proxy).items()} == {
                "controller": {"SIGSEGV": 1},
                "0": {},
                "1": {"SIGKILL": 2},
            }
            assert proxy.log().count("worker 1 ended (signal 9); starting another") == 2


# --- a worker that hangs


def test_a_worker_that_hangs_for_a_configured_time_is_replaced_and_counted(tree: Tree):
    tree.own += "\nHeartbeatSeconds = 1"
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            hanging = proxy.worker(0)
            os.kill(hanging, signal.SIGSTOP)
            wait_until(lambda: not is_running(hanging))
            wait_until(lambda: proxy.get()[0] == 200)
            hangs = proxy.metrics("bfe_worker_hangs_total")
            assert sum(hangs.values()) == 1
            assert all('worker="0"' in labels for labels in hangs)
            assert rows(proxy)["0"]["ends"] == {"SIGKILL": 1}
            assert f"worker hangs worker=0 pid={hanging}" in proxy.log()


def test_a_worker_that_hangs_while_the_controller_is_replaced_is_found_too(tree: Tree):
    tree.own += "\nHeartbeatSeconds = 1"
    with page_backend() as backend:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            hanging, controller = proxy.worker(1), proxy.controller()
            proxy.totals()  # who the workers are is left to the next controller with these
            os.kill(hanging, signal.SIGSTOP)
            os.kill(controller, signal.SIGKILL)
            wait_until(lambda: not is_running(hanging))
            wait_until(lambda: proxy.workers().get(1) not in (None, hanging))


def test_a_worker_that_is_late_is_not_waited_for_and_shown_with_its_last_values(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            for _ in range(20):
                proxy.get()
            before = proxy.metrics("bfe_client_requests_total")
            late = proxy.worker(1)
            os.kill(late, signal.SIGSTOP)
            try:
                assert proxy.metrics("bfe_client_requests_total") == before
                assert proxy.metrics("bfe_worker_stale") == {'worker="0"': 0.0, 'worker="1"': 1.0}
                assert [rows(proxy)[who]["is_stale"] for who in ("0", "1")] == [False, True]
            finally:
                os.kill(late, signal.SIGCONT)
            wait_until(lambda: not rows(proxy)["1"]["is_stale"])


# --- what they share


@pytest.mark.parametrize(
    ("key", "counter"),
    [
        ("ConnectionsPerAddress", "bfe_client_over_address_limit_total"),
        ("Connections", "bfe_client_over_all_limit_total"),
    ],
)
def test_a_limit_of_all_workers_is_reached_and_never_passed(tree: Tree, key: str, counter: str):
    tree.own += f"\n{key} = 20"
    with page_backend() as backend, ExitStack() as clients:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            held: list[socket.socket] = []

            def try_one_more() -> bool:
                client = socket.create_connection(("127.0.0.1", tree.http), 10)
                clients.callback(client.close)
                try:
                    client.sendall(REQUEST)
                    if client.recv(65536):
                        held.append(client)
                except ConnectionError:
                    pass
                assert len(held) <= 20
                return len(held) == 20

            wait_until(try_one_more, 20)
            for _ in range(20):
                try_one_more()
            assert proxy.totals()[counter] >= 20
            served = proxy.metrics("bfe_client_connections_active")
            assert sum(served.values()) == 20


def test_all_workers_accept_from_one_unix_socket(tree: Tree):
    path = tree.root.parent / "http.sock"
    with page_backend() as backend:
        tree.write([backend])
        conf = tree.root / "bfe.conf"
        conf.write_text(conf.read_text().replace("HttpAddr = 127.0.0.1", f"HttpAddr = {path}"))
        with running(tree, "--workers", "2") as proxy:

            def ask() -> bytes:
                with socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(10)
                    client.connect(str(path))
                    client.sendall(CLOSING)
                    with client.makefile("rb") as answer:
                        return answer.readline()

            for number in (0, 1):  # whoever is stopped, the other one serves
                stopped = proxy.worker(number)
                os.kill(stopped, signal.SIGSTOP)
                assert [ask() for _ in range(10)] == [b"HTTP/1.1 200 OK\r\n"] * 10
                os.kill(stopped, signal.SIGKILL)
                wait_until(lambda: proxy.workers().get(number) not in (None, stopped))  # noqa: B023
            assert ask() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core only")
@pytest.mark.parametrize("is_pinned", [True, False])
def test_each_worker_is_kept_on_a_core_of_its_own_unless_that_is_turned_off(
    tree: Tree, is_pinned: bool
):
    if not is_pinned:
        tree.own += "\nPinWorkers = false"
    tree.write([1])
    with running(tree, "--workers", "2") as proxy:
        cores = [os.sched_getaffinity(proxy.worker(number)) for number in (0, 1)]
        own = os.sched_getaffinity(0)
        assert os.sched_getaffinity(proxy.controller()) == own
        if is_pinned:
            assert cores == [{core} for core in sorted(own)[:2]]
        else:
            assert cores == [own, own]
