"""Answers over a codec."""

import asyncio
from collections.abc import Callable

import pytest

from bfe_py.downstream import Terms
from bfe_py.downstream.reply import CodecReply, refuse
from bfe_py.downstream.wire import DateStamp, Wire
from bfe_py.model import UNIX_PEER, Fault, Headers, Kind, ResponseHead, Session
from bfe_py.protocol import H1Server
from tests.kit.transports import FakeTransport, run_case, settle

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ReplyCase:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.transport = FakeTransport(asyncio.Protocol())
        session = Session(peer=UNIX_PEER, local=UNIX_PEER, started=0.0)
        date, terms = DateStamp(), Terms()
        self.wire = Wire(self.loop, self.transport, date, lambda: None, terms, session)
        self.codec = H1Server()
        self.codec.receive_data(GET)
        self.reply = CodecReply(self.codec, self.wire, 1)
        self.called: list[str] = []

    def take(self) -> None:
        """Have the request be one that was taken whole, as nearly all are."""
        self.codec = H1Server()
        assert self.codec.take_request(GET) is not None
        self.reply = CodecReply(self.codec, self.wire, 1)

    def note(self, word: str) -> Callable[[], None]:
        return lambda: self.called.append(word)


in_loop = run_case(ReplyCase)


@in_loop
async def test_the_head_leaves_with_the_first_piece_of_the_body(case: ReplyCase) -> None:
    headers = Headers([(b"Date", b"x")])
    case.reply.send_head(ResponseHead(200, headers, body_length=4))
    assert case.transport.take() == b""
    case.reply.send_body(b"ab")
    first = case.transport.take()
    assert first == b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 4\r\n\r\nab"
    case.reply.send_body(b"cd")
    case.reply.send_end()
    assert case.transport.take() == b"cd"
    assert case.reply.is_ended
    assert case.reply.bytes_sent == case.wire.written == len(first) + 2


@in_loop
async def test_only_events_go_on_for_as_long_as_both_sides_like(case: ReplyCase) -> None:
    assert not case.reply.is_endless
    headers = Headers([(b"Content-Type", b"text/plain")])
    case.reply.send_head(ResponseHead(200, headers, body_length=None))
    assert not case.reply.is_endless
    other = ReplyCase().reply
    headers = Headers([(b"Content-Type", b"text/event-stream")])
    other.send_head(ResponseHead(200, headers, body_length=None))
    assert other.is_endless


@in_loop
async def test_a_head_may_leave_alone(case: ReplyCase) -> None:
    case.reply.send_head(ResponseHead(200, body_length=None))
    case.reply.flush()
    assert case.transport.take().endswith(b"\r\n\r\n")
    case.reply.send_end(Headers([(b"Sum", b"1")]))
    assert case.transport.take() == b"0\r\nSum: 1\r\n\r\n"


def whole(length: int, *fields: tuple[bytes, bytes]) -> ResponseHead:
    return ResponseHead(200, Headers([(b"Date", b"x"), *fields]), body_length=length)


@in_loop
async def test_a_whole_answer_leaves_at_once_and_the_next_exchange_begins(case: ReplyCase) -> None:
    case.take()
    case.reply.send_whole(whole(2, (b"Content-Length", b"2")), b"ok")
    out = case.transport.take()
    assert out == b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 2\r\n\r\nok"
    assert case.reply.has_begun
    assert case.reply.is_ended
    assert case.reply.is_settled
    assert case.reply.bytes_sent == len(out)
    assert case.codec.take_request(GET) is not None


@in_loop
async def test_a_whole_answer_of_another_kind_leaves_the_next_exchange_to_others(
    case: ReplyCase,
) -> None:
    case.take()
    case.reply.announce_close()
    case.reply.send_whole(whole(2), b"ok")
    out = case.transport.take()
    assert out.startswith(b"HTTP/1.1 200 OK\r\nDate: x\r\n")
    assert b"\r\nConnection: close\r\n" in out
    assert out.endswith(b"\r\n\r\nok")
    assert case.reply.is_ended
    assert not case.reply.is_settled
    assert case.reply.bytes_sent == len(out)
    assert case.codec.take_request(GET) is None


@in_loop
async def test_a_final_answer_gets_a_date_and_keeps_the_one_it_has(case: ReplyCase) -> None:
    case.reply.send_interim(ResponseHead(103))
    assert b"Date" not in case.transport.take()
    case.reply.send_whole(ResponseHead(204), b"")
    assert case.transport.take().count(b"\r\nDate: ") == 1
    other = ReplyCase()
    other.reply.send_head(ResponseHead(200, Headers([(b"date", b"x")]), body_length=None))
    other.reply.flush()
    head = other.transport.take()
    assert b"\r\ndate: x\r\n" in head
    assert b"Date" not in head


@in_loop
async def test_an_interim_answer_comes_before_the_final_one_or_not_at_all(case: ReplyCase) -> None:
    case.reply.send_interim(ResponseHead(100))
    assert case.transport.take() == CONTINUE
    case.reply.send_whole(ResponseHead(204), b"")
    case.transport.take()
    case.reply.send_interim(ResponseHead(100))
    assert case.transport.take() == b""


@in_loop
async def test_an_answer_that_was_given_up_has_no_interim_one(case: ReplyCase) -> None:
    case.reply.abort()
    case.reply.send_interim(ResponseHead(100))
    assert case.transport.take() == b""


@in_loop
async def test_giving_up_cuts_the_connection_unless_the_answer_is_whole(case: ReplyCase) -> None:
    case.reply.send_whole(ResponseHead(204), b"")
    case.reply.abort()
    assert not case.transport.is_aborted
    other = ReplyCase()
    other.reply.send_head(ResponseHead(200, body_length=4))
    other.reply.abort()
    other.reply.abort()
    assert other.transport.is_aborted


class Streams(H1Server):
    """Gives up one stream without the connection."""

    def reset(self, stream: int, code: int = 0) -> bool:
        return True


@in_loop
async def test_giving_up_may_cost_no_connection(case: ReplyCase) -> None:
    CodecReply(Streams(), case.wire, 1).abort()
    assert not case.transport.is_aborted


@in_loop
async def test_who_sends_waits_while_the_client_does_not_read(case: ReplyCase) -> None:
    case.wire.gate.shut()
    assert case.reply.is_blocked
    waiting = case.loop.create_task(case.reply.wait_writable())
    await settle()
    assert not waiting.done()
    case.wire.lose(Fault(Kind.CLIENT_WRITE))
    with pytest.raises(Fault):
        await waiting


@in_loop
async def test_what_is_sent_to_nobody_is_not_counted(case: ReplyCase) -> None:
    case.wire.lose(Fault(Kind.CLIENT_WRITE))
    case.reply.send_whole(ResponseHead(204), b"")
    assert case.reply.bytes_sent == 0


@in_loop
async def test_the_connection_may_end_after_an_answer(case: ReplyCase) -> None:
    assert not case.reply.closes
    case.reply.announce_close()
    assert case.reply.closes
    case.reply.send_whole(ResponseHead(204), b"")
    assert b"Connection: close" in case.transport.take()


@in_loop
async def test_a_request_that_never_began_is_refused(case: ReplyCase) -> None:
    codec = H1Server()
    refuse(codec, case.wire, 1, 431)
    answer = case.transport.take()
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"Connection: close" in answer
    assert b"Content-Length: 0" in answer


@in_loop
async def test_a_request_that_never_began_may_be_refused_without_a_field(case: ReplyCase) -> None:
    refuse(H1Server(), case.wire, 1, 431, is_bare=True)
    answer = case.transport.take()
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert answer.count(b"\r\n") == 2
    assert answer.endswith(b"\r\n\r\n")


# --- clients that go away


@in_loop
async def test_who_asked_is_told_once_that_the_client_is_gone(case: ReplyCase) -> None:
    case.reply.when_gone(case.note("gone"))
    case.reply.client_half_closed()
    assert case.called == []
    case.reply.client_gone()
    case.reply.client_gone()
    assert case.called == ["gone"]


@in_loop
async def test_who_asks_no_more_is_not_told(case: ReplyCase) -> None:
    case.reply.when_gone(case.note("gone"))
    case.reply.when_gone(None)
    case.reply.client_gone()
    assert case.called == []


@in_loop
async def test_a_half_close_counts_for_who_says_so_also_if_it_was_earlier(case: ReplyCase) -> None:
    case.reply.when_gone(case.note("at once"), counts_half_close=True)
    case.reply.client_half_closed()
    assert case.called == ["at once"]
    case.reply.when_gone(case.note("not"))
    case.reply.when_gone(case.note("later"), counts_half_close=True)
    assert case.called == ["at once", "later"]


@in_loop
async def test_who_asks_behind_the_end_is_told_at_once(case: ReplyCase) -> None:
    case.wire.lose(Fault(Kind.CLIENT_WRITE))
    case.reply.when_gone(case.note("gone"))
    assert case.called == ["gone"]
