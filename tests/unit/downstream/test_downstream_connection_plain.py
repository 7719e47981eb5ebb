"""Requests that are served without a coroutine, one after the other on one connection."""

import asyncio

import pytest

from bfe_py.balance import Timeouts
from bfe_py.downstream import Terms
from bfe_py.model import Kind
from tests.kit.client_connection import in_callback
from tests.kit.transports import run_plain, settle
from tests.kit.whole_way import GET, OK, TO_CLIENT, Way, on_way

LAST = TO_CLIENT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
NEXT = GET.replace(b"/a", b"/b")


@on_way()
async def test_requests_that_come_together_are_answered_in_their_order(way: Way) -> None:
    assert (await way.say(GET + NEXT + GET)).startswith(b"GET /a ")
    assert await way.answer(OK) == TO_CLIENT
    assert (await way.asked()).startswith(b"GET /b ")
    assert await way.answer(OK) == TO_CLIENT
    assert (await way.asked()).startswith(b"GET /a ")
    assert await way.answer(OK) == TO_CLIENT
    assert way.client.session.requests == 4
    assert way.endpoint.counters.requests == 4
    assert way.endpoint.counters.requests_active == 0


@on_way()
async def test_a_request_that_comes_early_waits_unread(way: Way) -> None:
    assert await way.say() == GET
    assert not way.transport.is_reading_paused
    assert await way.say(NEXT) == b""
    assert way.transport.is_reading_paused
    assert await way.answer(OK) == TO_CLIENT
    assert await way.asked() == NEXT
    assert not way.transport.is_reading_paused
    assert await way.answer(OK) == TO_CLIENT
    assert await way.say() == GET
    assert await way.answer(OK) == TO_CLIENT


@on_way()
async def test_a_request_may_begin_early_and_end_late(way: Way) -> None:
    await way.say(GET + NEXT[:9])
    assert await way.answer(OK) == TO_CLIENT
    assert await way.asked() == b""
    assert await way.say(NEXT[9:]) == NEXT
    assert await way.answer(OK) == TO_CLIENT


@on_way()
async def test_a_client_that_takes_nothing_is_read_no_further(way: Way) -> None:
    await way.say()
    way.client.pause_writing()
    assert await way.answer(OK) == TO_CLIENT
    assert await way.say(NEXT) == b""
    assert way.transport.is_reading_paused
    assert way.endpoint.counters.requests_active == 1
    way.client.resume_writing()
    assert await way.asked() == NEXT
    assert not way.transport.is_reading_paused
    assert await way.answer(OK) == TO_CLIENT


@on_way()
async def test_a_client_that_takes_nothing_and_leaves_ends_the_session(way: Way) -> None:
    await way.say()
    way.client.pause_writing()
    await way.answer(OK)
    way.transport.drop()
    await settle()
    assert way.endpoint.counters.requests_active == 0
    assert len(way.phases.closed) == 1


@on_way()
async def test_a_client_that_leaves_as_its_answer_comes_ends_the_session(way: Way) -> None:
    await way.say()

    def answer_and_leave() -> None:
        way.backends[0].protocol.data_received(OK)
        way.transport.drop()

    await in_callback(answer_and_leave)
    await settle()
    assert way.transport.take() == b""
    assert way.exchange.fault is not None
    assert way.exchange.fault.kind is Kind.CLIENT_CLOSED
    assert len(way.phases.closed) == 1
    assert way.counters.idle_connections == 0


@pytest.mark.parametrize(
    ("terms", "answers", "over"),
    [
        (Terms(requests=1), [LAST], 1),
        (Terms(requests=3), [TO_CLIENT, TO_CLIENT, LAST], 1),
        (Terms(keeps_alive=False), [LAST], 0),
    ],
)
def test_a_connection_carries_as_many_requests_as_granted(
    terms: Terms, answers: list[bytes], over: int
) -> None:
    async def main() -> None:
        way = Way(terms=terms)
        for answer in answers:
            assert not way.transport.has_ended
            await way.say()
            assert await way.answer(OK) == answer
        assert way.transport.has_ended
        assert way.endpoint.counters.over_requests == over
        assert await way.say() == b""
        assert way.client.session.requests == len(answers)

    run_plain(main())


# --- draining


@on_way()
async def test_an_exchange_at_hand_is_the_last_one_when_we_drain(way: Way) -> None:
    await way.say()
    way.endpoint.drain()
    assert not way.transport.is_closing()
    assert await way.answer(OK) == LAST
    assert way.transport.has_ended


@on_way()
async def test_an_answer_that_comes_when_we_drain_still_leaves(way: Way) -> None:
    await way.say()

    def answer_and_drain() -> None:
        way.backends[0].protocol.data_received(OK)
        way.endpoint.drain()

    await in_callback(answer_and_drain)
    await settle()
    assert way.transport.take() == LAST
    assert way.transport.has_ended


@on_way()
async def test_a_head_that_has_begun_when_we_drain_is_served(way: Way) -> None:
    await way.say(GET[:9])
    way.endpoint.drain()
    assert not way.transport.is_closing()
    await way.say(GET[9:])
    assert await way.answer(OK) == LAST


# --- half-closed


@on_way()
async def test_a_client_that_sends_no_more_gets_what_it_asked_for(way: Way) -> None:
    await way.say(GET + NEXT)
    assert way.client.eof_received() is True
    assert await way.answer(OK) == TO_CLIENT
    assert await way.asked() == NEXT
    assert await way.answer(OK) == TO_CLIENT
    assert way.transport.is_closed


# --- between two requests


@on_way(timeouts=Timeouts(read_client_again=7.0))
async def test_a_connection_waits_for_the_next_request_as_long_as_its_cluster_says(
    way: Way,
) -> None:
    await way.say()
    await way.answer(OK)
    await asyncio.sleep(6)
    assert not way.transport.is_closed
    await asyncio.sleep(2)
    assert way.transport.is_closed
    assert way.endpoint.counters.idle_ended == 1


@on_way()
async def test_time_to_the_next_request_does_not_run_for_an_answer(way: Way) -> None:
    await asyncio.sleep(59)
    await way.say()
    await asyncio.sleep(1.5)
    assert not way.transport.is_closing()
    assert await way.answer(OK) == TO_CLIENT
    await asyncio.sleep(59)
    assert not way.transport.is_closing()
    await asyncio.sleep(2)
    assert way.transport.is_closed


@on_way()
async def test_a_request_behind_an_empty_line_began_with_that(way: Way) -> None:
    begun = way.loop.time()
    assert await way.say(b"\r\n") == b""
    await asyncio.sleep(2)
    assert await way.say() == GET
    await way.answer(OK)
    assert way.exchange.head_started == begun


@on_way()
async def test_a_request_that_comes_early_behind_an_answer_not_taken_is_served(way: Way) -> None:
    way.client.pause_writing()
    await way.say()
    assert await way.answer(OK) == TO_CLIENT
    assert await way.say(NEXT) == b""
    way.client.resume_writing()
    assert await way.asked() == NEXT
    assert await way.answer(OK) == TO_CLIENT
