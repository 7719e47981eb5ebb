"""One connection to a backend: requests, answers, and the rest between them."""

import asyncio

import pytest

from bfe_py.model import Fault, Headers, Kind
from bfe_py.protocol import BodyReceived, H1Client, MessageEnded, StreamReset
from bfe_py.transport.body import HIGH_WATER
from bfe_py.upstream.connection import IDLE_SECONDS, BackendConnection
from tests.kit.backend_connection import CHUNKED, GET, KEY, OK, chunk, post
from tests.kit.backend_connection import BackendCase as Case
from tests.kit.transports import FakeTransport, run_case, settle

in_loop = run_case(Case)


@in_loop
async def test_a_request_is_written_and_its_answer_comes_back(case: Case) -> None:
    connection = case.start()
    assert case.transport.take() == b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    assert connection.is_busy
    assert not connection.is_usable
    waiting = case.loop.create_task(connection.wait_head())
    await settle()
    connection.data_received(OK)
    assert (await waiting).status == 200
    assert [await connection.body.read() for _ in range(2)] == [b"ok", b""]
    assert connection.can_reuse


@in_loop
async def test_an_answer_without_a_body_is_whole_at_once(case: Case) -> None:
    connection = case.start()
    waiting = case.loop.create_task(connection.wait_head())
    await settle()
    connection.data_received(b"HTTP/1.1 204 No Content\r\n\r\n")
    await waiting
    assert connection.body.is_ended
    assert connection.can_reuse


@in_loop
async def test_the_first_piece_goes_out_with_the_head_and_the_rest_follows(case: Case) -> None:
    connection = case.start(post(6), b"abc")
    assert case.transport.take().endswith(b"\r\n\r\nabc")
    await connection.send_body(b"def")
    connection.send_end(None)
    assert case.transport.take() == b"def"


@in_loop
async def test_trailers_of_the_request_are_sent(case: Case) -> None:
    connection = case.start(post(None))
    case.transport.take()
    await connection.send_body(b"abc")
    connection.send_end(Headers([(b"Sum", b"1")]))
    assert case.transport.take() == b"3\r\nabc\r\n0\r\nSum: 1\r\n\r\n"


@in_loop
async def test_sending_waits_while_the_socket_is_full(case: Case) -> None:
    connection = case.start(post(3))
    connection.pause_writing()
    sending = case.loop.create_task(connection.send_body(b"abc"))
    await settle()
    assert not sending.done()
    connection.resume_writing()
    await sending


@in_loop
async def test_nothing_is_sent_on_a_connection_that_is_gone(case: Case) -> None:
    connection = case.start(post(3))
    case.transport.drop()
    case.transport.take()
    with pytest.raises(Fault) as caught:
        await connection.send_body(b"abc")
    assert caught.value.kind is Kind.WRITE_REQUEST
    connection.send_end(None)
    connection.close()
    connection.abort()
    assert case.transport.take() == b""
    assert not connection.is_open


@in_loop
async def test_interim_answers_are_passed_on_but_for_100(case: Case) -> None:
    connection = case.start()
    connection.data_received(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n")
    assert [head.status for head in case.interim] == [103]


@in_loop
async def test_interim_answers_that_nobody_wants_are_dropped(case: Case) -> None:
    case.connection.start(GET, b"", None)
    case.connection.data_received(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK)
    assert case.connection.body.is_ended


@in_loop
async def test_trailers_of_the_answer_come_with_its_end(case: Case) -> None:
    connection = case.start()
    connection.data_received(CHUNKED + chunk(b"a") + b"0\r\nSum: 1\r\n\r\n")
    assert [await connection.body.read() for _ in range(2)] == [b"a", b""]
    assert connection.body.trailers() == Headers([(b"Sum", b"1")])


@in_loop
async def test_a_connection_that_rests_serves_the_next_request(case: Case) -> None:
    await case.exchange()
    connection = case.connection
    assert connection.is_usable
    assert connection.is_reused
    case.start()
    connection.data_received(OK)
    assert await connection.body.read() == b"ok"


@in_loop
async def test_a_connection_rests_reading_even_if_its_body_was_never_read(case: Case) -> None:
    connection = case.start()
    body = bytes(HIGH_WATER * 2)
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert case.transport.is_reading_paused
    connection.rest()
    assert not case.transport.is_reading_paused


@in_loop
async def test_a_connection_that_rests_too_long_is_closed(case: Case) -> None:
    await case.exchange()
    await asyncio.sleep(IDLE_SECONDS - 1)
    assert case.connection.is_usable
    await asyncio.sleep(2)
    assert case.transport.is_aborted
    assert not case.connection.is_usable


@in_loop
async def test_bytes_that_nobody_asked_for_end_the_connection(case: Case) -> None:
    await case.exchange()
    case.connection.data_received(OK)
    assert case.transport.is_closed
    assert not case.connection.is_usable


@in_loop
async def test_a_connection_whose_input_ended_is_not_used_again(case: Case) -> None:
    await case.exchange()
    case.connection.eof_received()
    assert not case.transport.is_closing()
    assert not case.connection.is_usable


@in_loop
async def test_a_connection_that_was_never_made_is_not_open(case: Case) -> None:
    connection = BackendConnection(case.loop, KEY, H1Client(), case.lost.append)
    assert not connection.is_open
    assert not connection.is_usable
    assert case.connection.is_open
    assert case.connection.is_usable


class ScriptedCodec(H1Client):
    """Tells what a test says, where HTTP/1.1 has nothing to tell."""

    waiting: tuple[object, ...] = ()
    next_events: tuple[object, ...] = ()

    def next_exchange(self) -> list[object]:
        return super().next_exchange() + list(self.waiting)

    def receive_data(self, piece: bytes) -> list[object]:
        return list(self.next_events) or super().receive_data(piece)


@in_loop
async def test_a_connection_with_unasked_events_is_closed_as_it_comes_to_rest(case: Case) -> None:
    codec = ScriptedCodec()
    codec.waiting = (StreamReset(1, 0),)
    connection = BackendConnection(case.loop, KEY, codec, case.lost.append)
    transport = FakeTransport(connection)
    connection.start(GET, b"", None)
    connection.data_received(OK)
    connection.rest()
    assert transport.is_closed


@in_loop
async def test_events_of_other_protocols_and_of_no_exchange_change_nothing(case: Case) -> None:
    codec = ScriptedCodec()
    connection = BackendConnection(case.loop, KEY, codec, case.lost.append)
    transport = FakeTransport(connection)
    connection.start(GET, b"", None)
    codec.next_events = (StreamReset(1, 0), BodyReceived(1, b"x"), MessageEnded(1))
    connection.data_received(b"...")
    assert connection.body is None
    assert not transport.is_closing()
