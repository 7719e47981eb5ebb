"""Readers of bodies: counted, chunked, or up to the end of the connection (RFC 9112 section 6.3).

Bytes that are counted, or that the end of the connection delimits, pass through as they came.
Chunks are decoded by h11 behind a guard of our own, which refuses what h11 is lenient about.
"""

from typing import Protocol

import h11

from bfe_py.model import Fault, Headers, Kind
from bfe_py.protocol.codec import Limits
from bfe_py.protocol.framing import FORBIDDEN_IN_TRAILERS
from bfe_py.protocol.h1.chunks import ChunkGuard

_NO_BOUND = 1 << 30  # the guard measures the lines

# h11 reads chunks as the body of some message; which one does not matter.
_CARRIER = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


class BodyReader(Protocol):
    """One body on its way in."""

    has_ended: bool
    """Every byte of the body was fed."""
    rest: bytes
    """What was fed behind the end."""
    trailers: Headers | None
    fault: Fault | None
    """Why the body can never end."""
    ends_with_connection: bool

    def feed(self, piece: bytes) -> bytes:
        """Content that follows from `piece`, maybe none."""


class CountedBody:
    """A body of `length` bytes, more than none."""

    __slots__ = ("_left", "ends_with_connection", "fault", "has_ended", "rest", "trailers")

    def __init__(self, length: int) -> None:
        self.has_ended = False
        self.rest = b""
        self.trailers: Headers | None = None
        self.fault: Fault | None = None
        self.ends_with_connection = False
        self._left = length

    def feed(self, piece: bytes) -> bytes:
        """The content of `piece`: all of it up to the end of the body."""
        left = self._left
        self._left = left - len(piece)
        if self._left > 0:
            return piece
        self.has_ended = True
        self.rest = piece[left:]
        return piece[:left]


class UnboundedBody:
    """A body that ends with the connection."""

    __slots__ = ("ends_with_connection", "fault", "has_ended", "rest", "trailers")

    def __init__(self) -> None:
        self.has_ended = False
        self.rest = b""
        self.trailers: Headers | None = None
        self.fault: Fault | None = None
        self.ends_with_connection = True

    def feed(self, piece: bytes) -> bytes:
        """All of `piece`."""
        return piece


class ChunkedBody:
    """A body in chunks.

    Extensions are dropped (RFC 9112 section 7.1.1), and so are trailer lines that may not stand in
    a trailer section, or whose name has an underscore unless `forwards_underscores`.
    """

    __slots__ = (
        "_decoder",
        "_forwards_underscores",
        "_guard",
        "ends_with_connection",
        "fault",
        "has_ended",
        "rest",
        "trailers",
    )

    def __init__(self, limits: Limits, *, forwards_underscores: bool) -> None:
        self.has_ended = False
        self.rest = b""
        self.trailers: Headers | None = None
        self.fault: Fault | None = None
        self.ends_with_connection = False
        self._forwards_underscores = forwards_underscores
        self._guard = ChunkGuard(limits)
        self._decoder = h11.Connection(h11.SERVER, max_incomplete_event_size=_NO_BOUND)
        self._decoder.receive_data(_CARRIER)
        self._decoder.next_event()

    def feed(self, piece: bytes) -> bytes:
        """The content of `piece` up to the end of the body or the first offence."""
        guard = self._guard
        used = guard.advance(piece)
        content = self._decode(piece[:used]) if used else b""
        if guard.word:
            self.fault = Fault(Kind.BAD_BODY, guard.word)
        self.rest = piece[used:]
        return content

    def _decode(self, sound: bytes) -> bytes:
        self._decoder.receive_data(sound)
        pieces = []
        try:
            event = self._decoder.next_event()
            while isinstance(event, h11.Data):
                pieces.append(event.data)
                event = self._decoder.next_event()
        except h11.RemoteProtocolError:
            # Only the names and values of trailers are left for h11 to refuse.
            self.fault = Fault(Kind.BAD_BODY, "trailer-malformed")
            return b"".join(pieces)
        if isinstance(event, h11.EndOfMessage):
            self.has_ended = True
            self.trailers = self._sift(event.headers.raw_items())
        return b"".join(pieces)

    def _sift(self, fields: list[tuple[bytes, bytes]]) -> Headers | None:
        lines = []
        for name, value in fields:
            lower = name.lower()
            if lower in FORBIDDEN_IN_TRAILERS:
                continue
            if b"_" in name and not self._forwards_underscores:
                continue
            lines.append((lower, name, value))
        return Headers.from_lines(lines) if lines else None
