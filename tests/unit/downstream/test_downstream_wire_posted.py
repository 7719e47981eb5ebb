"""What is posted leaves behind the callbacks that are due, or with whatever comes first."""

import asyncio
from collections.abc import Callable

import pytest

from bfe_py.downstream import Terms
from bfe_py.downstream.reply import CodecReply
from bfe_py.downstream.wire import DateStamp, Wire
from bfe_py.model import UNIX_PEER, Fault, Headers, Kind, ResponseHead, Session
from bfe_py.protocol import H1Server
from bfe_py.transport import Turn
from tests.kit.transports import FakeTransport, run_case, settle

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 2\r\n\r\nok"


class Noting(FakeTransport):
    """Notes in which order it is asked for what."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        super().__init__(asyncio.Protocol())

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.asked.append(bytes(data))

    def write_eof(self) -> None:
        super().write_eof()
        self.asked.append("end")

    def close(self) -> None:
        super().close()
        self.asked.append("close")

    def abort(self) -> None:
        super().abort()
        self.asked.append("abort")


class PostCase:
    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.transport = Noting()
        session = Session(peer=UNIX_PEER, local=UNIX_PEER, started=0.0)
        self.wire = Wire(loop, self.transport, DateStamp(), lambda: None, Terms(), session)
        self.wire.turn = self.turn = Turn(loop)


in_loop = run_case(PostCase)


@in_loop
async def test_what_is_posted_leaves_behind_the_callbacks_of_this_turn(case: PostCase) -> None:
    assert case.wire.post(b"abc") == 3
    assert case.transport.asked == []
    assert case.wire.written == 3
    await settle()
    assert case.transport.asked == [b"abc"]
    await settle()
    assert case.transport.asked == [b"abc"]


@in_loop
async def test_without_an_turn_it_leaves_at_once(case: PostCase) -> None:
    case.wire.turn = None
    assert case.wire.post(b"abc") == 3
    assert case.transport.asked == [b"abc"]


@in_loop
async def test_what_is_written_behind_it_does_not_overtake_it(case: PostCase) -> None:
    case.wire.post(b"a")
    case.wire.write(b"b")
    case.wire.post(b"c")
    case.wire.post(b"d")
    assert case.wire.write(b"") == 0
    await settle()
    assert case.transport.asked == [b"a", b"b", b"c", b"d"]
    assert case.wire.written == 4


ENDS: list[tuple[Callable[[Wire], object], list[object]]] = [
    (Wire.close, ["close"]),
    (Wire.abort, ["abort"]),
    (Wire.reset, ["abort"]),
    (Wire.linger, ["end"]),
    (lambda wire: wire.switch(b"", has_ended=False), []),
]


@pytest.mark.parametrize(("end", "asked"), ENDS)
def test_an_end_comes_behind_what_was_posted(
    end: Callable[[Wire], object], asked: list[object]
) -> None:
    @in_loop
    async def test(case: PostCase) -> None:
        case.wire.post(b"abc")
        end(case.wire)
        assert case.transport.asked == [b"abc", *asked]
        await settle()
        assert case.transport.asked == [b"abc", *asked]

    test()


@in_loop
async def test_a_client_that_is_gone_meanwhile_gets_nothing(case: PostCase) -> None:
    case.wire.post(b"abc")
    case.transport.close()
    case.wire.lose(Fault(Kind.CLIENT_WRITE))
    await settle()
    assert case.transport.asked == ["close"]
    assert case.wire.post(b"def") == 0


@in_loop
async def test_a_connection_that_is_closed_meanwhile_takes_nothing(case: PostCase) -> None:
    case.wire.post(b"abc")
    case.transport.close()
    await settle()
    assert case.wire.post(b"def") == 0
    assert case.transport.asked == ["close"]
    assert case.wire.written == 3


# --- answers


@in_loop
async def test_a_whole_answer_is_posted(case: PostCase) -> None:
    codec = H1Server()
    assert codec.take_request(GET) is not None
    reply = CodecReply(codec, case.wire, 1)
    reply.send_whole(ResponseHead(200, Headers([(b"Date", b"x")]), body_length=2), b"ok")
    assert case.transport.asked == []
    assert reply.is_settled
    assert reply.bytes_sent == case.wire.written == len(ANSWER)
    await settle()
    assert case.transport.asked == [ANSWER]


@in_loop
async def test_an_answer_in_pieces_is_not(case: PostCase) -> None:
    codec = H1Server()
    assert codec.take_request(GET) is not None
    reply = CodecReply(codec, case.wire, 1)
    reply.send_head(ResponseHead(200, Headers([(b"Date", b"x")]), body_length=2))
    reply.send_body(b"ok")
    reply.send_end()
    assert b"".join(case.transport.asked) == ANSWER
    assert not reply.is_settled


@in_loop
async def test_an_answer_behind_another_that_was_posted_keeps_its_place(case: PostCase) -> None:
    codec = H1Server()
    for stream in (1, 2):
        assert codec.take_request(GET) is not None
        reply = CodecReply(codec, case.wire, stream)
        if stream == 2:
            reply.announce_close()
        head = ResponseHead(200, Headers([(b"Date", b"x")]), body_length=2)
        reply.send_whole(head, b"ok")
    last = ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    await settle()
    assert case.transport.asked == [ANSWER, last]
