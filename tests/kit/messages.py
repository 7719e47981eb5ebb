"""Messages of HTTP/1.1 as bytes, for tests."""

NEXT = b"GET /next HTTP/1.1\r\nHost: a.t\r\n\r\n"
"""A request, to stand behind another message."""


def get(*lines: bytes, start: bytes = b"GET / HTTP/1.1") -> bytes:
    """A request with a Host and `lines`."""
    return start + b"\r\nHost: a.t\r\n" + b"".join([line + b"\r\n" for line in lines]) + b"\r\n"


def post(*lines: bytes, body: bytes = b"") -> bytes:
    """The same for POST, with what follows the head."""
    return get(*lines, start=b"POST /p HTTP/1.1") + body


def chunked(body: bytes) -> bytes:
    """A POST that announces chunks, with what follows the head."""
    return post(b"Transfer-Encoding: chunked", body=body)


def line(start: bytes) -> bytes:
    """A request with that request line and a Host."""
    return start + b"\r\nHost: a.t\r\n\r\n"


def ok(*lines: bytes, start: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """A response with `lines`."""
    return start + b"\r\n" + b"".join([line + b"\r\n" for line in lines]) + b"\r\n"
