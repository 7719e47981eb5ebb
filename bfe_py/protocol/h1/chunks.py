"""Chunked bodies: content, and the lines between its pieces (RFC 9112 section 7.1).

What is let pass has CRLF only, sizes of at most 16 digits, extensions and trailers within their
limits. Extensions are dropped; what trailers say is for others to judge.
"""

import re
from collections.abc import Callable

from bfe_py.protocol.codec import Limits
from bfe_py.protocol.h1.scan import find_bad_byte

_DIGITS = b"0123456789abcdefABCDEF"
_MOST_DIGITS = 16
_PLAIN_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})\r\n")
_NOT_IN_EXTENSION = re.compile(rb"[^\t\x20-\x7e\x80-\xff]")


class ChunkReader:
    """Reads one chunked body.

    `content` takes the pieces of what the chunks hold. `word` names the offence once there is one;
    `has_ended` says that the empty line behind the trailers was seen, whose lines are `trailers`.
    """

    __slots__ = (
        "_extensions",
        "_judge",
        "_judged",
        "_left",
        "_limits",
        "_line",
        "_trailer_fields",
        "content",
        "has_ended",
        "trailers",
        "word",
    )

    def __init__(self, limits: Limits) -> None:
        self.has_ended = False
        self.word = ""
        self._limits = limits
        self._line = bytearray()  # of the line at hand, what came of it
        self._judge: Callable[[bytearray], str] = self._judge_size
        self._judged = 0
        self._left = 0
        self._extensions = 0
        self._trailer_fields = 0
        self.content: list[bytes] = []
        self.trailers = bytearray()

    def advance(self, piece: bytes) -> int:
        """How many bytes of `piece` belong to the body; not all once it ended or went wrong."""
        offset, size = 0, len(piece)
        while offset < size and not self.has_ended:
            if self._left:
                data = piece[offset : offset + self._left]
                self.content.append(data)
                self._left -= len(data)
                offset += len(data)
                continue
            if self._judge == self._judge_size and not self._line:
                match = _PLAIN_SIZE.match(piece, offset)
                if match is not None:
                    offset = match.end()
                    self._begin_chunk(int(match.group(1), 16))
                    continue
            newline = piece.find(b"\n", offset)
            stop = newline + 1 or size
            self._line += piece[offset:stop]
            self.word = self._judge(self._line)
            if self.word:
                return offset
            offset = stop
            if newline >= 0:
                self._line.clear()
        return offset

    def _judge_size(self, line: bytearray) -> str:
        digits = len(line) - len(line.lstrip(_DIGITS))
        if not 0 < digits <= _MOST_DIGITS:
            return "chunk-size"
        extension = 0
        if line[digits : digits + 1] == b";":
            bad = _NOT_IN_EXTENSION.search(line, digits)
            extension = (len(line) if bad is None else bad.start()) - digits
        if self._extensions + extension > self._limits.chunk_extensions:
            return "chunk-extensions"
        tail = bytes(line[digits + extension :])
        if not b"\r\n".startswith(tail):
            return _TAIL_WORDS.get(tail[:1], "chunk-size")
        if tail == b"\r\n":
            self._extensions += extension
            self._begin_chunk(int(line[:digits], 16))
        return ""

    def _begin_chunk(self, size: int) -> None:
        self._left = size
        self._judge = self._judge_end if size else self._judge_trailer

    def _judge_end(self, line: bytearray) -> str:
        if not b"\r\n".startswith(line):
            return "chunk-end"
        if line == b"\r\n":
            self._judge = self._judge_size
        return ""

    def _judge_trailer(self, line: bytearray) -> str:
        if line[0] in b" \t":
            return "obs-fold"
        bad = find_bad_byte(line, max(0, self._judged - 1), len(line))
        room = self._limits.trailer - len(self.trailers)
        if bad is not None and bad[0] <= room:
            return bad[1]
        is_whole = line.endswith(b"\n")
        # Without its LF a line is measured one byte late, so that a bare CR is seen first.
        if len(line) > (room if is_whole else room + 1):
            return "trailer-too-large"
        self._judged = len(line)
        if is_whole:
            self._judged = 0
            self.has_ended = line == b"\r\n"
            if self.has_ended:
                return ""
            self.trailers += line
            self._trailer_fields += 1
            if self._trailer_fields > self._limits.trailer_fields:
                return "too-many-trailers"
        return ""


_TAIL_WORDS = {b"\n": "bare-lf", b"\r": "bare-cr"}
