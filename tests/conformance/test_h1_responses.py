"""Responses, row by row: what is accepted, what is refused, and with which word.

The first column of every table is the section of RFC 9112 unless another RFC is named.
"""

import pytest

from bfe_py.model import Kind, ResponseHead
from bfe_py.protocol import InterimReceived, MessageEnded, Switched
from tests.kit.codec import asking, content_of, feed, feed_three_ways, head_of, is_whole
from tests.kit.messages import ok

# section, method, response, status, content
ANSWERS = [
    ("4", b"GET", ok(b"Content-Length: 0"), 200, b""),
    ("4", b"GET", ok(b"Content-Length: 0", start=b"HTTP/1.1 200 "), 200, b""),
    ("4", b"GET", ok(b"Content-Length: 0", start=b"HTTP/1.1 200"), 200, b""),
    ("4", b"GET", ok(b"Content-Length: 0", start=b"HTTP/1.1 599 a\tb\xe9"), 599, b""),
    ("4", b"GET", ok(b"Content-Length: 0", start=b"HTTP/1.1 999 Odd"), 999, b""),
    ("6.3", b"GET", ok(b"Content-Length: 2") + b"hi", 200, b"hi"),
    ("6.3", b"GET", ok(b"Content-Length: 2", start=b"HTTP/1.0 404 No") + b"hi", 404, b"hi"),
    ("6.3", b"GET", ok(b"Transfer-Encoding: chunked") + b"2\r\nhi\r\n0\r\n\r\n", 200, b"hi"),
    ("6.3", b"HEAD", ok(b"Content-Length: 2"), 200, b""),
    ("6.3", b"HEAD", ok(b"Transfer-Encoding: chunked"), 200, b""),
    ("6.3", b"HEAD", ok(), 200, b""),
    ("6.3", b"GET", ok(start=b"HTTP/1.1 204 No Content"), 204, b""),
    ("6.3", b"GET", ok(b"Content-Length: 2", start=b"HTTP/1.1 304 Not Modified"), 304, b""),
    ("6.3", b"GET", ok(b"Transfer-Encoding: chunked", start=b"HTTP/1.1 304 x"), 304, b""),
    ("5.1", b"GET", ok(b"X_Under: 1", b"Content-Length: 0"), 200, b""),
    ("9110 2.5", b"GET", ok(b"Content-Length: 2", start=b"HTTP/1.2 200 OK") + b"hi", 200, b"hi"),
]


@pytest.mark.parametrize(("section", "method", "wire", "status", "content"), ANSWERS)
def test_a_sound_response_is_read(section, method, wire, status, content):
    seen = feed_three_ways(asking(method), wire, trailing=b"HTTP/1.1 200 OK\r\n\r\n")
    assert (head_of(seen).status, content_of(seen)) == (status, content)
    assert is_whole(seen)


# section, response, word
REFUSED_ANSWERS = [
    ("2.2", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "bare-lf"),
    ("2.2", ok(b"X: a\rb"), "bare-cr"),
    ("2.2", b"\r\n" + ok(b"Content-Length: 0"), "empty-line"),
    ("4", b"ICY 200 OK\r\n\r\n", "status-line"),
    ("4", ok(start=b"HTTP/1.1 2000 OK"), "status-line"),
    ("4", ok(start=b"HTTP/1.1 20 OK"), "status-line"),
    ("4", ok(start=b"HTTP/1.1 099 OK"), "status-line"),
    ("4", ok(start=b"HTTP/1.1  200 OK"), "status-line"),
    ("4", ok(start=b"HTTP/1.1 200OK"), "status-line"),
    ("4", ok(start=b"http/1.1 200 OK"), "status-line"),
    ("2.3", ok(start=b"HTTP/2.0 200 OK"), "version"),
    ("2.3", ok(start=b"HTTP/0.9 200 OK"), "version"),
    ("5.1", ok(b"Content-Length : 2"), "field-name-blank"),
    ("5", ok(b": x"), "field-name-empty"),
    ("5", ok(b"none"), "field-no-colon"),
    ("5.2", ok(b"X: a", b" b"), "obs-fold"),
    ("9110 5.5", ok(b"X: a\x00b"), "nul"),
    ("9110 5.5", ok(b"X: a\x01b"), "control-byte"),
    ("6.3", ok(b"Content-Length: 2", b"Content-Length: 3"), "cl-duplicate"),
    ("6.3", ok(b"Content-Length: 2, 3"), "cl-list"),
    ("6.3", ok(b"Content-Length: -1"), "cl-invalid"),
    ("6.3", ok(b"Content-Length: 2", b"Transfer-Encoding: chunked"), "te-and-cl"),
    ("6.1", ok(b"Transfer-Encoding: chunked", start=b"HTTP/1.0 200 OK"), "te-on-1.0"),
    ("6.3", ok(b"Transfer-Encoding: gzip"), "te-invalid"),
    ("6.1", ok(b"Transfer-Encoding: gzip, chunked"), "te-unsupported"),
    ("9110 15.2.2", ok(b"Upgrade: x", start=b"HTTP/1.1 101 Switching"), "switch-unasked"),
    ("9110 15.2", ok(start=b"HTTP/1.1 103 Early") * 101, "too-many-interims"),
    ("3", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "status-line"),
]


@pytest.mark.parametrize(("section", "wire", "word"), REFUSED_ANSWERS)
def test_an_unsound_response_is_refused_with_its_word(section, wire, word):
    seen = feed_three_ways(asking(), wire, trailing=ok(b"Content-Length: 0"))
    assert seen[-1] == (Kind.BAD_RESPONSE, word, None, True)
    assert not is_whole(seen)


# section, response, content, fault
CUT_OFF_ANSWERS = [
    ("8", b"", b"", (Kind.CONNECTION_BROKEN, "no-response")),
    ("8", b"H", b"", (Kind.READ_RESPONSE, "head-unfinished")),
    ("8", b"HTTP/1.1 200 OK\r\nContent-", b"", (Kind.READ_RESPONSE, "head-unfinished")),
    ("8", ok(start=b"HTTP/1.1 103 Early"), b"", (Kind.READ_RESPONSE, "head-unfinished")),
    ("8", ok(b"Content-Length: 5") + b"hell", b"hell", (Kind.RESPONSE_BODY, "body-unfinished")),
    ("8", ok(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n", b"hello", (Kind.RESPONSE_BODY, "body-unfinished")),
    ("8", ok(b"Transfer-Encoding: chunked") + b"0\r\n", b"", (Kind.RESPONSE_BODY, "body-unfinished")),
    ("6.3", ok() + b"hello", b"hello", None),
    ("6.3", ok(), b"", None),
    ("6.3", ok(start=b"HTTP/1.0 200 OK") + b"\r\n\r\n", b"\r\n\r\n", None),
]  # fmt: skip


@pytest.mark.parametrize(("section", "wire", "content", "fault"), CUT_OFF_ANSWERS)
def test_the_end_of_the_connection_ends_or_breaks_a_response(section, wire, content, fault):
    seen = feed_three_ways(asking(), wire, has_eof=True)
    assert content_of(seen) == content
    assert seen[-1] == (MessageEnded(1) if fault is None else (*fault, None, True))


def test_interim_responses_come_before_the_final_one():
    early = ok(b"Link: </a>", start=b"HTTP/1.1 103 Early Hints")
    wire = ok(start=b"HTTP/1.1 100 Continue") + early + ok(b"Content-Length: 2") + b"hi"
    seen = feed_three_ways(asking(), wire, trailing=b"x")
    first, second, *rest = seen
    assert isinstance(first, InterimReceived)
    assert isinstance(second, InterimReceived)
    assert (first.head.status, list(second.head.headers)) == (100, [(b"Link", b"</a>")])
    assert (head_of(rest).status, content_of(rest)) == (200, b"hi")


def test_a_switch_that_was_asked_for_hands_over_the_bytes_behind_it():
    make = asking(b"GET", (b"Connection", b"Upgrade"), (b"Upgrade", b"ws"))
    head, switch = feed(make(), [ok(b"Upgrade: ws", start=b"HTTP/1.1 101 Switching") + b"rest"])
    assert isinstance(head_of([head]), ResponseHead)
    assert switch == Switched(b"rest")
