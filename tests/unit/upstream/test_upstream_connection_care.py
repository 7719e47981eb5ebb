"""What a connection to a backend guards against: loss at the wrong moment, too much, too early."""

import asyncio

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.transport.body import HIGH_WATER
from bfe_py.upstream import connection as connection_module
from bfe_py.upstream.connection import IDLE_SECONDS
from tests.kit.backend_connection import CHUNKED, CLIENT_LEFT, GET, OK, chunk, post
from tests.kit.backend_connection import BackendCase as Case
from tests.kit.transports import run_case, run_plain, settle

in_loop = run_case(Case)


@in_loop
async def test_a_connection_that_is_lost_before_it_is_used_says_so(case: Case) -> None:
    case.transport.drop(ConnectionResetError())
    with pytest.raises(Fault) as caught:
        case.connection.check()
    assert caught.value.kind is Kind.READ_RESPONSE
    with pytest.raises(Fault):
        case.start()
    assert case.transport.take() == b""


@in_loop
async def test_an_attempt_that_is_given_up_before_it_begins_sends_nothing(case: Case) -> None:
    case.connection.fail(CLIENT_LEFT)
    for head in (GET, post(3)):
        with pytest.raises(Fault) as caught:
            case.start(head)
        assert caught.value is CLIENT_LEFT
        assert case.transport.take() == b""


@in_loop
async def test_a_long_upload_outlives_the_idle_time_of_a_kept_connection(case: Case) -> None:
    await case.exchange()
    await asyncio.sleep(IDLE_SECONDS - 1)
    connection = case.start(post(3))
    await asyncio.sleep(IDLE_SECONDS * 2)
    assert not case.transport.is_closing()
    await connection.send_body(b"abc")
    assert case.transport.take().endswith(b"abc")


@pytest.mark.parametrize("split", [0, 20], ids=["in one piece", "in two"])
def test_nothing_is_listened_to_behind_a_whole_answer(split: int) -> None:
    @in_loop
    async def test(case: Case) -> None:
        connection = case.start(post(3))
        for piece in filter(None, (OK[:split], OK[split:])):
            connection.data_received(piece)
        assert not case.transport.is_closing()
        connection.data_received(b"more")
        assert case.transport.is_closed
        assert not connection.rest()
        await connection.wait_head()
        assert await connection.body.read() == b"ok"

    test()


@in_loop
async def test_nothing_is_listened_to_behind_the_last_piece_of_an_answer(case: Case) -> None:
    connection = case.start(post(3))
    connection.data_received(CHUNKED)
    connection.data_received(chunk(b"ok") + b"0\r\n\r\n")
    assert not case.transport.is_closing()
    connection.data_received(b"more")
    assert case.transport.is_closed
    assert not connection.rest()
    assert [await connection.body.read() for _ in range(2)] == [b"ok", b""]


@in_loop
async def test_fields_of_the_hop_are_not_passed_on_with_an_interim_answer(case: Case) -> None:
    connection = case.start()
    connection.data_received(
        b"HTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: 1\r\nLink: </a>\r\n\r\n"
    )
    (head,) = case.interim
    assert list(head.headers) == [(b"Link", b"</a>")]


@in_loop
async def test_a_backend_that_takes_nothing_of_the_request_is_given_up(case: Case) -> None:
    connection = case.start(post(6))
    case.transport.buffered = 100
    connection.pause_writing()
    waiting = case.loop.create_task(case.fault())
    await asyncio.sleep(IDLE_SECONDS - 1)
    assert not waiting.done()
    assert await waiting is Kind.WRITE_REQUEST
    assert case.transport.is_aborted


@in_loop
async def test_a_backend_that_has_answered_need_not_take_the_rest_of_the_request(
    case: Case,
) -> None:
    connection = case.start(post(6))
    case.transport.buffered = 100
    connection.pause_writing()
    for _ in range(4):
        connection.data_received(CHUNKED + chunk(b"a") if connection.body is None else chunk(b"a"))
        await asyncio.sleep(IDLE_SECONDS / 2)
    assert not case.transport.is_closing()


@in_loop
async def test_an_answer_that_waits_for_the_rest_of_the_request_is_not_late(case: Case) -> None:
    connection = case.start(post(None))
    connection.data_received(CHUNKED)
    for _ in range(4):
        await asyncio.sleep(IDLE_SECONDS / 2)
        await connection.send_body(b"more")
    assert not case.transport.is_closing()
    await asyncio.sleep(IDLE_SECONDS + 1)
    assert case.transport.is_aborted


@in_loop
async def test_a_request_that_goes_on_does_not_make_a_slow_reader_late(case: Case) -> None:
    connection = case.start(post(None))
    connection.data_received(CHUNKED + chunk(bytes(HIGH_WATER)) + chunk(b"more"))
    assert case.transport.is_reading_paused
    await connection.send_body(b"more")
    await asyncio.sleep(IDLE_SECONDS * 2)
    assert not case.transport.is_closing()


@in_loop
async def test_a_whole_body_that_is_read_late_has_no_deadline(case: Case) -> None:
    connection = case.start()
    body = bytes(HIGH_WATER * 2)
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
    connection.data_received(body)
    assert await connection.body.read() == body
    await asyncio.sleep(IDLE_SECONDS * 2)
    assert not case.transport.is_closing()


@in_loop
async def test_a_connection_that_still_holds_bytes_is_not_used_again(case: Case) -> None:
    connection = case.start()
    connection.pause_writing()
    connection.data_received(OK)
    assert not connection.rest()
    connection.resume_writing()
    assert connection.rest()


@in_loop
async def test_nothing_is_written_to_a_transport_that_is_closing(case: Case) -> None:
    connection = case.start(post(3))
    case.transport.take()
    case.transport.close()
    await connection.send_body(b"abc")
    assert case.transport.take() == b""


@pytest.mark.parametrize(
    ("error", "found"), [(BrokenPipeError(), True), (None, False)], ids=["broken", "closed"]
)
def test_an_answer_that_came_before_a_write_failed_counts(
    monkeypatch: pytest.MonkeyPatch, error: Exception | None, found: bool
) -> None:
    monkeypatch.setattr(connection_module, "read_leftover", lambda _: iter([OK[:9], OK[9:]]))

    async def main() -> None:
        case = Case()
        connection = case.start(post(3))
        waiting = case.loop.create_task(connection.wait_head())
        await settle()
        case.transport.drop(error)
        await settle()
        assert (waiting.exception() is None) == found
        if found:
            assert waiting.result().status == 200
            assert await connection.body.read() == b"ok"

    run_plain(main())


@in_loop
async def test_what_came_on_an_idle_connection_that_broke_is_left(case: Case) -> None:
    await case.exchange()
    case.transport.drop(ConnectionResetError())
    assert case.lost == [case.connection]


@in_loop
async def test_a_connection_serves_many_requests(case: Case) -> None:
    for _ in range(5):
        await case.exchange()
        assert case.connection.is_usable
    case.start()
    assert not case.connection.is_usable
    case.connection.data_received(OK)
    assert case.connection.rest()
    case.start(post(3))
    assert not case.connection.is_usable
