"""Responses that are taken by fields that an earlier one had."""

import pytest

from bfe_py.protocol.h1.responses import ResponseOpener
from tests.kit.heads import response_opener as opener
from tests.kit.messages import ok

KNOWN = ok(b"Connection: Keep-Alive", b"Keep-Alive: 5", b"A: b", b"Content-Length: 2")


def knowing(method: bytes = b"GET", head: bytes = KNOWN, content: bytes = b"hi") -> ResponseOpener:
    """One that has taken `head` with `content` before."""
    made = opener()
    assert made.take(head + content) is not None
    made.restart(method, offers_switch=False)
    return made


def known(start: bytes) -> bytes:
    return start + KNOWN[KNOWN.find(b"\r\n") :]


@pytest.mark.parametrize(
    ("method", "piece", "content", "keeps"),
    [
        (b"GET", KNOWN + b"hi", b"hi", True),
        (b"GET", known(b"HTTP/1.1 404 Gone fishing") + b"ho", b"ho", True),
        (b"GET", known(b"HTTP/1.1 204 x"), b"", True),
        (b"GET", known(b"HTTP/1.1 304 x"), b"", True),
        (b"HEAD", KNOWN, b"", True),
        (b"GET", known(b"HTTP/1.0 200 OK") + b"hi", b"hi", True),
        (b"CONNECT", KNOWN + b"hi", b"hi", False),
        (b"CONNECT", known(b"HTTP/1.1 403 x") + b"hi", b"hi", True),
    ],
)
def test_a_response_with_fields_that_are_known_is_taken_as_any_other(method, piece, content, keeps):
    for made in (knowing(method), opener(method)):
        for _ in range(2):
            taken = made.take(piece)
            assert taken is not None
            head, body = taken
            kept = [(b"A", b"b"), (b"Content-Length", b"2")]
            assert (list(head.headers), body, head.options) == (kept, content, frozenset())
            assert (made.keeps_connection, made.has_answered) == (keeps, True)
    assert knowing(method).take(piece) == opener(method).take(piece)


@pytest.mark.parametrize(
    ("method", "piece"),
    [
        (b"GET", b""),
        (b"GET", b"hi"),
        (b"GET", KNOWN),
        (b"GET", KNOWN + b"h"),
        (b"GET", KNOWN + b"hi!"),
        (b"GET", KNOWN + b"hi" + KNOWN + b"hi"),
        (b"GET", KNOWN[:-1]),
        (b"GET", KNOWN[KNOWN.find(b"\r\n") :] + b"hi"),
        (b"GET", KNOWN[2 + KNOWN.find(b"\r\n") :] + b"hi"),
        (b"GET", b"\r\n" + KNOWN + b"hi"),
        (b"GET", KNOWN.replace(b"\r\n", b"\n", 1) + b"hi"),
        (b"GET", KNOWN.replace(b"\r\n", b"\r\n\r\n", 1) + b"hi"),
        (b"GET", known(b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked") + b"hi"),
        (b"GET", known(b"HTTP/1.1 103 x") + b"hi"),
        (b"GET", known(b"HTTP/1.1 101 x") + b"hi"),
        (b"GET", known(b"HTTP/1.2 200 x") + b"hi"),
        (b"GET", known(b"HTTP/1.1 204 x") + b"hi"),
        (b"GET", known(b"HTTP/1.1 304 x") + b"hi"),
        (b"HEAD", KNOWN + b"hi"),
        (b"GET", ok(b"Transfer-Encoding: chunked") + b"2\r\nhi\r\n0\r\n\r\n"),
    ],
)
def test_beside_fields_that_are_known_there_is_nothing_but_their_body(method, piece):
    made = knowing(method)
    assert made.take(piece) is None
    assert made.keeps_connection
    made.restart(b"GET", offers_switch=False)
    assert made.take(KNOWN + b"hi") is not None


@pytest.mark.parametrize(
    ("lines", "content", "keeps"),
    [
        ((b"Content-Length: 0",), b"", True),
        ((b"Content-Length: 2", b"Connection: close"), b"hi", False),
        ((b"Content-Length: 2", b"Connection: X"), b"hi", True),
    ],
)
def test_fields_that_are_known_mean_what_they_meant(lines, content, keeps):
    piece = ok(*lines) + content
    made = knowing(head=ok(*lines), content=content)
    made.keeps_connection = not keeps
    assert made.take(piece) == opener().take(piece)
    assert made.keeps_connection is keeps


def test_fields_without_a_length_or_in_chunks_are_of_a_body_that_is_not_taken():
    for lines, body in ((b"A: b", b""), (b"Transfer-Encoding: chunked", b"0\r\n\r\n")):
        made = opener()
        for _ in range(2):
            assert made.read(ok(lines)) is not None
            assert made.take(ok(lines) + body) is None


def test_headers_of_known_fields_change_apart():
    made = knowing()
    first, second = made.take(KNOWN + b"hi"), made.take(KNOWN + b"hi")
    assert first is not None
    assert second is not None
    first[0].headers.set(b"A", b"c")
    first[0].headers.add(b"New", b"1")
    assert list(second[0].headers) == [(b"A", b"b"), (b"Content-Length", b"2")]
