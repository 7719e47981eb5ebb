"""Heads on their way out: what frames their bodies, and what becomes of the connection.

The Connection field is written from a head's `options`, never copied.
"""

import re

from bfe_py.model import RequestHead, ResponseHead
from bfe_py.protocol.framing import reason_phrase
from bfe_py.protocol.h1.send import Delimiter, build_head

_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
_FRAMING = _LENGTHS | {b"connection"}
_BUT_LENGTH = _FRAMING - {b"content-length"}
_CLOSE = b"Connection: close"
_KEEP = b"Connection: keep-alive"
_UPGRADE = b"Connection: Upgrade"
_OPTIONS = {b"te": b"TE", b"upgrade": b"Upgrade"}
_CHUNKED = b"Transfer-Encoding: chunked"

_STATUS_LINES = {
    status: b"HTTP/1.1 %d %b" % (status, reason_phrase(status)) for status in range(100, 600)
}

_BREAK = re.compile(rb"[\r\n\x00]")
_REQUEST = re.compile(
    rb"[\x21-\x7e\x80-\xff]+ [\x21-\x7e\x80-\xff]+ HTTP/1.1(?:\r\nHost: [\x21-\x7e\x80-\xff]*)?"
)

_HOSTS: set[bytes] = set()
"""Authorities that were found to be words."""
_MOST_HOSTS = 4096

Framed = tuple[Delimiter, int, list[bytes]]
"""How a body is delimited, its length in bytes where it is counted, and the fields that say so."""


def build_interim(head: ResponseHead) -> bytes:
    """The head of a 1xx response; the fields that frame a body are left out."""
    framing = [_UPGRADE] if head.status == 101 else []
    return build_head(_status_line(head, b"1.1"), head.headers, _FRAMING, framing)


def frame_response(head: ResponseHead, method: bytes, version: bytes, *, is_empty: bool) -> Framed:
    """Framing of the answer to a request of `method` from a client that speaks `version`.

    RFC 9112 section 6.3, RFC 9110 section 8.6. The answer to HEAD gets the length that it would
    have had to GET, if that is known.

    Args:
        is_empty: no body follows, so an unknown length is 0.
    """
    length = 0 if is_empty and head.body_length is None else head.body_length
    if head.status in (204, 304):
        return Delimiter.NOTHING, 0, []
    if method == b"HEAD":
        if not length or b"content-length" in head.headers:
            return Delimiter.NOTHING, 0, []
        return Delimiter.NOTHING, 0, [b"Content-Length: %d" % length]
    if length is not None:
        return Delimiter.LENGTH, length, [b"Content-Length: %d" % length]
    if version == b"1.1":
        return Delimiter.CHUNKS, 0, [_CHUNKED]
    return Delimiter.CLOSE, 0, []


def build_response(
    head: ResponseHead, method: bytes, version: bytes, framing: list[bytes], *, is_kept: bool
) -> bytes:
    """A final response with the fields `framing`; says ``close`` unless the connection lives on."""
    if version == b"1.0":
        # To a client of 1.0 silence says close.
        framing += [_KEEP] if is_kept else []
    elif not is_kept:
        framing.append(_CLOSE)
    # RFC 9110 8.6: no Content-Length in 204; in the answer to HEAD and in 304 it is about the
    # representation, not about this message
    has_none = head.status == 304 or method == b"HEAD"
    left_out = _BUT_LENGTH if has_none else _FRAMING
    return build_head(_status_line(head, version), head.headers, left_out, framing)


def whole_response(head: ResponseHead, content: bytes) -> bytes:
    """A final response to a client of 1.1 that keeps its connection, with its body."""
    start = None if head.reason else _STATUS_LINES.get(head.status)
    if start is None:
        start = _status_line(head, b"1.1")
    fields = head.headers.wire(_FRAMING)
    return b"%b\r\n%bContent-Length: %d\r\n\r\n%b" % (start, fields, len(content), content)


def whole_request(
    head: RequestHead, target: bytes, authority: bytes, left_out: frozenset[bytes]
) -> bytes:
    """A request without a body to a connection that is kept, `left_out` holds what frames bodies.

    Raises:
        AssertionError: method, target or authority would break the head.
    """
    if target is not head.target or not head.is_plain or authority not in _HOSTS:
        check_request_line(b"%b %b HTTP/1.1\r\nHost: %b" % (head.method, target, authority))
        if len(_HOSTS) >= _MOST_HOSTS:
            _HOSTS.clear()
        _HOSTS.add(authority)
    fields = head.headers.wire(left_out)
    return b"%b %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (head.method, target, authority, fields)


def frame_request(head: RequestHead, *, is_empty: bool) -> Framed:
    """Framing of a request (RFC 9112 section 6.3); a length of 0 is said only if the client did."""
    length = 0 if is_empty and head.body_length is None else head.body_length
    if length is None:
        return Delimiter.CHUNKS, 0, [_CHUNKED]
    is_said = length > 0 or (
        head.method not in (b"GET", b"HEAD") and b"content-length" in head.headers
    )
    return Delimiter.LENGTH, length, [b"Content-Length: %d" % length] if is_said else []


def build_request(head: RequestHead, framing: list[bytes], *, is_kept: bool) -> bytes:
    """A request with the fields `framing`; without a Host it gets an empty one.

    RFC 9112 section 3.2: a request with no authority still needs the field.

    Raises:
        AssertionError: method, target or authority would break the head.
    """
    if head.authority is None and b"host" not in head.headers:
        framing.append(b"Host:")
    if not is_kept:
        framing.append(_CLOSE)
    elif head.options:
        framing.append(b"Connection: " + b", ".join(map(_written, sorted(head.options))))
    return build_head(_request_line(head), head.headers, _left_out(head), framing)


def _written(option: bytes) -> bytes:
    return _OPTIONS.get(option, option)


def _left_out(head: RequestHead) -> frozenset[bytes]:
    names = head.left_out
    return names if names >= _FRAMING else names | _FRAMING


def _request_line(head: RequestHead) -> bytes:
    """The request line, and behind it the Host that the authority is."""
    authority = head.authority
    if authority is None:
        line = b"%b %b HTTP/1.1" % (head.method, head.target)
    else:
        line = b"%b %b HTTP/1.1\r\nHost: %b" % (head.method, head.target, authority)
    check_request_line(line)
    return line


def check_request_line(line: bytes) -> None:
    """Raises AssertionError if `line` is none, or the Host behind it is no word."""
    if _REQUEST.fullmatch(line) is None:
        raise AssertionError("method, target or authority are no words")


def _status_line(head: ResponseHead, version: bytes) -> bytes:
    if not head.reason and version == b"1.1":
        line = _STATUS_LINES.get(head.status)
        if line is not None:
            return line
    reason = head.reason or reason_phrase(head.status)
    if _BREAK.search(reason) is not None:
        raise AssertionError("a reason holds a line break or a NUL")
    return b"HTTP/%b %d %b" % (version, head.status, reason)
