"""One connection to a backend between two requests, and whether it may be kept for another."""

import asyncio

from bfe_py.protocol import BodyReceived, H1Client, MessageEnded, StreamReset
from bfe_py.transport.body import HIGH_WATER
from bfe_py.upstream.connection import IDLE_SECONDS, BackendConnection
from tests.kit.backend_connection import GET, KEY, OK, post
from tests.kit.backend_connection import BackendCase as Case
from tests.kit.transports import FakeTransport, run_case

in_loop = run_case(Case)


@in_loop
async def test_a_connection_that_rests_serves_the_next_request(case: Case) -> None:
    await case.exchange()
    connection = case.connection
    assert connection.is_usable
    assert connection.is_reused
    case.start()
    connection.data_received(OK)
    await connection.wait_head()
    assert await connection.body.read() == b"ok"


@in_loop
async def test_a_connection_rests_reading_even_if_its_body_was_never_read(case: Case) -> None:
    connection = case.start()
    body = bytes(HIGH_WATER * 2)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    connection.data_received(head)
    connection.data_received(body)
    assert case.transport.is_reading_paused
    assert connection.rest()
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
async def test_a_connection_whose_input_ended_behind_the_answer_is_not_kept(case: Case) -> None:
    connection = case.start()
    connection.data_received(OK)
    connection.eof_received()
    assert not connection.rest()
    await connection.wait_head()
    assert await connection.body.read() == b"ok"


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
    assert not connection.rest()
    assert case.connection.is_open


@in_loop
async def test_a_connection_can_be_kept_once_both_messages_are_whole(case: Case) -> None:
    connection = case.start(post(6), b"abc")
    assert not connection.rest()
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    await connection.send_body(b"def")
    connection.send_end(None)
    assert not connection.rest()
    connection.data_received(b"ok")
    assert not connection.is_usable
    assert connection.rest()
    assert connection.is_usable


@in_loop
async def test_a_connection_that_its_backend_closes_is_not_kept(case: Case) -> None:
    connection = case.start()
    connection.data_received(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert not connection.rest()
    assert not connection.is_usable


class ScriptedCodec(H1Client):
    """Tells what a test says, where HTTP/1.1 has nothing to tell."""

    waiting: tuple[object, ...] = ()
    next_events: tuple[object, ...] = ()

    def next_exchange(self) -> list[object]:
        return super().next_exchange() + list(self.waiting)

    def receive_data(self, piece: bytes) -> list[object]:
        return list(self.next_events) or super().receive_data(piece)


@in_loop
async def test_a_connection_with_unasked_events_is_not_kept(case: Case) -> None:
    codec = ScriptedCodec()
    codec.waiting = (StreamReset(1, 0),)
    connection = BackendConnection(case.loop, KEY, codec, case.lost.append)
    FakeTransport(connection)
    connection.send_whole(GET, b"", None, None)
    for piece in (OK[:20], OK[20:]):
        connection.data_received(piece)
    assert not connection.rest()
    assert not connection.is_usable


@in_loop
async def test_events_of_other_protocols_and_of_no_exchange_change_nothing(case: Case) -> None:
    codec = ScriptedCodec()
    connection = BackendConnection(case.loop, KEY, codec, case.lost.append)
    transport = FakeTransport(connection)
    connection.send_whole(GET, b"", None, None)
    codec.next_events = (StreamReset(1, 0), BodyReceived(1, b"x"), MessageEnded(1))
    connection.data_received(b"...")
    assert connection.body is None
    assert not transport.is_closing()
