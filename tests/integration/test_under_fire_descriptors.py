"""The real process with more clients than it has descriptors for: who is there is served on."""

import resource
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.kit.asking_on import REQUEST
from tests.kit.fire import on_fire, write_hosts
from tests.kit.process import Tree, wait_until

DESCRIPTORS = 128
MOST = DESCRIPTORS * 8 // 10 // 2
KEPT = 8
ONE = "--workers", "1"


@contextmanager
def few_descriptors() -> Iterator[None]:
    """Processes that are started meanwhile have few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def crowd(port: int, count: int, ending: ExitStack) -> list[socket.socket]:
    """So many clients that connect and say nothing."""
    made = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", port), timeout=20)
        ending.callback(client.close)
        made.append(client)
    return made


def is_closed(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return not client.recv(1)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_more_clients_than_descriptors_leave_those_in_peace_that_are_served(tree: Tree):
    with (
        on_fire(tree, *ONE, kept=KEPT, anew=0, starting=few_descriptors()) as fire,
        ExitStack() as ending,
    ):
        more = 3 * DESCRIPTORS
        idle = crowd(tree.http, more, ending)
        wait_until(lambda: fire.total("bfe_client_over_limit_total") == more + KEPT - MOST)
        assert fire.total("bfe_client_connections_active") == MOST
        wait_until(lambda: sum(map(is_closed, idle)) == more + KEPT - MOST)
        assert len(fire.lines("connections refused limit=worker")) == 1
        write_hosts(tree, "2", "later.test")
        wait_until(lambda: fire.proxy.monitor("/monitor/workers")[1].count('"version"') == 2)
        wait_until(lambda: fire.proxy.metrics("bfe_config_reloads_total")['result="ok"'] == 2)
        fire.go_on()
        assert fire.total("bfe_client_over_limit_total") == more + KEPT - MOST
        ending.close()
        wait_until(lambda: len(fire.lines("connections accepted again")) == 1)
        assert fire.proxy.get(host="later.test")[0] == 200
        assert fire.lost == []


def test_without_descriptors_for_backends_clients_are_told_and_no_backend_is_blamed(tree: Tree):
    tree.own += "\nConnectionsPerWorker = 70"
    with ExitStack() as ending:
        silent = ending.enter_context(socket.create_server(("127.0.0.1", 0), backlog=500))
        fire = ending.enter_context(
            on_fire(tree, *ONE, kept=1, anew=0, slow=port_of(silent), starting=few_descriptors())
        )
        with ExitStack() as leaving:
            clients = crowd(tree.http, 69, leaving)
            wait_until(lambda: fire.total("bfe_client_connections_active") == 70)
            for client in clients:
                client.sendall(REQUEST.replace(b"shop", b"yard"))
            wait_until(lambda: fire.total("bfe_client_requests_active") < len(clients))
            fire.go_on()
            assert fire.total("bfe_upstream_shortages_total") > 0
            told = [client.recv(65536)[:12] for client in clients if has_answer(client)]
            assert told
            assert set(told) == {b"HTTP/1.1 503"}
            error = "error=Too many open files"
            assert len(fire.lines("no connection to backends can be made", error)) == 1
            assert fire.total("bfe_backend_failures_total") == 0
        silent.close()  # its requests end
        wait_until(lambda: fire.total("bfe_client_connections_active") == 1)
        assert fire.proxy.get(host="farm.test")[0] == 200
        assert fire.lines("Traceback") == []
        assert fire.lost == []


def has_answer(client: socket.socket) -> bool:
    return bool(select.select([client], [], [], 0)[0])


def port_of(one: socket.socket) -> int:
    return int(one.getsockname()[1])


def test_more_clients_of_the_management_than_descriptors_keep_no_file_from_being_read(tree: Tree):
    with on_fire(tree, *ONE, starting=few_descriptors()) as fire:
        with ExitStack() as leaving:
            crowd(tree.monitor, 3 * DESCRIPTORS, leaving)
            wait_until(lambda: len(fire.lines("connections refused limit=worker")) == 1)
            write_hosts(tree, "2", "later.test")
            wait_until(lambda: fire.proxy.get(host="later.test")[0] == 200)
        wait_until(lambda: len(fire.lines("connections accepted again")) == 1)
        assert fire.proxy.metrics("bfe_config_last_reload_successful") == {"": 1.0}
        assert fire.lost == []
