"""Accepting clients, up to the point from where their connections are on their own."""

import asyncio
import errno
import ssl

import pytest

from bfe_py.downstream import ProxyPolicy, Terms
from bfe_py.downstream import listener as listener_module
from bfe_py.downstream.listener import BACKLOG
from bfe_py.downstream.preamble import PreambleError
from bfe_py.model import parse_address
from bfe_py.protocol import ProxyHeader
from tests.kit.client_connection import LOCAL, PEER
from tests.kit.client_listener import SOMEBODY, Accepted, ListenerCase, answer_with, some_range
from tests.kit.transports import FakeTransport, run_case, run_plain, settle

in_loop = run_case(ListenerCase)


# --- in clear


@in_loop
async def test_in_clear_the_event_loop_accepts(case: ListenerCase) -> None:
    listener = await case.start()
    assert case.socket.backlog == BACKLOG
    assert case.make is not None
    protocol = case.make()
    FakeTransport(protocol, peername=PEER, sockname=LOCAL)
    assert protocol.session.listener == "side"
    assert case.endpoint.connections == {protocol}
    listener.stop()
    assert case.server.is_closed


@in_loop
async def test_in_clear_a_module_may_refuse(case: ListenerCase) -> None:
    await case.start()
    case.client.phases.refuses = True
    assert case.make is not None
    transport = FakeTransport(case.make(), peername=PEER, sockname=LOCAL)
    assert transport.is_aborted
    assert case.endpoint.connections == set()


# --- over TLS


@in_loop
async def test_a_handshake_is_counted_and_its_connection_begins(case: ListenerCase) -> None:
    await case.start(tls=SOMEBODY)
    assert case.socket.backlog == BACKLOG
    case.tls.session_reused = False
    await case.arrive(Accepted(), Accepted())
    case.tls.session_reused = True
    await case.arrive(Accepted())
    counters = case.tls_counters
    assert (counters.handshakes, counters.succeeded) == (3, 3)
    assert (counters.full, counters.resumed) == (2, 1)
    assert len(case.endpoint.connections) == 3


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (ssl.SSLError(1, "[SSL: HTTP_REQUEST] http request"), "SSLError"),
        (ConnectionResetError(), "ConnectionResetError"),
        (ConnectionAbortedError("too slow"), "ConnectionAbortedError"),
    ],
)
def test_a_handshake_that_fails_ends_the_session(error: OSError, detail: str) -> None:
    async def main() -> None:
        case = ListenerCase()
        await case.start(tls=SOMEBODY)
        case.refusal = error
        accepted = Accepted()
        await case.arrive(accepted)
        assert accepted.is_closed
        (session,) = case.client.phases.closed
        assert (session.fault_code, session.fault_detail) == ("CLIENT_TLS_HANDSHAKE", detail)
        assert (case.tls_counters.handshakes, case.tls_counters.succeeded) == (1, 0)
        assert case.endpoint.connections == set()

    run_plain(main())


@in_loop
async def test_a_client_that_is_refused_gets_no_handshake(case: ListenerCase) -> None:
    await case.start(tls=SOMEBODY)
    case.client.phases.refuses = True
    accepted = Accepted()
    await case.arrive(accepted)
    assert accepted.is_closed
    assert case.tls_counters.handshakes == 0


@in_loop
async def test_a_client_that_is_gone_already_is_dropped(case: ListenerCase) -> None:
    await case.start(tls=SOMEBODY)
    accepted = Accepted(has_peer=False)
    await case.arrive(accepted)
    assert accepted.is_closed
    assert case.client.phases.closed == []


# --- PROXY headers


def test_a_header_says_who_the_client_is(monkeypatch: pytest.MonkeyPatch) -> None:
    source, destination = parse_address("198.51.100.1", 7), parse_address("198.51.100.2", 8)
    assert answer_with(monkeypatch, ProxyHeader(9, source=source, destination=destination)) == []

    async def main() -> None:
        case = ListenerCase()
        await case.start(proxy=ProxyPolicy(None, seconds=3.0))
        await case.arrive(Accepted())
        (connection,) = case.endpoint.connections
        session = connection.session
        assert (session.peer, session.vip) == (source, destination)
        assert session.balancer is not None
        assert session.balancer.text == PEER[0]
        assert session.listener == "side"

    run_plain(main())


@pytest.mark.parametrize("header", [None, ProxyHeader(9)])
def test_without_a_header_the_peer_is_the_client(
    monkeypatch: pytest.MonkeyPatch, header: ProxyHeader | None
) -> None:
    seconds = answer_with(monkeypatch, header)

    async def main() -> None:
        case = ListenerCase()
        await case.start(proxy=ProxyPolicy((some_range(PEER[0]),), seconds=3.0))
        await case.arrive(Accepted())
        (connection,) = case.endpoint.connections
        assert connection.session.peer.text == PEER[0]
        assert connection.session.balancer is None

    run_plain(main())
    assert seconds == [3.0]


def test_a_header_of_anybody_else_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = answer_with(monkeypatch, None)

    async def main() -> None:
        case = ListenerCase()
        await case.start(proxy=ProxyPolicy((some_range("198.51.100.1"),)))
        await case.arrive(Accepted())
        assert len(case.endpoint.connections) == 1

    run_plain(main())
    assert seconds == []


def test_a_header_that_is_none_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, PreambleError("malformed"))

    async def main() -> None:
        case = ListenerCase()
        await case.start(proxy=ProxyPolicy(None))
        accepted = Accepted()
        await case.arrive(accepted)
        assert accepted.is_closed
        assert case.endpoint.connections == set()

    run_plain(main())


# --- accepting and stopping


@in_loop
async def test_a_turn_accepts_only_so_many(case: ListenerCase) -> None:
    await case.start(tls=SOMEBODY)
    await case.arrive(*[Accepted() for _ in range(100)])
    assert len(case.transports) == 64
    await case.arrive()
    assert len(case.transports) == 100


@in_loop
async def test_a_client_that_left_the_queue_is_passed_over(case: ListenerCase) -> None:
    await case.start(tls=SOMEBODY)
    await case.arrive(ConnectionAbortedError())
    assert case.endpoint.counters.accept_errors == 0
    assert case.act is not None


@in_loop
async def test_accepting_rests_for_a_moment_when_it_fails(case: ListenerCase) -> None:
    listener = await case.start(tls=SOMEBODY)
    await case.arrive(OSError(errno.EMFILE, "too many"))
    assert case.act is None
    assert case.endpoint.counters.accept_errors == 1
    await asyncio.sleep(0.2)
    await case.arrive(Accepted())
    assert len(case.transports) == 1
    await case.arrive(OSError(errno.EMFILE, "too many"))
    listener.stop()
    await asyncio.sleep(0.2)
    assert case.act is None


@in_loop
async def test_a_listener_that_stops_lets_a_handshake_end(case: ListenerCase) -> None:
    listener = await case.start(tls=SOMEBODY)
    case.hold = asyncio.Event()
    await case.arrive(Accepted())
    listener.stop()
    assert case.socket.is_closed
    assert case.act is None
    case.hold.set()
    await settle()
    assert len(case.endpoint.connections) == 1


def test_clients_that_have_not_said_who_they_are_take_a_place_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def read(*given: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(listener_module, "read_proxy_header", read)

    async def main() -> None:
        case = ListenerCase()
        case.endpoint.terms = Terms(connections=2)
        listener = await case.start(proxy=ProxyPolicy(None))
        arrivals = [Accepted() for _ in range(4)]
        await case.arrive(*arrivals)
        assert [one.is_closed for one in arrivals] == [False, False, True, True]
        assert case.endpoint.counters.over_limit == 2
        listener.stop()
        await settle()

    run_plain(main())


def test_a_listener_that_stops_does_not_wait_for_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    async def read(*given: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(listener_module, "read_proxy_header", read)

    async def main() -> None:
        case = ListenerCase()
        listener = await case.start(proxy=ProxyPolicy(None))
        accepted = Accepted()
        await case.arrive(accepted)
        assert listener.is_arriving
        listener.stop()
        await settle()
        assert accepted.is_closed
        assert not listener.is_arriving
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_plain(main())


def test_a_listener_that_stops_patiently_waits_for_headers_until_it_is_told_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def read(*given: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(listener_module, "read_proxy_header", read)

    async def main() -> None:
        case = ListenerCase()
        listener = await case.start(proxy=ProxyPolicy(None))
        accepted = Accepted()
        await case.arrive(accepted)
        listener.stop(is_patient=True)
        await settle()
        assert case.socket.is_closed
        assert not accepted.is_closed
        listener.stop()
        await settle()
        assert accepted.is_closed

    run_plain(main())
