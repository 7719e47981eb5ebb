"""Messages in the form that BFE gives them, where the standard leaves the choice."""

from bfe_py.model import Headers, ResponseHead
from bfe_py.protocol.framing import reason_phrase

_NOT_IN_304 = frozenset({b"content-length", b"content-type"})


def bare_refusal(status: int) -> bytes:
    """The answer to a request that could not be read: a status line, and no field at all.

    Its body is empty and ends with the connection (RFC 9112 section 6.3).
    """
    return b"HTTP/1.1 %d %b\r\n\r\n" % (status, reason_phrase(status, compatible=True))


def repeat_pragma(headers: Headers) -> None:
    """Say ``Pragma: no-cache`` again as Cache-Control, unless `headers` have one."""
    if headers.get(b"pragma") == b"no-cache" and b"cache-control" not in headers:
        headers.add(b"Cache-Control", b"no-cache")


def finish_response(head: ResponseHead) -> None:
    """Give a final response BFE's reason phrase; of a 304 take type and length."""
    head.reason = reason_phrase(head.status, compatible=True)
    if head.status == 304:
        head.headers.remove_all(_NOT_IN_304)
