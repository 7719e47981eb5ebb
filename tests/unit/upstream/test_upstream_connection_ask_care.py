"""What guards a connection over which one asks that is no coroutine."""

import asyncio

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.upstream.connection import IDLE_SECONDS
from tests.kit.backend_asked import AskedCase as Case
from tests.kit.backend_connection import CLIENT_LEFT, OK
from tests.kit.transports import run_case, settle

in_loop = run_case(Case)


# --- what nobody asked for


@in_loop
async def test_an_answer_that_comes_before_its_request_is_not_one(case: Case) -> None:
    connection = case.ask()
    connection.data_received(OK)
    assert case.asker.steps == []
    assert case.transport.is_closed
    await settle()
    assert case.transport.take() == b""
    case.transport.drop()
    await settle()
    assert case.asker.steps == [None]
    assert case.fault() is Kind.CONNECTION_BROKEN


@in_loop
async def test_bytes_behind_the_answer_end_the_connection(case: Case) -> None:
    connection = await case.asked()
    connection.data_received(OK)
    connection.data_received(b"more")
    assert case.transport.is_closed
    assert not connection.rest()


@in_loop
async def test_bytes_in_one_piece_with_the_answer_end_the_connection(case: Case) -> None:
    connection = await case.asked()
    connection.data_received(OK + b"more")
    await connection.wait_head()
    assert await connection.body.read() == b"ok"
    assert not connection.rest()


@in_loop
async def test_bytes_between_two_requests_end_the_connection(case: Case) -> None:
    case.asker.rests = True
    (await case.asked()).data_received(OK)
    case.connection.data_received(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    assert case.transport.is_closed
    assert not case.connection.is_usable


# --- who is told


@in_loop
async def test_who_asked_is_not_told_once_a_coroutine_has_taken_over(case: Case) -> None:
    connection = await case.asked()
    case.transport.drop()
    with pytest.raises(Fault):
        await connection.wait_head()
    await settle()
    assert case.asker.steps == []


@in_loop
async def test_a_coroutine_may_take_over_before_anything_was_answered(case: Case) -> None:
    connection = await case.asked()
    waiting = case.loop.create_task(connection.wait_head())
    await settle()
    connection.data_received(OK)
    assert (await waiting).status == 200
    assert await connection.body.read() == b"ok"
    assert case.asker.steps == []


# --- how long it may take


@in_loop
async def test_an_answer_that_is_late_is_a_timeout(case: Case) -> None:
    await case.asked(7.0)
    await asyncio.sleep(6.9)
    assert case.asker.steps == []
    await asyncio.sleep(0.2)
    assert case.asker.steps == [None]
    assert case.transport.is_aborted
    assert case.fault() is Kind.RESPONSE_TIMEOUT


@in_loop
async def test_a_connection_that_rests_again_has_only_its_idle_time(case: Case) -> None:
    case.asker.rests = True
    (await case.asked(7.0)).data_received(OK)
    await asyncio.sleep(IDLE_SECONDS - 1)
    assert case.connection.is_usable
    await asyncio.sleep(2)
    assert case.transport.is_aborted
    assert len(case.asker.steps) == 1


# --- what makes a connection usable


@pytest.mark.parametrize("end", ["eof_received", "close", "abort"])
def test_a_connection_that_ends_is_not_usable_from_then_on(end: str) -> None:
    @in_loop
    async def test(case: Case) -> None:
        assert case.connection.is_usable
        getattr(case.connection, end)()
        assert not case.connection.is_usable

    test()


@in_loop
async def test_a_connection_that_is_lost_is_not_usable(case: Case) -> None:
    case.transport.drop()
    assert not case.connection.is_usable


# --- what else happens in the turn in which an answer comes


@in_loop
async def test_an_answer_is_read_behind_the_callbacks_of_its_turn(case: Case) -> None:
    connection = await case.asked()
    connection.data_received(OK)
    assert case.asker.steps == []
    await settle()
    ((head, content),) = case.asker.steps
    assert (head.status, content) == (200, b"ok")


@in_loop
async def test_two_pieces_of_an_answer_in_one_turn_are_read_in_order(case: Case) -> None:
    connection = await case.asked()
    connection.data_received(OK[:9])
    connection.data_received(OK[9:])
    assert (await connection.wait_head()).status == 200
    assert await connection.body.read() == b"ok"
    assert connection.rest()


@pytest.mark.parametrize("error", [None, ConnectionResetError()])
@pytest.mark.parametrize("says_so", [False, True])
def test_a_backend_that_is_lost_as_its_answer_comes_has_answered(
    error: Exception | None, says_so: bool
) -> None:
    @in_loop
    async def test(case: Case) -> None:
        connection = await case.asked()
        connection.data_received(OK)
        if says_so:
            connection.eof_received()
        case.transport.drop(error)
        await settle()
        ((head, content),) = case.asker.steps
        assert (head.status, content) == (200, b"ok")
        assert not connection.is_usable

    test()


@in_loop
async def test_an_answer_to_an_attempt_that_is_given_up_in_its_turn_is_nobodys(case: Case) -> None:
    connection = await case.asked()
    connection.data_received(OK)
    connection.fail(CLIENT_LEFT)
    await settle()
    assert case.asker.steps == [None]
    assert case.fault() is Kind.CLIENT_CLOSED
    assert case.transport.is_aborted
