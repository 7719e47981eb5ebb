"""What goes wrong on a connection to a backend, and what takes too long."""

import asyncio

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.transport import EagerTask
from bfe_py.transport.body import HIGH_WATER
from bfe_py.upstream.connection import IDLE_SECONDS
from tests.kit.backend_connection import CHUNKED, CLIENT_LEFT, OK, chunk, post
from tests.kit.backend_connection import BackendCase as Case
from tests.kit.transports import run_case, settle

in_loop = run_case(Case)


@in_loop
async def test_an_answer_that_breaks_the_protocol_ends_the_connection(case: Case) -> None:
    connection = case.start()
    waiting = case.loop.create_task(case.fault())
    await settle()
    connection.data_received(b"nonsense\r\n\r\n")
    assert await waiting is Kind.BAD_RESPONSE
    assert case.transport.is_closed


@in_loop
async def test_a_new_connection_that_is_lost_is_a_missing_answer(case: Case) -> None:
    connection = case.start()
    waiting = case.loop.create_task(case.fault())
    await settle()
    case.transport.drop()
    assert await waiting is Kind.READ_RESPONSE
    assert case.lost == [connection]


@in_loop
async def test_who_waits_learns_of_the_loss_when_that_is_dealt_with(case: Case) -> None:
    ended: list[Exception | None] = []

    async def wait() -> None:
        await case.connection.wait_head()

    case.start()
    case.loop.call_soon(lambda: EagerTask(wait(), ended.append))
    await settle()
    case.transport.drop()
    assert (case.lost, ended) == ([case.connection], [])
    await settle()
    (fault,) = ended
    assert fault.kind is Kind.READ_RESPONSE


@in_loop
async def test_a_kept_connection_that_is_lost_is_a_broken_one(case: Case) -> None:
    await case.exchange()
    case.start()
    waiting = case.loop.create_task(case.fault())
    await settle()
    case.transport.drop(ConnectionResetError())
    assert await waiting is Kind.CONNECTION_BROKEN


@in_loop
async def test_the_end_of_the_input_before_an_answer_is_a_missing_one(case: Case) -> None:
    connection = case.start()
    waiting = case.loop.create_task(case.fault())
    await settle()
    assert connection.eof_received() is False
    assert await waiting is Kind.READ_RESPONSE


@in_loop
async def test_the_end_of_the_input_ends_a_body_without_a_length(case: Case) -> None:
    connection = case.start()
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nall")
    connection.eof_received()
    assert [await connection.body.read() for _ in range(2)] == [b"all", b""]
    assert not connection.rest()


@in_loop
async def test_a_body_that_is_cut_off_fails(case: Case) -> None:
    connection = case.start()
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
    case.transport.drop(ConnectionResetError())
    assert await connection.body.read() == b"ab"
    assert await case.body_fault() is Kind.RESPONSE_BODY


@in_loop
async def test_giving_up_closes_at_once_and_says_why(case: Case) -> None:
    connection = case.start()
    waiting = case.loop.create_task(case.fault())
    await settle()
    connection.fail(CLIENT_LEFT)
    assert await waiting is Kind.CLIENT_CLOSED
    assert case.transport.is_aborted


@in_loop
async def test_giving_up_a_body_keeps_a_fault_of_the_client(case: Case) -> None:
    connection = case.start()
    connection.data_received(CHUNKED)
    connection.fail(CLIENT_LEFT)
    assert await case.body_fault() is Kind.CLIENT_CLOSED


@in_loop
async def test_giving_up_fails_who_waits_to_send(case: Case) -> None:
    connection = case.start(post(3))
    connection.pause_writing()
    sending = case.loop.create_task(connection.send_body(b"abc"))
    await settle()
    connection.fail(CLIENT_LEFT)
    with pytest.raises(Fault) as caught:
        await sending
    assert caught.value.kind is Kind.WRITE_REQUEST


@in_loop
async def test_an_answer_that_nobody_waits_for_any_more_is_dropped(case: Case) -> None:
    connection = case.start()
    waiting = case.loop.create_task(connection.wait_head())
    await settle()
    waiting.cancel()
    await settle()
    connection.data_received(OK)
    assert connection.rest()
    assert connection.body is None


@in_loop
async def test_the_loss_of_a_connection_that_nobody_waits_for_is_quiet(case: Case) -> None:
    connection = case.start()
    waiting = case.loop.create_task(connection.wait_head())
    await settle()
    waiting.cancel()
    await settle()
    case.transport.drop()
    assert case.lost == [connection]


@in_loop
async def test_an_answer_that_is_late_is_a_timeout(case: Case) -> None:
    begun = case.loop.time()
    case.start(seconds=7.0)
    assert await case.fault() is Kind.RESPONSE_TIMEOUT
    assert case.loop.time() - begun == pytest.approx(7.0, abs=0.1)
    assert case.transport.is_aborted


@in_loop
async def test_an_answer_that_is_late_behind_a_body_is_a_timeout(case: Case) -> None:
    connection = case.start(post(3), b"abc")
    connection.send_end(None)
    begun = case.loop.time()
    connection.limit_head(7.0)
    assert await case.fault() is Kind.RESPONSE_TIMEOUT
    assert case.loop.time() - begun == pytest.approx(7.0, abs=0.1)
    assert case.transport.is_aborted


@pytest.mark.parametrize("split", [0, 20], ids=["in one piece", "in two"])
def test_no_time_is_limited_once_the_answer_is_there(split: int) -> None:
    @in_loop
    async def test(case: Case) -> None:
        connection = case.start(seconds=1.0)
        for piece in filter(None, (OK[:split], OK[split:])):
            connection.data_received(piece)
        await connection.wait_head()
        connection.limit_head(1.0)
        await asyncio.sleep(IDLE_SECONDS * 2)
        assert not case.transport.is_closing()

    test()


@in_loop
async def test_a_body_that_makes_no_progress_fails(case: Case) -> None:
    connection = case.start()
    connection.data_received(CHUNKED + chunk(b"a"))
    await asyncio.sleep(IDLE_SECONDS - 1)
    connection.data_received(chunk(b"b"))
    await asyncio.sleep(IDLE_SECONDS - 1)
    assert not case.transport.is_closing()
    await asyncio.sleep(2)
    assert case.transport.is_aborted
    assert [await connection.body.read() for _ in range(2)] == [b"a", b"b"]
    assert await case.body_fault() is Kind.RESPONSE_BODY


@in_loop
async def test_a_slow_reader_pauses_the_backend_for_as_long_as_it_takes(case: Case) -> None:
    connection = case.start()
    half = bytes(HIGH_WATER // 2)
    connection.data_received(CHUNKED)
    for piece in (half, half, b"above the mark", b"already on its way"):
        connection.data_received(chunk(piece))
    assert case.transport.is_reading_paused
    await asyncio.sleep(IDLE_SECONDS * 3)
    assert not case.transport.is_closing()
    for _ in range(2):
        await connection.body.read()
    assert not case.transport.is_reading_paused
    await asyncio.sleep(IDLE_SECONDS + 1)
    assert case.transport.is_aborted


@in_loop
async def test_reading_after_the_loss_of_the_connection_is_quiet(case: Case) -> None:
    connection = case.start()
    connection.data_received(CHUNKED + chunk(bytes(HIGH_WATER + 1)))
    assert case.transport.is_reading_paused
    case.transport.drop()
    assert await connection.body.read() == bytes(HIGH_WATER + 1)
    assert case.transport.is_reading_paused


@in_loop
async def test_pieces_that_come_after_the_loss_pause_nothing(case: Case) -> None:
    connection = case.start()
    connection.data_received(CHUNKED)
    case.transport.drop()
    connection.data_received(chunk(bytes(HIGH_WATER + 1)))
    assert not case.transport.is_reading_paused


@in_loop
async def test_a_connection_that_was_lost_takes_no_request(case: Case) -> None:
    case.connection.check()
    case.transport.drop()
    with pytest.raises(Fault) as caught:
        case.start()
    assert caught.value.kind is Kind.READ_RESPONSE


@in_loop
async def test_the_first_fault_of_a_connection_is_the_one_that_counts(case: Case) -> None:
    connection = case.start()
    connection.fail(CLIENT_LEFT)
    case.transport.drop(ConnectionResetError())
    with pytest.raises(Fault) as caught:
        connection.check()
    assert caught.value is CLIENT_LEFT


@in_loop
async def test_a_connection_that_is_gone_is_not_watched(case: Case) -> None:
    connection = case.start()
    case.transport.drop()
    connection.pause_writing()
    await asyncio.sleep(IDLE_SECONDS * 2)
    assert case.lost == [connection]


@in_loop
async def test_a_backend_that_takes_nothing_for_long_is_given_up(case: Case) -> None:
    connection = case.start(post(3))
    case.transport.buffered = 1
    connection.pause_writing()
    begun = case.loop.time()
    assert await case.fault() is Kind.WRITE_REQUEST
    assert IDLE_SECONDS <= case.loop.time() - begun <= IDLE_SECONDS * 2 + 1
    assert case.transport.is_aborted


@in_loop
async def test_a_backend_that_answers_need_not_take_the_request(case: Case) -> None:
    connection = case.start(post(3))
    connection.data_received(CHUNKED)
    case.transport.buffered = 1
    connection.pause_writing()
    for _ in range(4):
        await asyncio.sleep(IDLE_SECONDS / 2)
        connection.data_received(chunk(b"x"))
    assert not case.transport.is_closing()


def test_what_a_broken_connection_had_received_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def leftover(transport: object) -> list[bytes]:
        asked.append(transport)
        return [OK[:20], OK[20:]]

    monkeypatch.setattr("bfe_py.upstream.connection.read_leftover", leftover)

    @in_loop
    async def test(case: Case) -> None:
        connection = case.start(post(3))
        waiting = case.loop.create_task(connection.wait_head())
        await settle()
        case.transport.drop(BrokenPipeError())
        assert (await waiting).status == 200
        assert [await connection.body.read() for _ in range(2)] == [b"ok", b""]
        assert asked == [case.transport]

    test()
