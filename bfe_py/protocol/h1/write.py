"""Heads on their way out: what frames their bodies, and what becomes of the connection."""

from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.protocol.framing import connection_options, reason_phrase
from bfe_py.protocol.h1.send import Delimiter, build_head

_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
_FRAMING = _LENGTHS | {b"connection"}
_BUT_LENGTH = _FRAMING - {b"content-length"}
_CLOSE = b"Connection: close"
_KEEP = b"Connection: keep-alive"
_CHUNKED = b"Transfer-Encoding: chunked"

_STATUS_LINES = {
    status: b"HTTP/1.1 %d %b" % (status, reason_phrase(status)) for status in range(100, 600)
}

Framed = tuple[Delimiter, int, list[bytes]]
"""How a body is delimited, its length in bytes where it is counted, and the fields that say so."""


def build_interim(head: ResponseHead) -> bytes:
    """The head of a 1xx response; the fields that frame a body are left out."""
    return build_head(_status_line(head, b"1.1"), head.headers, _LENGTHS, [])


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
    else:
        framing += _given_options(head.headers)
    # RFC 9110 8.6: no Content-Length in 204; in the answer to HEAD and in 304 it is about the
    # representation, not about this message
    has_none = method == b"HEAD" or head.status == 304
    left_out = _BUT_LENGTH if has_none else _FRAMING
    return build_head(_status_line(head, version), head.headers, left_out, framing)


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
        AssertionError: method or target would break the request line.
    """
    start_line = b"%b %b HTTP/1.1" % (head.method, head.target)
    if not head.method or not head.target or start_line.count(b" ") != 2:
        raise AssertionError("method or target are no words")
    if b"host" not in head.headers:
        framing.append(b"Host:")
    if is_kept:
        framing += _given_options(head.headers)
    else:
        framing.append(_CLOSE)
    return build_head(start_line, head.headers, _FRAMING, framing)


def says_close(headers: Headers) -> bool:
    """Whether a head that is about to be sent gives up the connection by itself."""
    return b"close" in connection_options(headers)


def _given_options(headers: Headers) -> list[bytes]:
    return [b"Connection: " + value for value in headers.get_all(b"connection")]


def _status_line(head: ResponseHead, version: bytes) -> bytes:
    if not head.reason and version == b"1.1":
        line = _STATUS_LINES.get(head.status)
        if line is not None:
            return line
    reason = head.reason or reason_phrase(head.status)
    return b"HTTP/%b %d %b" % (version, head.status, reason)
