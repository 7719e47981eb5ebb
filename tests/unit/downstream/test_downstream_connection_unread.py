"""What comes in a turn of the loop is read behind it, whatever else happens in that turn."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.kit.client_connection import in_callback
from tests.kit.whole_way import GET, OK, TO_CLIENT, Way, on_way

NEXT = GET.replace(b"GET / ", b"GET /next ")
LAST = TO_CLIENT.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


async def in_one_turn(way: Way, *acts: Callable[[], object]) -> bytes:
    """Do all of `acts`; what the backend is asked."""
    await in_callback(lambda: [act() for act in acts])
    return await way.asked()


@on_way()
async def test_what_is_said_is_read_behind_the_callbacks_of_this_turn(way: Way) -> None:
    session, seen = way.client.session, []
    say = partial(way.client.data_received, GET)
    asked = await in_one_turn(way, say, lambda: seen.append(session.requests))
    assert asked == GET
    assert (seen, session.requests) == ([1], 2)
    assert await way.answer(OK) == TO_CLIENT


@on_way()
async def test_two_pieces_of_a_turn_are_read_in_order(way: Way) -> None:
    data_received = way.client.data_received
    asked = await in_one_turn(
        way, lambda: data_received(GET[:9]), lambda: data_received(GET[9:] + NEXT)
    )
    assert asked == GET
    assert await way.answer(OK) == TO_CLIENT
    assert await way.asked() == NEXT
    assert await way.answer(OK) == TO_CLIENT


@on_way()
async def test_the_end_of_a_client_comes_behind_its_request(way: Way) -> None:
    asked = await in_one_turn(way, lambda: way.client.data_received(GET), way.client.eof_received)
    assert asked == GET
    assert await way.answer(OK) == TO_CLIENT
    assert way.transport.is_closed


@on_way()
async def test_a_request_that_comes_as_we_drain_is_the_last_one(way: Way) -> None:
    asked = await in_one_turn(way, lambda: way.client.data_received(GET), way.endpoint.drain)
    assert asked == GET
    assert await way.answer(OK) == LAST
    assert way.transport.has_ended


@on_way()
async def test_a_request_that_comes_as_its_time_is_up_is_served(way: Way) -> None:
    asked = await in_one_turn(way, lambda: way.client.data_received(GET), way.client._expired)
    assert asked == GET
    assert await way.answer(OK) == TO_CLIENT
    assert way.endpoint.counters.idle_ended == 0


@pytest.mark.parametrize("error", [None, ConnectionResetError()])
def test_a_client_that_is_lost_in_the_turn_of_its_request_is_not_served(
    error: Exception | None,
) -> None:
    @on_way()
    async def test(way: Way) -> None:
        asked = await in_one_turn(
            way, lambda: way.client.data_received(GET), lambda: way.transport.drop(error)
        )
        assert asked == b""
        assert way.finished == []
        assert len(way.phases.closed) == 1

    test()
