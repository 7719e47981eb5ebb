import asyncio

import pytest

from bfe_py.model import BytesBody, Fault, Headers, Kind
from bfe_py.transport import BufferCounters, LimitedBody, ReadAhead


class Pieces:
    """A body of given pieces; a fault among them is raised."""

    def __init__(self, *pieces: bytes | Fault) -> None:
        self.pieces = list(pieces)
        self.taken = 0

    async def read(self) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Fault):
            raise piece
        self.taken += len(piece)
        return piece

    def read_ready(self) -> bytes | None:
        return None

    def trailers(self) -> Headers | None:
        return Headers([(b"A", b"b")])

    async def drain(self) -> bool:
        return True


def test_a_body_within_its_limit_passes():
    body = LimitedBody(Pieces(b"ab", b"cd"), 4)
    assert asyncio.run(body.read()) == b"ab"
    assert asyncio.run(body.read()) == b"cd"
    assert asyncio.run(body.read()) == b""
    assert body.taken == 4
    assert body.trailers() == Headers([(b"a", b"b")])
    assert asyncio.run(body.drain())


def test_a_body_beyond_its_limit_is_a_fault():
    body = LimitedBody(Pieces(b"ab", b"cd"), 3)
    asyncio.run(body.read())
    with pytest.raises(Fault) as caught:
        asyncio.run(body.read())
    assert caught.value.kind is Kind.BODY_TOO_LARGE


def test_what_is_ready_counts_too():
    assert LimitedBody(Pieces(b"ab"), 1).read_ready() is None
    with pytest.raises(Fault):
        LimitedBody(BytesBody(b"ab"), 1).read_ready()


def read(ahead: ReadAhead, body: object) -> tuple[bytes, bytes]:
    async def main() -> tuple[bytes, bytes]:
        prefix, rest = await ahead.read(body)
        whole = b""
        while piece := await rest.read():
            whole += piece
        return prefix, whole

    return asyncio.run(main())


def test_the_start_is_read_and_the_body_is_still_whole():
    counters = BufferCounters()
    ahead = ReadAhead(3, 0, counters)
    assert read(ahead, Pieces(b"ab", b"cd", b"ef")) == (b"abc", b"abcdef")
    assert counters.bytes == 3
    ahead.release(b"abc")
    assert counters.bytes == 0


def test_all_buffers_together_have_a_limit():
    counters = BufferCounters()
    ahead = ReadAhead(10, 3, counters)
    assert read(ahead, Pieces(b"ab")) == (b"ab", b"ab")
    assert read(ahead, Pieces(b"cd")) == (b"c", b"cd")
    assert read(ahead, Pieces(b"ef")) == (b"", b"ef")
    assert counters.refused == 1
    ahead.release(b"ab")
    assert read(ahead, Pieces(b"gh")) == (b"gh", b"gh")


def test_a_body_that_breaks_off_keeps_no_buffer():
    counters = BufferCounters()
    with pytest.raises(Fault):
        read(ReadAhead(10, 0, counters), Pieces(b"ab", Fault(Kind.BAD_BODY)))
    assert counters.bytes == 0
