"""Heads on their way out."""

import pytest

from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.protocol.h1.send import Delimiter
from bfe_py.protocol.h1.write import (
    build_interim,
    build_request,
    build_response,
    frame_request,
    frame_response,
    says_close,
)

LENGTH_7 = Headers([(b"content-length", b"7")])


def response(
    status: int = 200, length: int | None = 7, headers: Headers | None = None
) -> ResponseHead:
    return ResponseHead(status, headers or Headers(), body_length=length)


# response, method, version, whether it is empty, framing
RESPONSES = [
    (response(), b"GET", b"1.1", False, (Delimiter.LENGTH, 7, [b"Content-Length: 7"])),
    (response(length=0), b"GET", b"1.0", True, (Delimiter.LENGTH, 0, [b"Content-Length: 0"])),
    (response(length=None), b"GET", b"1.1", True, (Delimiter.LENGTH, 0, [b"Content-Length: 0"])),
    (response(length=None), b"GET", b"1.1", False, (Delimiter.CHUNKS, 0, [b"Transfer-Encoding: chunked"])),
    (response(length=None), b"GET", b"1.0", False, (Delimiter.CLOSE, 0, [])),
    (response(204), b"GET", b"1.1", False, (Delimiter.NOTHING, 0, [])),
    (response(304), b"GET", b"1.1", False, (Delimiter.NOTHING, 0, [])),
    (response(), b"HEAD", b"1.1", False, (Delimiter.NOTHING, 0, [b"Content-Length: 7"])),
    (response(length=0), b"HEAD", b"1.1", True, (Delimiter.NOTHING, 0, [])),
    (response(headers=LENGTH_7), b"HEAD", b"1.1", True, (Delimiter.NOTHING, 0, [])),
]  # fmt: skip


@pytest.mark.parametrize(("head", "method", "version", "is_empty", "framed"), RESPONSES)
def test_the_body_of_a_response_is_delimited_by_what_was_asked(
    head, method, version, is_empty, framed
):
    assert frame_response(head, method, version, is_empty=is_empty) == framed


# request, whether it is empty, framing
REQUESTS = [
    (RequestHead(b"PUT", b"/", Headers(), body_length=7), False, (Delimiter.LENGTH, 7, [b"Content-Length: 7"])),
    (RequestHead(b"PUT", b"/", Headers(), body_length=None), False, (Delimiter.CHUNKS, 0, [b"Transfer-Encoding: chunked"])),
    (RequestHead(b"PUT", b"/", Headers(), body_length=None), True, (Delimiter.LENGTH, 0, [])),
    (RequestHead(b"PUT", b"/", LENGTH_7), True, (Delimiter.LENGTH, 0, [b"Content-Length: 0"])),
    (RequestHead(b"GET", b"/", LENGTH_7), True, (Delimiter.LENGTH, 0, [])),
    (RequestHead(b"HEAD", b"/", LENGTH_7), True, (Delimiter.LENGTH, 0, [])),
]  # fmt: skip


@pytest.mark.parametrize(("head", "is_empty", "framed"), REQUESTS)
def test_the_body_of_a_request_is_delimited(head, is_empty, framed):
    assert frame_request(head, is_empty=is_empty) == framed


@pytest.mark.parametrize(
    ("version", "is_kept", "expected"),
    [
        (b"1.1", True, b"HTTP/1.1 200 OK\r\nconnection: x\r\n\r\n"),
        (b"1.1", False, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
        (b"1.0", True, b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"),
        (b"1.0", False, b"HTTP/1.0 200 OK\r\n\r\n"),
    ],
)
def test_a_response_says_what_becomes_of_the_connection(version, is_kept, expected):
    head = response(headers=Headers([(b"connection", b"x"), (b"Content-Length", b"9")]))
    built = build_response(head, b"GET", version, [], is_kept=is_kept)
    assert built.lower() == expected.lower()


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (ResponseHead(404), b"HTTP/1.1 404 Not Found"),
        (ResponseHead(404, reason=b"Gone fishing"), b"HTTP/1.1 404 Gone fishing"),
        (ResponseHead(700), b"HTTP/1.1 700 status code 700"),
    ],
)
def test_a_status_line_has_the_reason_given_or_the_usual_one(head, line):
    assert build_response(head, b"GET", b"1.1", [], is_kept=True) == line + b"\r\n\r\n"


def test_the_length_that_a_representation_would_have_is_kept():
    for head, method in (
        (response(headers=LENGTH_7), b"HEAD"),
        (response(304, headers=LENGTH_7), b"GET"),
    ):
        built = build_response(head, method, b"1.1", [], is_kept=True)
        assert built.endswith(b"\r\ncontent-length: 7\r\n\r\n")


def test_an_interim_head_frames_nothing():
    headers = Headers([(b"Link", b"x"), (b"Content-Length", b"7"), (b"Connection", b"Upgrade")])
    expected = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: Upgrade\r\n\r\n"
    assert build_interim(ResponseHead(103, headers)) == expected


def test_a_request_has_a_host_and_its_options():
    headers = Headers([(b"Host", b"a"), (b"Connection", b"Upgrade")])
    head = RequestHead(b"GET", b"/", headers)
    start = b"GET / HTTP/1.1\r\nHost: a\r\n"
    assert build_request(head, [], is_kept=True) == start + b"Connection: Upgrade\r\n\r\n"
    assert build_request(head, [], is_kept=False) == start + b"Connection: close\r\n\r\n"
    bare = RequestHead(b"GET", b"/", Headers())
    assert build_request(bare, [], is_kept=True) == b"GET / HTTP/1.1\r\nHost:\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "target"), [(b"", b"/"), (b"GET", b""), (b"GET", b"/ x"), (b"G T", b"/")]
)
def test_a_request_line_has_three_words(method, target):
    with pytest.raises(AssertionError):
        build_request(RequestHead(method, target, Headers()), [], is_kept=True)


def test_a_head_may_give_up_the_connection_by_itself():
    assert says_close(Headers([(b"Connection", b"a, Close")]))
    assert not says_close(Headers([(b"Connection", b"closed")]))
