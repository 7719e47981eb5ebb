"""Readers of bodies: counted, chunked, or up to the end of the connection (RFC 9112 section 6.3).

Bytes that are counted, or that the end of the connection delimits, pass through as they came.
Chunks are read strictly; names and values of trailers are for h11 to judge.
"""

from typing import Protocol

import h11

from bfe_py.model import Fault, Headers, Kind, field_line
from bfe_py.protocol.codec import Limits
from bfe_py.protocol.framing import is_forbidden_in_trailers
from bfe_py.protocol.h1.chunks import ChunkReader

_NO_BOUND = 1 << 30  # the lines were measured

# h11 reads trailers at the end of some message; which one does not matter.
_CARRIER = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"


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
        "_forwards_underscores",
        "_reader",
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
        self._reader = ChunkReader(limits)

    def feed(self, piece: bytes) -> bytes:
        """The content of `piece` up to the end of the body or the first offence."""
        reader = self._reader
        used = reader.advance(piece)
        content, reader.content = reader.content, []
        if reader.word:
            self.fault = Fault(Kind.BAD_BODY, reader.word)
        self.rest = piece[used:]
        if reader.has_ended:
            self._end(bytes(reader.trailers))
        return content[0] if len(content) == 1 else b"".join(content)

    def _end(self, lines: bytes) -> None:
        if lines:
            try:
                self.trailers = self._sift(_read_trailers(lines))
            except h11.RemoteProtocolError:
                self.fault = Fault(Kind.BAD_BODY, "trailer-malformed")
                return
        self.has_ended = True

    def _sift(self, fields: list[tuple[bytes, bytes]]) -> Headers | None:
        lines = []
        for name, value in fields:
            lower = name.lower()
            if is_forbidden_in_trailers(lower):
                continue
            if b"_" in name and not self._forwards_underscores:
                continue
            lines.append(field_line(name, value))
        return Headers.from_lines(lines) if lines else None


def _read_trailers(lines: bytes) -> list[tuple[bytes, bytes]]:
    """Fields of a trailer section, as h11 reads them."""
    decoder = h11.Connection(h11.SERVER, max_incomplete_event_size=_NO_BOUND)
    decoder.receive_data(_CARRIER + lines + b"\r\n")
    decoder.next_event()
    end = decoder.next_event()
    assert isinstance(end, h11.EndOfMessage)
    return end.headers.raw_items()
