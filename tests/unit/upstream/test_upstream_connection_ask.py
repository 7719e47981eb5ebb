"""A request over a connection that rests, asked by one that is no coroutine."""

import asyncio

import pytest

from bfe_py.model import Headers, Kind, RequestHead
from bfe_py.protocol import H1Client
from bfe_py.upstream.connection import IDLE_SECONDS, BackendConnection
from tests.kit.backend_asked import ASKED, SENT
from tests.kit.backend_asked import AskedCase as Case
from tests.kit.backend_connection import CHUNKED, CLIENT_LEFT, GET, KEY, OK, chunk
from tests.kit.transports import FakeTransport, run_case, settle

in_loop = run_case(Case)


# --- what is written, and when


@in_loop
async def test_the_request_is_written_behind_the_callbacks_of_this_turn(case: Case) -> None:
    connection = case.ask()
    assert (connection.is_busy, connection.is_usable) == (True, False)
    assert case.transport.take() == b""
    await asyncio.sleep(0)
    assert case.transport.take() == SENT
    await asyncio.sleep(0)
    assert case.transport.take() == b""


@in_loop
async def test_without_an_turn_the_request_is_written_at_once(case: Case) -> None:
    connection = BackendConnection(case.loop, KEY, H1Client(), case.lost.append)
    transport = FakeTransport(connection)
    connection.rest()
    assert connection.ask(ASKED, None, case.asker)
    assert transport.take() == SENT


@pytest.mark.parametrize("why", ["method", "busy", "last"])
def test_where_it_cannot_be_asked_nothing_changes(why: str) -> None:
    @in_loop
    async def test(case: Case) -> None:
        connection, asked = case.connection, ASKED
        if why == "method":
            asked = (RequestHead(b"DELETE", b"/", Headers()), *ASKED[1:])
        elif why == "busy":
            connection.send_whole(GET, b"", None, None)
        else:
            connection._codec.announce_close()
        await settle()
        case.transport.take()
        is_busy = connection.is_busy
        assert not connection.ask(asked, None, case.asker)
        await settle()
        assert (case.transport.take(), connection.is_busy) == (b"", is_busy)
        assert case.asker.steps == []

    test()


@in_loop
async def test_a_request_whose_client_leaves_before_it_is_written_is_not_sent(case: Case) -> None:
    connection = case.ask()
    connection.fail(CLIENT_LEFT)
    await settle()
    assert case.transport.take() == b""
    assert case.transport.is_aborted
    assert case.asker.steps == [None]
    assert case.fault() is Kind.CLIENT_CLOSED


@in_loop
async def test_a_request_whose_client_leaves_behind_it_is_given_up(case: Case) -> None:
    connection = await case.asked()
    connection.fail(CLIENT_LEFT)
    await settle()
    assert case.transport.is_aborted
    assert case.asker.steps == [None]
    assert case.fault() is Kind.CLIENT_CLOSED


@pytest.mark.parametrize("error", [None, ConnectionResetError()], ids=["closed", "reset"])
@pytest.mark.parametrize("is_written", [False, True], ids=["before", "behind"])
def test_a_connection_that_is_lost_is_a_broken_one(
    is_written: bool, error: Exception | None
) -> None:
    @in_loop
    async def test(case: Case) -> None:
        if is_written:
            await case.asked()
        else:
            case.ask()
        case.transport.drop(error)
        assert case.asker.steps == []  # the connection is dealt with first
        await settle()
        assert case.transport.take() == b""
        assert case.asker.steps == [None]
        assert case.lost == [case.connection]
        assert case.fault() is Kind.CONNECTION_BROKEN

    test()


# --- what is answered


@in_loop
async def test_an_answer_in_one_piece_is_taken_with_its_body(case: Case) -> None:
    connection = await case.asked()
    await case.receive(OK)
    ((head, content),) = case.asker.steps
    assert (head.status, content) == (200, b"ok")
    assert connection.body is None
    assert connection.rest()
    assert connection.taken is None


@in_loop
async def test_one_request_may_follow_the_other_from_within_the_answer(case: Case) -> None:
    case.asker.rests = True
    for number in range(1, 4):
        connection = await case.asked()
        await case.receive(OK)
        assert connection.is_usable
        assert [content for _, content in case.asker.steps] == [b"ok"] * number
    assert not case.transport.is_closing()


@in_loop
async def test_an_asked_request_may_follow_a_sent_one_and_the_other_way_round(case: Case) -> None:
    connection = case.connection
    case.asker.rests = True
    for _ in range(2):
        connection.send_whole(GET, b"", None, None)
        await settle()
        case.transport.take()
        await case.receive(OK)
        assert (await connection.wait_head()).status == 200
        assert connection.rest()
        await case.asked()
        await case.receive(OK)
    assert len(case.asker.steps) == 2


@in_loop
async def test_an_answer_in_pieces_is_waited_for_by_a_coroutine(case: Case) -> None:
    connection = await case.asked()
    await case.receive(OK[:9])
    assert case.asker.steps == [None]
    waiting = case.loop.create_task(connection.wait_head())
    await settle()
    await case.receive(OK[9:-1])
    assert (await waiting).status == 200
    assert not connection.rest()
    await case.receive(OK[-1:])
    assert [await connection.body.read() for _ in range(3)] == [b"o", b"k", b""]
    assert connection.rest()
    assert case.asker.steps == [None]


@in_loop
async def test_a_body_that_has_not_all_come_is_streamed(case: Case) -> None:
    connection = await case.asked()
    await case.receive(CHUNKED + chunk(b"one"))
    assert case.asker.steps == [None]
    assert (await connection.wait_head()).status == 200
    await case.receive(chunk(b"two") + b"0\r\n\r\n")
    assert [await connection.body.read() for _ in range(3)] == [b"one", b"two", b""]
    assert connection.rest()


@in_loop
async def test_interim_answers_come_first_but_a_100_is_nobodys(case: Case) -> None:
    connection = await case.asked()
    await case.receive(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n")
    assert case.asker.interim == [103]
    assert case.asker.steps == [None]
    waiting = case.loop.create_task(connection.wait_head())
    await settle()
    await case.receive(OK)
    assert (await waiting).status == 200
    assert await connection.body.read() == b"ok"
    assert connection.rest()


@in_loop
async def test_a_switch_that_was_not_asked_for_breaks_the_protocol(case: Case) -> None:
    connection = await case.asked()
    await case.receive(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
    assert case.asker.steps == [None]
    assert case.fault() is Kind.BAD_RESPONSE
    assert case.transport.is_closed
    assert not connection.rest()


@in_loop
async def test_an_answer_that_breaks_the_protocol_ends_the_connection(case: Case) -> None:
    await case.asked()
    await case.receive(b"nonsense\r\n\r\n")
    await settle()
    assert case.asker.steps == [None]
    assert case.fault() is Kind.BAD_RESPONSE
    assert case.transport.is_closed


@in_loop
async def test_a_body_that_ends_with_the_connection_is_whole_but_nothing_follows(
    case: Case,
) -> None:
    connection = await case.asked()
    await case.receive(b"HTTP/1.1 200 OK\r\n\r\nall")
    assert case.asker.steps == [None]
    await connection.wait_head()
    connection.eof_received()
    assert [await connection.body.read() for _ in range(2)] == [b"all", b""]
    assert not connection.rest()


@in_loop
async def test_an_answer_behind_which_the_backend_closes_is_the_last(case: Case) -> None:
    connection = await case.asked()
    await case.receive(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert len(case.asker.steps) == 1
    assert not connection.rest()


@in_loop
async def test_the_end_of_the_input_in_place_of_an_answer_is_a_broken_connection(
    case: Case,
) -> None:
    connection = await case.asked()
    assert connection.eof_received() is False
    await settle()
    assert case.asker.steps == [None]
    assert case.fault() is Kind.CONNECTION_BROKEN


@in_loop
async def test_an_event_stream_may_be_silent_for_as_long_as_it_likes(case: Case) -> None:
    connection = await case.asked(5.0)
    await case.receive(CHUNKED[:-2] + b"Content-Type: text/event-stream\r\n\r\n")
    assert case.asker.steps == [None]
    await connection.wait_head()
    assert connection.is_event_stream
    await asyncio.sleep(IDLE_SECONDS * 3)
    assert not case.transport.is_closing()
