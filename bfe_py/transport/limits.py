"""Bounds of bodies: how long one may be, and how much of all of them is kept for rules."""

from bfe_py.model import Body, Fault, Headers, Kind
from bfe_py.observe import Counters, counter, gauge
from bfe_py.transport.body import read_prefix


class LimitedBody:
    """A body of unknown length that must not be longer than `limit` bytes."""

    __slots__ = ("_body", "_left")

    def __init__(self, body: Body, limit: int) -> None:
        self._body = body
        self._left = limit

    def read_ready(self) -> bytes | None:
        """The next piece, if it is there and within the limit."""
        return self._count(self._body.read_ready())

    async def read(self) -> bytes:
        """The next piece; raises Fault beyond the limit."""
        piece = await self._body.read()
        self._count(piece)
        return piece

    def _count(self, piece: bytes | None) -> bytes | None:
        if piece:
            self._left -= len(piece)
            if self._left < 0:
                raise Fault(Kind.BODY_TOO_LARGE, "body-too-large")
        return piece

    def trailers(self) -> Headers | None:
        """Those of the body."""
        return self._body.trailers()

    async def drain(self) -> bool:
        """Drop what is left."""
        return await self._body.drain()

    @property
    def taken(self) -> int:
        """Bytes that were read so far."""
        return self._body.taken


class BufferCounters(Counters, prefix="bfe_body_buffer"):
    """Bodies that are read ahead because rules look at them."""

    bytes: int = gauge("Bytes of bodies kept for rules.", bfe="server_stat.total_bytes_body_buffer")
    refused: int = counter("Bodies that rules did not get to see because the buffers were full.")


class ReadAhead:
    """Reads the start of bodies for rules: `each` bytes of one, `total` of all (0: no limit)."""

    __slots__ = ("_counters", "_each", "_total")

    def __init__(self, each: int, total: int, counters: BufferCounters) -> None:
        self._each = each
        self._total = total
        self._counters = counters

    async def read(self, body: Body) -> tuple[bytes, Body]:
        """Start of `body`, to be given back with `release`, and the body as if unread.

        With full buffers the start is empty: rules see a request without a body.

        Raises:
            Fault: the body is malformed, or its sender went away.
        """
        counters = self._counters
        limit = self._each
        if self._total:
            limit = min(limit, self._total - counters.bytes)
            if limit <= 0:
                counters.refused += 1
                return b"", body
        counters.bytes += limit
        prefix = b""
        try:
            prefix, body = await read_prefix(body, limit)
        finally:
            counters.bytes -= limit - len(prefix)
        return prefix, body

    def release(self, prefix: bytes) -> None:
        """The exchange of `prefix` is over."""
        self._counters.bytes -= len(prefix)
