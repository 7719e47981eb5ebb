"""A strict reader of HTTP/1.1 byte streams: what it takes, any two recipients read alike.

It shares nothing with the proxy: written from RFC 9112 and RFC 3986, it works on a whole recorded
stream, forgives nothing and repairs nothing.
"""

import re
from dataclasses import dataclass, field

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([^ \r\n]+) (HTTP/1\.1)")
_STATUS_LINE = re.compile(rb"(HTTP/1\.[01]) ([1-9][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)")
_FIELD = re.compile(
    rb"(" + _TOKEN + rb"):[ \t]*(|[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*)?)"
)
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,15}")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")


class Malformed(Exception):
    """The stream breaks RFC 9112 at `place`.

    `before` are the messages in front; `head` is what the offence stands in or behind, and `rest`
    what comes behind that.
    """

    def __init__(self, reason: str, stream: bytes, place: int) -> None:
        near = bytes(stream[max(0, place - 60) : place + 60])
        super().__init__(f"{reason} at byte {place}, near {near!r}")
        self.before: list[Message] = []
        self.head = self.rest = b""


class Unfinished(Exception):
    """The stream ends inside of a message that is well-formed so far."""


@dataclass
class Message:
    """A request or a response; `start` are the three words of its first line.

    `place` is where a request begins in its stream. `is_whole`: its end is in the stream, or the
    end of the stream is its end.
    """

    start: tuple[bytes, bytes, bytes]
    fields: list[tuple[bytes, bytes]]
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)
    place: int = 0
    is_whole: bool = True
    ends_with_connection: bool = False

    def values(self, name: bytes) -> list[bytes]:
        """Every value of `name` (lower case)."""
        return [value for one, value in self.fields if one.lower() == name]

    @property
    def status(self) -> int:
        """Status code of a response."""
        return int(self.start[1])

    @property
    def head(self) -> bytes:
        """Start line and field lines, with one blank behind each colon."""
        lines = [b" ".join(self.start), *[name + b": " + value for name, value in self.fields]]
        return b"".join([line + b"\r\n" for line in lines])

    def describe(self) -> str:
        """Method, target and content of a request, in one line."""
        method, target, _ = self.start
        return b" ".join([method, target, self.body]).decode("latin-1").rstrip(" ")


class _Cursor:
    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.place = 0

    @property
    def is_at_end(self) -> bool:
        return self.place >= len(self.stream)

    def fail(self, reason: str) -> Malformed:
        return Malformed(reason, self.stream, self.place)

    def line(self) -> bytes:
        """The next line without its CRLF, with neither CR, LF nor NUL in it."""
        end = self.stream.find(b"\n", self.place)
        if end < 0:
            _check_unfinished_line(self)
            raise Unfinished
        line = self.stream[self.place : end + 1]
        if not line.endswith(b"\r\n"):
            raise self.fail("bare LF")
        if b"\r" in line[:-2]:
            raise self.fail("bare CR")
        if b"\0" in line:
            raise self.fail("NUL")
        self.place = end + 1
        return line[:-2]

    def take(self, size: int) -> bytes:
        piece = self.stream[self.place : self.place + size]
        self.place += len(piece)
        return piece


def _check_unfinished_line(cursor: _Cursor) -> None:
    rest = cursor.stream[cursor.place :]
    if b"\r" in rest[:-1] or b"\0" in rest:
        raise cursor.fail("bare CR or NUL in a line without end")


def read_requests(stream: bytes) -> list[Message]:
    """Every request of a connection; the last one may be cut off.

    Raises:
        Malformed: what a recipient should refuse.
    """
    cursor = _Cursor(stream)
    requests: list[Message] = []
    while not cursor.is_at_end:
        start = cursor.place
        try:
            request = _read_head(cursor, _REQUEST_LINE)
            if request is None:
                requests.append(Message((b"", b"", b""), [], is_whole=False))
                break
            _check_framing(cursor, request)
            _read_body(cursor, request)
            request.place = start
        except Malformed as problem:
            head, empty_line, problem.rest = stream[start:].partition(b"\r\n\r\n")
            problem.head, problem.before = head + empty_line, requests
            raise
        requests.append(request)
    return requests


def read_responses(
    stream: bytes, methods: list[bytes], *, is_ended: bool = True
) -> tuple[list[Message], list[Message]]:
    """Final responses to requests of `methods`, and interim ones; `methods` may be too few.

    Args:
        is_ended: the connection was ended, so that a body may end with it.

    Raises:
        Malformed: what a recipient should refuse.
    """
    cursor = _Cursor(stream)
    finals: list[Message] = []
    interims: list[Message] = []
    while not cursor.is_at_end:
        response = _read_head(cursor, _STATUS_LINE)
        if response is None:
            finals.append(Message((b"", b"0", b""), [], is_whole=False))
            break
        _check_response(cursor, response)
        if response.status < 200:
            interims.append(response)
            continue
        method = methods[len(finals)] if len(finals) < len(methods) else b"GET"
        if method == b"HEAD" or response.status in (204, 304):
            pass
        elif response.values(b"content-length") or response.values(b"transfer-encoding"):
            _read_body(cursor, response)
        else:
            response.ends_with_connection = True
            response.body = cursor.take(len(stream))
            response.is_whole = is_ended
        finals.append(response)
    return finals, interims


def _read_head(cursor: _Cursor, first: "re.Pattern[bytes]") -> Message | None:
    try:
        line = cursor.line()
        match = first.fullmatch(line)
        if match is None:
            raise Malformed("no start line", cursor.stream, cursor.place - len(line) - 2)
        return Message((match[1], match[2], match[3]), _read_fields(cursor))
    except Unfinished:
        return None


def _read_fields(cursor: _Cursor) -> list[tuple[bytes, bytes]]:
    fields = []
    while line := cursor.line():
        match = _FIELD.fullmatch(line)
        if match is None:
            raise Malformed("no field line", cursor.stream, cursor.place - len(line) - 2)
        fields.append((match[1], match[2].rstrip(b" \t")))
    return fields


def _check_response(cursor: _Cursor, response: Message) -> None:
    _check_framing(cursor, response)
    is_bodiless = response.status < 200 or response.status == 204
    if is_bodiless and response.values(b"content-length"):
        raise cursor.fail("Content-Length where no body can be")
    is_chunked = bool(response.values(b"transfer-encoding"))
    if is_chunked and (is_bodiless or response.start[0] == b"HTTP/1.0"):
        raise cursor.fail("Transfer-Encoding where it cannot be")


def _check_framing(cursor: _Cursor, message: Message) -> None:
    lengths = message.values(b"content-length")
    codings = message.values(b"transfer-encoding")
    if len(lengths) + len(codings) > 1:
        raise cursor.fail(f"two framings {lengths!r} {codings!r}")
    if lengths and _LENGTH.fullmatch(lengths[0]) is None:
        raise cursor.fail(f"Content-Length {lengths[0]!r}")
    if codings and codings[0] != b"chunked":
        raise cursor.fail(f"Transfer-Encoding {codings[0]!r}")


def _read_body(cursor: _Cursor, message: Message) -> None:
    lengths = message.values(b"content-length")
    if message.values(b"transfer-encoding"):
        try:
            _read_chunks(cursor, message)
        except Unfinished:
            message.is_whole = False
            cursor.place = len(cursor.stream)
    elif lengths:
        message.body = cursor.take(int(lengths[0]))
        message.is_whole = len(message.body) == int(lengths[0])


def _read_chunks(cursor: _Cursor, message: Message) -> None:
    while True:
        line = cursor.line()
        if _CHUNK_SIZE.fullmatch(line) is None:
            raise cursor.fail(f"chunk size {line!r}")
        size = int(line, 16)
        if not size:
            break
        message.body += cursor.take(size)
        end = cursor.take(2)
        if not b"\r\n".startswith(end):
            raise cursor.fail("no CRLF behind a chunk")
        if len(end) < 2:
            raise Unfinished
    message.trailers = _read_fields(cursor)
