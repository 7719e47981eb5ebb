"""How exchanges without a coroutine end before their answer is there, or in another way."""

import asyncio

import pytest

from bfe_py.balance import Retry
from bfe_py.downstream import Terms
from bfe_py.model import Exchange, Fault, Headers, Kind, ResponseHead
from bfe_py.pipeline import Phase, Respond
from tests.kit.transports import run_plain, settle
from tests.kit.whole_way import GET, OK, TO_CLIENT, Way, answered_by, on_way

GONE = b"HTTP/1.1 504 Gateway Timeout\r\nDate: x\r\nContent-Length: 0\r\n\r\n"

# --- clients that leave, and time that is up


@on_way()
async def test_a_client_that_leaves_takes_its_attempt_with_it(way: Way) -> None:
    await way.say()
    way.transport.drop()
    await settle()
    assert way.backends[0].is_aborted
    assert way.counters.cancelled == 1
    assert way.exchange.fault is not None
    assert way.exchange.fault.kind is Kind.CLIENT_CLOSED
    assert len(way.phases.closed) == 1


@on_way()
async def test_what_a_client_asked_that_left_at_once_is_not_sent(way: Way) -> None:
    def leave() -> None:
        way.client.data_received(GET)
        way.transport.drop()

    way.loop.call_soon(leave)
    await settle()
    assert way.backends[0].take() == b""
    assert way.endpoint.counters.requests_active == 0
    assert way.finished == []
    assert len(way.phases.closed) == 1


@on_way(cancels_on_close=True)
async def test_a_client_that_sends_no_more_gives_its_attempt_up_where_that_counts(
    way: Way,
) -> None:
    await way.say()
    assert way.client.eof_received() is True
    await settle()
    assert way.counters.cancelled == 1


@on_way()
async def test_a_client_that_sends_no_more_gets_its_answer(way: Way) -> None:
    await way.say()
    assert way.client.eof_received() is True
    assert await way.answer(OK) == TO_CLIENT
    assert way.transport.is_closed
    assert way.counters.cancelled == 0


@on_way(terms=Terms(exchange_seconds=1.0))
async def test_an_exchange_has_its_time_and_no_more(way: Way) -> None:
    await way.say()
    await asyncio.sleep(1.5)
    await settle()
    assert way.transport.take() == GONE
    assert way.exchange.fault is not None
    assert way.exchange.fault.kind is Kind.EXCHANGE_TIMEOUT
    assert way.backends[0].is_aborted
    assert await way.say() == GET  # over another connection
    assert await way.answer(OK) == TO_CLIENT


@on_way(terms=Terms(exchange_seconds=1.0))
async def test_an_exchange_has_its_time_where_it_waits_for_a_body(way: Way) -> None:
    await way.say()
    assert (await way.answer(OK[:-1])).endswith(b"\r\n\r\no")
    await asyncio.sleep(1.5)
    assert way.transport.is_aborted
    assert way.backends[0].is_aborted


@on_way(terms=Terms(exchange_seconds=1.0))
async def test_an_exchange_that_is_over_is_left_alone_when_its_time_would_be_up(way: Way) -> None:
    await way.say()
    assert await way.answer(OK) == TO_CLIENT
    await asyncio.sleep(1.5)
    assert not way.transport.is_closing()
    assert way.exchange.fault is None


def test_an_exchange_whose_time_is_up_before_it_hears_that_its_backend_failed() -> None:
    async def main() -> None:
        way = await Way(backends=1, retry=Retry(same_cluster=0, cross_cluster=0)).begun()
        await way.say()
        reply = way.client._reply
        course = way.backends[0].protocol._signal.task

        def both() -> None:  # as when both times are up in the same turn of the loop
            way.backends[0].protocol.fail(Fault(Kind.RESPONSE_TIMEOUT, request_sent=True))
            course.throw(Fault(Kind.EXCHANGE_TIMEOUT))

        way.loop.call_soon(both)
        await settle()
        assert reply is not None
        assert way.transport.take() == GONE
        assert way.exchange.status == 504
        assert way.in_flight == 0

    run_plain(main())


# --- what is not foreseen


@pytest.mark.parametrize("comes", ["at once", "in pieces"])
def test_statistics_that_crash_cost_one_connection_only(comes: str) -> None:
    async def main() -> None:
        way = await Way().begun()

        def crash(*_: object) -> None:
            raise RuntimeError("broken")

        way.proxy._statistics = type("Crashes", (), {"finished": crash})()
        await way.say()
        said = await way.answer(*([OK] if comes == "at once" else [OK[:9], OK[9:]]))
        assert said == TO_CLIENT
        assert way.transport.has_ended
        assert way.endpoint.counters.crashes == 1
        assert way.endpoint.counters.requests_active == 0
        assert way.in_flight == 0
        assert way.counters.idle_connections == 1

    run_plain(main())


def test_a_module_that_crashes_behind_the_answer_changes_nothing() -> None:
    def crash(exchange: Exchange) -> None:
        raise RuntimeError("broken")

    def check(way: Way, said: bytes) -> None:
        assert said == TO_CLIENT
        assert not way.transport.is_closing()
        assert way.endpoint.counters.crashes == 0

    answered_by({Phase.FINISH: (crash,)}, check)


def test_a_verdict_that_is_none_costs_one_connection_only() -> None:
    def check(way: Way, said: bytes) -> None:
        assert said == b""
        assert way.transport.is_aborted
        assert way.endpoint.counters.crashes == 1

    head = ResponseHead(200, Headers(), body_length=1)
    answered_by({Phase.TENANT: (lambda _: Respond(head, 7),)}, check)
