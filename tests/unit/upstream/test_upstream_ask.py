"""An attempt that no coroutine waits for: which connection it uses, and what becomes of that."""

import asyncio
from dataclasses import replace

import pytest

from bfe_py.balance import UpstreamTls
from bfe_py.model import BytesBody, Fault, Headers, Kind, RequestHead, ResponseHead
from bfe_py.upstream.client_way import ClientWay
from bfe_py.upstream.connection import BackendConnection
from tests.kit.backend_connection import CHUNKED, GET, OK, chunk
from tests.kit.modules import make_session
from tests.kit.transports import run_case, settle
from tests.kit.upstream import CLUSTER, Client, UpstreamCase

KEY = ("web", "10.0.0.1", 80, 0)


class Asker:
    """Counts how often it goes on."""

    def __init__(self) -> None:
        self.steps = 0

    def step(self) -> None:
        self.steps += 1

    def send_interim(self, head: ResponseHead) -> None:
        raise AssertionError(head)


class Case(UpstreamCase):
    def __init__(self) -> None:
        super().__init__()
        self.asker = Asker()
        self.noted = self.attempt()

    def ask(
        self, head: RequestHead = GET, target: bytes = b"/", seconds: float | None = 5.0
    ) -> BackendConnection | None:
        asked = (head, target, b"b.test", frozenset({b"host"}))
        return self.upstream.ask(KEY, self.noted, asked, seconds, self.asker)

    async def asked(self) -> BackendConnection:
        """What was asked over a connection that was kept."""
        await self.exchange()
        self.transport.take()
        connection = self.ask()
        assert connection is not None
        return connection

    @property
    def idle_and_open(self) -> tuple[int, int]:
        return self.counters.idle_connections, self.counters.open_connections


in_loop = run_case(Case)


@in_loop
async def test_without_a_kept_connection_nothing_is_asked(case: Case) -> None:
    assert case.ask() is None
    assert case.transports == []
    assert (case.counters.requests, case.counters.reused, case.noted.is_reused) == (0, 0, False)


@in_loop
async def test_what_is_asked_over_a_kept_connection_is_an_attempt_that_is_answered(
    case: Case,
) -> None:
    connection = await case.asked()
    assert case.noted.is_reused
    assert case.idle_and_open == (0, 1)
    assert (case.counters.requests, case.counters.responses) == (2, 1)
    case.transport.protocol.data_received(OK)
    assert case.asker.steps == 1
    head, content = connection.taken
    assert (head.status, content) == (200, b"ok")
    case.upstream.answered(connection, 1)
    assert case.idle_and_open == (1, 1)
    assert (case.counters.requests, case.counters.responses, case.counters.reused) == (2, 2, 1)
    assert case.ask() is connection


@in_loop
async def test_a_connection_that_became_unfit_is_closed_and_the_next_is_asked(case: Case) -> None:
    first, second = await case.answered(), await case.answered()
    first.finish()
    second.finish()
    case.transports[1].protocol.eof_received()
    connection = case.ask()
    assert connection is case.transports[0].protocol
    assert case.transports[1].is_closed


@in_loop
async def test_behind_its_answer_a_connection_that_may_not_be_kept_is_closed(case: Case) -> None:
    connection = await case.asked()
    case.transport.protocol.data_received(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    assert connection.taken is not None
    case.upstream.answered(connection, 1)
    assert case.transport.is_aborted
    assert case.counters.idle_connections == 0


@pytest.mark.parametrize("limit", [0, 1])
def test_no_more_connections_are_kept_behind_an_answer_than_the_cluster_says(limit: int) -> None:
    @in_loop
    async def test(case: Case) -> None:
        other = await case.answered()
        connection = await case.asked()
        other.finish()
        case.transport.protocol.data_received(OK)
        case.upstream.answered(connection, limit)
        assert case.counters.idle_connections == 1
        assert [one.is_closed for one in case.transports] == [limit == 1, limit == 0]

    test()


@in_loop
async def test_what_a_connection_cannot_be_asked_leaves_it_for_others(case: Case) -> None:
    await case.exchange()
    delete = RequestHead(b"DELETE", b"/", Headers([(b"Host", b"h")]))
    assert case.ask(delete) is None
    assert (case.counters.requests, case.noted.is_reused) == (1, False)
    assert case.idle_and_open == (1, 1)
    response = await case.answered(head=delete)
    assert len(case.transports) == 1
    response.finish()
    assert case.idle_and_open == (1, 1)


@in_loop
async def test_what_would_break_the_head_closes_the_connection_unused(case: Case) -> None:
    await case.exchange()
    case.transport.take()
    with pytest.raises(AssertionError):
        case.ask(target=b"/a b\r\n")
    assert case.transport.is_aborted
    assert case.transport.take() == b""
    case.transport.drop()
    assert case.idle_and_open == (0, 0)


@in_loop
async def test_a_client_that_leaves_ends_what_was_asked(case: Case) -> None:
    connection = await case.asked()
    case.upstream.client_left(connection)
    assert case.counters.cancelled == 1
    assert case.transport.is_aborted
    case.transport.drop()
    await settle()
    assert case.asker.steps == 1
    assert case.idle_and_open == (0, 0)
    with pytest.raises(Fault) as caught:
        connection.check()
    assert caught.value.kind is Kind.CLIENT_CLOSED


# --- where a coroutine takes over


@in_loop
async def test_an_answer_that_was_asked_can_be_received_in_pieces(case: Case) -> None:
    connection = await case.asked()
    case.transport.protocol.data_received(CHUNKED + chunk(b"one"))
    assert (case.asker.steps, connection.taken) == (1, None)
    response = await case.upstream.receive(connection, CLUSTER, case.noted, GET, None)
    assert (response.head.status, response.received) == (200, case.noted.ended)
    case.transport.protocol.data_received(chunk(b"two") + b"0\r\n\r\n")
    assert [await response.body.read() for _ in range(3)] == [b"one", b"two", b""]
    assert case.idle_and_open == (0, 1)
    response.finish()
    assert case.idle_and_open == (1, 1)
    assert case.counters.responses == 2


@in_loop
async def test_what_was_asked_in_vain_is_a_fault_for_who_receives_it(case: Case) -> None:
    connection = await case.asked()
    case.transport.drop()
    receiving = case.loop.create_task(
        case.upstream.receive(connection, CLUSTER, case.noted, GET, None)
    )
    fault = await case.fault(receiving)
    assert (fault.kind, fault.request_sent) == (Kind.CONNECTION_BROKEN, True)
    assert case.noted.ended > 0
    assert case.idle_and_open == (0, 0)


@in_loop
async def test_who_no_longer_receives_closes_the_connection(case: Case) -> None:
    connection = await case.asked()
    receiving = case.loop.create_task(
        case.upstream.receive(connection, CLUSTER, case.noted, GET, None)
    )
    await settle()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert case.transport.is_aborted


@in_loop
async def test_the_client_of_an_event_stream_is_watched_to_its_half_close(case: Case) -> None:
    connection, client = await case.asked(), Client()
    case.transport.protocol.data_received(CHUNKED[:-2] + b"Content-Type: text/event-stream\r\n\r\n")
    response = await case.upstream.receive(connection, CLUSTER, case.noted, GET, client)
    assert response.head.status == 200
    client.leave()
    assert case.transport.is_aborted
    assert case.counters.cancelled == 1


# --- what two attempts must have in common


@in_loop
async def test_a_key_names_the_place_and_what_differs_on_the_way(case: Case) -> None:
    upstream, tls = case.upstream, UpstreamTls("shop.test", verifies=False)
    plain, secure = replace(CLUSTER, tls=tls), replace(CLUSTER, protocol="https", tls=tls)
    assert upstream.key(CLUSTER, "10.0.0.1", 80) == KEY
    assert upstream.key(plain, "10.0.0.1", 80) == KEY
    assert upstream.key(secure, "10.0.0.1", 80) not in (KEY, upstream.key(secure, "10.0.0.1", 81))
    assert upstream.key(secure, "10.0.0.1", 80) == upstream.key(secure, "10.0.0.1", 80)


@in_loop
async def test_a_key_of_one_client_is_shared_with_nobody(case: Case) -> None:
    session = make_session("10.1.2.3:9")
    way = ClientWay(b"PROXY", session)
    assert case.upstream.key(CLUSTER, "10.0.0.1", 80, way) == ("web", "10.0.0.1", 80, (0, way))
    assert len(session.at_end) == 1
    sending = case.loop.create_task(
        case.upstream.send(CLUSTER, case.attempt(), GET, BytesBody(), None, way)
    )
    await settle()
    case.transport.protocol.data_received(OK)
    (await sending).finish()
    assert case.counters.idle_connections == 1
    assert case.ask() is None


@in_loop
async def test_idle_connections_are_those_of_the_pool(case: Case) -> None:
    assert case.counters.idle_connections == 0
    first, second = await case.answered(), await case.answered()
    first.finish()
    assert case.counters.idle_connections == 1
    second.finish()
    assert case.counters.idle_connections == 2
    case.upstream.close()
    assert case.counters.idle_connections == 0
    assert type(case.counters)().idle_connections == 0
