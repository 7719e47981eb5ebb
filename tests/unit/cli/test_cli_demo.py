import msgspec
import pytest

from bfe_py.cli.demo import describe, local_backends
from bfe_py.cli.demo_server import DemoBackend, DemoConnection, DemoStarted, page
from bfe_py.config import BalanceGroup, TenantGroup, Tree
from bfe_py.model import Headers, RequestHead
from tests.kit.wires import Wire

BACKEND = DemoBackend("web-1", "127.0.0.1", 9001)


def balance(**clusters: list[tuple[str, str, int]]) -> BalanceGroup:
    config = {
        name: {
            "main": [
                {"Name": backend, "Addr": host, "Port": port, "Weight": 1}
                for backend, host, port in backends
            ]
        }
        for name, backends in clusters.items()
    }
    return msgspec.convert({"table": {"Config": config}}, BalanceGroup)


def test_backends_on_this_machine_are_found_in_both_notations():
    tree = Tree(
        balance=balance(a=[("a-1", "127.0.0.1", 9002), ("a-2", "10.0.0.1", 80)]),
        tenants={"t": TenantGroup(tenant="t", balance=balance(b=[("b-1", "localhost", 9001)]))},
    )

    assert local_backends(tree) == [
        DemoBackend("a-1", "127.0.0.1", 9002),
        DemoBackend("b-1", "localhost", 9001),
    ]


def test_one_address_is_one_backend_with_all_its_names():
    web = [("web-1", "127.0.0.1", 9001), ("web-2", "127.0.0.1", 9001)]
    tree = Tree(balance=balance(a=web, b=[("web-1", "127.0.0.1", 9001)]))

    assert local_backends(tree) == [DemoBackend("web-1, web-2", "127.0.0.1", 9001)]


def test_a_tree_without_backends_has_none():
    assert local_backends(Tree()) == []


@pytest.mark.parametrize(
    ("started", "lines"),
    [
        (DemoStarted([BACKEND], []), ["demo backends: web-1 (9001)"]),
        (DemoStarted([], []), ["demo: the configuration names no backend on this machine"]),
        (
            DemoStarted([], [BACKEND]),
            ["demo: 127.0.0.1:9001 (web-1) is in use; whoever listens there answers"],
        ),
    ],
)
def test_the_operator_is_told_which_backends_there_are(started, lines):
    assert describe(started) == lines


def test_a_page_says_who_answers_and_what_was_asked():
    head = RequestHead(b"GET", b"/x?y", Headers([(b"Host", b"a.test"), (b"X-One", b"1")]))

    assert page(BACKEND, head) == (
        "This is web-1 at 127.0.0.1:9001. The request was:\n"
        "\n"
        "GET /x?y HTTP/1.1\n"
        "Host: a.test\n"
        "X-One: 1\n"
    )


def connected() -> tuple[DemoConnection, Wire]:
    connection, wire = DemoConnection(BACKEND), Wire()
    connection.connection_made(wire)
    return connection, wire


def test_requests_on_one_connection_are_answered_in_turn():
    connection, wire = connected()

    connection.data_received(
        b"GET /a HTTP/1.1\r\nHost: t\r\n\r\nGET /b HTTP/1.1\r\nHost: t\r\n\r\n"
    )

    assert wire.written.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert wire.written.index(b"GET /a") < wire.written.index(b"GET /b")
    assert not wire.is_closing()


def test_a_body_is_waited_for():
    connection, wire = connected()

    connection.data_received(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nab")
    assert wire.written == b""

    connection.data_received(b"cd")
    assert wire.written.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_that_asks_whether_to_send_its_body_is_told_to():
    connection, wire = connected()

    connection.data_received(
        b"POST / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
    )

    assert wire.written.startswith(b"HTTP/1.1 100 ")


@pytest.mark.parametrize(
    ("wire_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", b"200"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_a_connection_that_is_of_no_more_use_is_closed(wire_bytes, status):
    connection, wire = connected()

    connection.data_received(wire_bytes)

    assert wire.written.split(b" ")[1] == status
    assert wire.is_closing()
