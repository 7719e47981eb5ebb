"""Messages as they stand on the wire, read by a reader of the tests' own: strict and slow.

What a proxy sends has to be sound for every recipient, so nothing of the proxy's is used to read
it: whatever RFC 9112 does not allow is `Unsound`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):(?: (.*))?")
_VALUE = re.compile(r"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
_REQUEST_LINE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e]+ HTTP/1\.1")
_STATUS_LINE = re.compile(r"HTTP/1\.[01] [1-9][0-9]{2} [\t\x20-\x7e\x80-\xff]*")


class Unsound(Exception):
    """The bytes are no message of HTTP/1.1."""


@dataclass(frozen=True)
class Message:
    """A message; `fields` are its lines as ``Name: value``, sorted by name, equal names in order."""

    start: str
    fields: tuple[str, ...] = ()
    body: bytes = b""
    trailers: tuple[str, ...] = ()
    is_whole: bool = True

    @property
    def status(self) -> int:
        return int(self.start.split(" ")[1])

    def values(self, name: str) -> list[str]:
        """Values of every line of `name`, given in lower case."""
        return [_split(line)[1] for line in self.fields if _split(line)[0].lower() == name]

    def without(self, name: str) -> "Message":
        """The same without the lines of `name`, given in lower case."""
        kept = tuple([line for line in self.fields if _split(line)[0].lower() != name])
        return replace(self, fields=kept)


def message(
    start: str,
    *fields: str,
    body: bytes = b"",
    trailers: Sequence[str] = (),
    is_whole: bool = True,
) -> Message:
    """A message to compare with one that was read; `fields` in any order."""
    return Message(start, _sorted(fields), body, _sorted(trailers), is_whole)


def read_request(seen: bytes) -> tuple[Message, int] | None:
    """The request at the start of `seen` and its size; None while its head is not there.

    A request whose body is not all there is not whole, its size all of `seen`.
    """
    head = _read_head(seen, _REQUEST_LINE)
    if head is None:
        return None
    found, size = head
    if len(found.values("host")) != 1:
        raise Unsound("not one Host", found)
    if not found.values("transfer-encoding") and not found.values("content-length"):
        return found, size
    return _read_body(found, seen, size, has_eof=False)


def read_responses(seen: bytes, methods: Sequence[str], *, has_eof: bool) -> list[Message]:
    """All responses of `seen`, interim ones too, to requests of `methods`; the last may be cut off.

    Every final response has a Date, which is left out.
    """
    found, rest, asked = [], seen, list(methods)
    while rest:
        head = _read_head(rest, _STATUS_LINE)
        if head is None:
            if has_eof:
                raise Unsound("half a head", rest)
            break
        one, size = head
        if one.status < 200:
            found.append(one)
            rest = rest[size:]
            continue
        if len(one.values("date")) != 1:
            raise Unsound("not one Date", one)
        one = one.without("date")
        method = asked.pop(0) if asked else "GET"
        if method != "HEAD" and one.status not in (204, 304):
            one, size = _read_body(one, rest, size, has_eof=has_eof)
        found.append(one)
        rest = rest[size:]
    return found


def _read_head(seen: bytes, start_line: re.Pattern[str]) -> tuple[Message, int] | None:
    end = seen.find(b"\r\n\r\n")
    if end < 0:
        return None
    start, *lines = seen[:end].decode("latin-1").split("\r\n")
    if start_line.fullmatch(start) is None:
        raise Unsound("start line", start)
    return Message(start, _sorted([_sound(line) for line in lines])), end + 4


def _read_body(head: Message, seen: bytes, size: int, *, has_eof: bool) -> tuple[Message, int]:
    codings, lengths = head.values("transfer-encoding"), head.values("content-length")
    if codings:
        if codings != ["chunked"] or lengths or head.start.startswith("HTTP/1.0"):
            raise Unsound("framing", head)
        return _read_chunks(head, seen, size)
    if lengths:
        if len(lengths) != 1 or not re.fullmatch("[0-9]+", lengths[0]):
            raise Unsound("length", head)
        stop = size + int(lengths[0])
        return replace(head, body=seen[size:stop], is_whole=len(seen) >= stop), min(stop, len(seen))
    return replace(head, body=seen[size:], is_whole=has_eof), len(seen)


def _read_chunks(head: Message, seen: bytes, offset: int) -> tuple[Message, int]:
    content = b""
    while True:
        line, end, _ = seen[offset:].partition(b"\r\n")
        if not end:
            return replace(head, body=content, is_whole=False), len(seen)
        if not re.fullmatch(rb"[0-9a-fA-F]{1,16}", line):
            raise Unsound("chunk size", line)
        offset += len(line) + 2
        size = int(line, 16)
        if size == 0:
            return _read_trailers(replace(head, body=content), seen, offset)
        content += seen[offset : offset + size]
        tail = seen[offset + size : offset + size + 2]
        if not b"\r\n".startswith(tail):
            raise Unsound("chunk end", tail)
        offset += size + 2


def _read_trailers(head: Message, seen: bytes, offset: int) -> tuple[Message, int]:
    if seen.startswith(b"\r\n", offset):
        return head, offset + 2
    end = seen.find(b"\r\n\r\n", offset)
    if end < 0:
        return replace(head, is_whole=False), len(seen)
    lines = seen[offset:end].decode("latin-1").split("\r\n")
    return replace(head, trailers=_sorted([_sound(line) for line in lines])), end + 4


def _sound(line: str) -> str:
    match = _FIELD.fullmatch(line)
    if match is None or _VALUE.fullmatch(match.group(2) or "") is None:
        raise Unsound("field", line)
    return f"{match.group(1)}: {match.group(2) or ''}"


def _split(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value


def _sorted(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(lines, key=lambda line: _split(line)[0].lower()))
