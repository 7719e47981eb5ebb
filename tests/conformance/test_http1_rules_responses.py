"""Responses of backends, row by row: what the client gets of them, and what it never gets.

The second column of every row is the section of RFC 9112 unless RFC 9110 is named.
"""

import pytest

from tests.kit.wire_messages import message
from tests.kit.wire_rules import (
    GOT_OK,
    OK,
    Rule,
    answered,
    get,
    hold,
    ok,
    params,
    unusable,
)

SEEN_HEAD = (message("HEAD / HTTP/1.1", "Host: shop.test"),)
HEAD = get(start=b"HEAD / HTTP/1.1")
LAST = b"0\r\n\r\n"


def got(*lines: str, status: str = "200 OK", **parts):
    """A response that the client gets."""
    return message(f"HTTP/1.1 {status}", *lines, **parts)


def heading(name: str, section: str, answer: bytes, *gets, **row) -> Rule:
    """An answer to HEAD."""
    return answered(name, section, answer, *gets, sends=HEAD, sees=SEEN_HEAD, **row)


def early(*lines: bytes, status: bytes = b"103 Early Hints") -> bytes:
    """An interim response."""
    return ok(*lines, start=b"HTTP/1.1 " + status)


BODIES = [
    answered("length", "6.3", ok(b"Content-Length: 2", body=b"ok"), GOT_OK),
    answered("length-of-0", "6.3", ok(b"Content-Length: 0"), got("Content-Length: 0")),
    answered("chunks", "6.3", ok(b"Transfer-Encoding: chunked", body=b"1\r\no\r\n1\r\nk\r\n" + LAST), got("Transfer-Encoding: chunked", body=b"ok")),
    answered("chunks-in-capitals", "7", ok(b"Transfer-encoding: CHUNKED", body=b"2\r\nok\r\n" + LAST), got("Transfer-Encoding: chunked", body=b"ok")),
    answered("extensions-dropped", "7.1.1", ok(b"Transfer-Encoding: chunked", body=b"2;a=b\r\nok\r\n" + LAST), got("Transfer-Encoding: chunked", body=b"ok")),
    answered("trailers", "7.1.2", ok(b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n0\r\nX-T: 1\r\n\r\n"), got("Transfer-Encoding: chunked", body=b"ok", trailers=("X-T: 1",))),
    answered("trailers-that-may-not-be", "9110 6.5.1", ok(b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n0\r\nSet-Cookie: a\r\nContent-Length: 9\r\nX-T: 1\r\n\r\n"), got("Transfer-Encoding: chunked", body=b"ok", trailers=("X-T: 1",))),
    answered("until-the-end", "6.3", ok(body=b"ok"), got("Transfer-Encoding: chunked", body=b"ok"), closes=True),
    answered("until-the-end-of-1.0", "6.3", ok(start=b"HTTP/1.0 200 OK", body=b"ok"), got("Transfer-Encoding: chunked", body=b"ok"), closes=True),
    answered("nothing-until-the-end", "6.3", ok(), got("Transfer-Encoding: chunked"), closes=True),
    answered("like-a-response", "6.3", ok(b"Content-Length: 38", body=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), got("Content-Length: 38", body=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    answered("more-than-announced", "6.3", ok(b"Content-Length: 2", body=b"ok, and more"), GOT_OK),
    answered("a-response-behind-it", "9.2", OK.wire + ok(b"Content-Length: 6", body=b"forged"), GOT_OK),
    answered("junk-behind-chunks", "9.2", ok(b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n" + LAST + b"junk"), got("Transfer-Encoding: chunked", body=b"ok")),
]  # fmt: skip

NO_BODIES = [
    heading("head", "9110 9.3.2", ok(b"Content-Length: 2"), got("Content-Length: 2")),
    heading("head-of-chunks", "9110 9.3.2", ok(b"Transfer-Encoding: chunked"), got()),
    heading("head-of-unknown-length", "9110 9.3.2", ok(b"X-A: 1"), got("X-A: 1")),
    heading("head-of-404", "9110 9.3.2", ok(b"Content-Length: 9", start=b"HTTP/1.1 404 Not Found"), got("Content-Length: 9", status="404 Not Found")),
    heading("head-with-a-body", "9110 9.3.2", ok(b"Content-Length: 2", body=b"ok"), got("Content-Length: 2")),
    answered("204", "9110 15.3.5", ok(start=b"HTTP/1.1 204 No Content"), got(status="204 No Content")),
    answered("204-with-length", "9110 8.6", ok(b"Content-Length: 0", start=b"HTTP/1.1 204 No Content"), got(status="204 No Content")),
    answered("204-with-a-body", "9110 15.3.5", ok(b"Content-Length: 2", start=b"HTTP/1.1 204 No Content", body=b"ok"), got(status="204 No Content")),
    answered("204-in-chunks", "9110 15.3.5", ok(b"Transfer-Encoding: chunked", start=b"HTTP/1.1 204 No Content", body=LAST), got(status="204 No Content")),
    answered("304", "9110 15.4.5", ok(b"ETag: a", start=b"HTTP/1.1 304 Not Modified"), got("ETag: a", status="304 Not Modified")),
    answered("304-with-length", "9110 8.6", ok(b"Content-Length: 2", start=b"HTTP/1.1 304 Not Modified"), got("Content-Length: 2", status="304 Not Modified")),
    answered("304-in-chunks", "6.1", ok(b"Transfer-Encoding: chunked", start=b"HTTP/1.1 304 Not Modified"), got(status="304 Not Modified")),
    answered("304-with-a-body", "9110 15.4.5", ok(b"Content-Length: 2", start=b"HTTP/1.1 304 Not Modified", body=b"ok"), got("Content-Length: 2", status="304 Not Modified")),
]  # fmt: skip

INTERIMS = [
    answered("hints", "9110 15.2", early(b"Link: </a>") + OK.wire, got("Link: </a>", status="103 Early Hints"), GOT_OK),
    answered("hints-twice", "9110 15.2", (early(b"Link: </a>") + early(b"Link: </b>")) + OK.wire, got("Link: </a>", status="103 Early Hints"), got("Link: </b>", status="103 Early Hints"), GOT_OK),
    answered("processing", "9110 15.2", early(status=b"102 Processing") + OK.wire, got(status="102 Processing"), GOT_OK),
    answered("interim-unknown", "9110 15.2", early(status=b"199 Odd") + OK.wire, got(status="199 Odd"), GOT_OK),
    answered("continue-unasked", "9110 15.2", early(status=b"100 Continue") + OK.wire, GOT_OK),
    answered("interim-of-the-hop", "9110 7.6.1", early(b"Connection: X-A", b"X-A: 1", b"Link: </a>") + OK.wire, got("Link: </a>", status="103 Early Hints"), GOT_OK),
    answered("interim-with-length", "9110 8.6", early(b"Content-Length: 5", b"Link: </a>") + OK.wire, got("Link: </a>", status="103 Early Hints"), GOT_OK),
    answered("interim-in-chunks", "6.1", early(b"Transfer-Encoding: chunked", b"Link: </a>") + OK.wire, got("Link: </a>", status="103 Early Hints"), GOT_OK),
    unusable("switch-unasked", "9110 15.2.2", ok(b"Upgrade: x", b"Connection: upgrade", start=b"HTTP/1.1 101 Switching Protocols")),
    unusable("only-interims", "9110 15.2", early(status=b"100 Continue"), closes=True),
]  # fmt: skip

FIELDS = [
    answered("fields", "9110 7.7", ok(b"X-A: 2", b"x-a: 1", b"Content-Length: 2", body=b"ok"), got("X-A: 2", "x-a: 1", "Content-Length: 2", body=b"ok")),
    answered("cookies", "9110 5.3", ok(b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"Content-Length: 2", body=b"ok"), got("Set-Cookie: a=1", "Set-Cookie: b=2", "Content-Length: 2", body=b"ok")),
    answered("of-the-hop", "9110 7.6.1", ok(b"Connection: keep-alive, X-A", b"X-A: 1", b"Keep-Alive: timeout=5", b"Proxy-Connection: x", b"X-B: 2", b"Content-Length: 2", body=b"ok"), got("X-B: 2", "Content-Length: 2", body=b"ok")),
    answered("close", "9110 7.6.1", ok(b"Connection: close", b"Content-Length: 2", body=b"ok"), GOT_OK, closes=True),
    answered("challenge-of-a-proxy", "9110 11.7.1", ok(b"Proxy-Authenticate: Basic", b"Content-Length: 2", body=b"ok"), GOT_OK),
    answered("upgrade-on-offer", "9110 7.8", ok(b"Connection: upgrade", b"Upgrade: h2c", b"Content-Length: 2", body=b"ok"), GOT_OK),
    answered("nominated-by-no-right", "9110 7.6.1", ok(b"Connection: Set-Cookie, Content-Type, Vary", b"Set-Cookie: a", b"Content-Type: b/c", b"Vary: d", b"Content-Length: 2", body=b"ok"), got("Set-Cookie: a", "Content-Type: b/c", "Vary: d", "Content-Length: 2", body=b"ok")),
    answered("not-ascii", "9110 5.5", ok(b"X-A: \xc3\xa9", b"Content-Length: 2", body=b"ok"), got("X-A: \xc3\xa9", "Content-Length: 2", body=b"ok")),
    answered("underscore", "9110 5.1", ok(b"X_A: 1", b"Content-Length: 2", body=b"ok"), got("X_A: 1", "Content-Length: 2", body=b"ok")),
    answered("trimmed", "5.1", ok(b"X-A: \t 1 \t", b"Content-Length:2", body=b"ok"), got("X-A: 1", "Content-Length: 2", body=b"ok")),
]  # fmt: skip

STATUS_LINES = [
    answered("reason", "4", ok(b"Content-Length: 2", start=b"HTTP/1.1 200 Fine \xe9", body=b"ok"), got("Content-Length: 2", status="200 Fine \xe9", body=b"ok")),
    answered("no-reason", "4", ok(b"Content-Length: 2", start=b"HTTP/1.1 200 ", body=b"ok"), GOT_OK),
    answered("no-reason-no-blank", "4", ok(b"Content-Length: 2", start=b"HTTP/1.1 200", body=b"ok"), GOT_OK),
    answered("status-unknown", "9110 15", ok(b"Content-Length: 2", start=b"HTTP/1.1 299 Odd", body=b"ok"), got("Content-Length: 2", status="299 Odd", body=b"ok")),
    answered("status-beyond", "9110 15", ok(b"Content-Length: 2", start=b"HTTP/1.1 799 Odd", body=b"ok"), got("Content-Length: 2", status="799 Odd", body=b"ok")),
    answered("version-1.0", "9110 2.5", ok(b"Content-Length: 2", start=b"HTTP/1.0 200 OK", body=b"ok"), GOT_OK, closes=True),
    unusable("version-2.0", "2.3", ok(b"Content-Length: 2", start=b"HTTP/2.0 200 OK", body=b"ok")),
    unusable("no-http", "4", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    unusable("no-head", "4", b"just text", closes=True),
    unusable("a-request", "4", get()),
    unusable("status-of-two-digits", "4", ok(b"Content-Length: 0", start=b"HTTP/1.1 20 OK")),
    unusable("status-of-four-digits", "4", ok(b"Content-Length: 0", start=b"HTTP/1.1 2000 OK")),
    unusable("status-with-a-sign", "4", ok(b"Content-Length: 0", start=b"HTTP/1.1 +20 OK")),
    unusable("status-of-zero", "4", ok(b"Content-Length: 0", start=b"HTTP/1.1 000 OK")),
    unusable("two-blanks", "4", ok(b"Content-Length: 0", start=b"HTTP/1.1  200 OK")),
    unusable("nothing", "8", b"", closes=True, plane={"idle_connections": 0}),
]  # fmt: skip

UNSOUND = [
    unusable("lf", "2.2", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
    unusable("cr-in-a-value", "2.2", ok(b"X-A: 1\rX-B: 2", b"Content-Length: 0")),
    unusable("empty-line-first", "2.2", b"\r\n" + OK.wire),
    unusable("fold", "5.2", ok(b"X-A: a", b" b", b"Content-Length: 0")),
    unusable("blank-before-the-colon", "5.1", ok(b"Content-Length : 0")),
    unusable("name-empty", "5.1", ok(b": 1", b"Content-Length: 0")),
    unusable("no-colon", "5", ok(b"X-A", b"Content-Length: 0")),
    unusable("nul", "9110 5.5", ok(b"X-A: a\x00b", b"Content-Length: 0")),
    unusable("escape", "9110 5.5", ok(b"X-A: \x1b[31m", b"Content-Length: 0")),
    unusable("two-lengths", "6.3", ok(b"Content-Length: 2", b"Content-Length: 3", body=b"ok!")),
    unusable("length-list", "6.3", ok(b"Content-Length: 2, 3", body=b"ok!")),
    unusable("length-minus", "9110 8.6", ok(b"Content-Length: -2")),
    unusable("length-in-words", "9110 8.6", ok(b"Content-Length: two")),
    unusable("length-over-2-53", "9110 8.6", ok(b"Content-Length: 99999999999999999999")),
    unusable("length-and-coding", "6.3", ok(b"Content-Length: 2", b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n" + LAST)),
    unusable("coding-in-1.0", "6.1", ok(b"Transfer-Encoding: chunked", start=b"HTTP/1.0 200 OK", body=LAST)),
    unusable("coding-unknown", "6.1", ok(b"Transfer-Encoding: gzip, chunked", body=LAST)),
    unusable("chunked-twice", "6.1", ok(b"Transfer-Encoding: chunked, chunked", body=LAST)),
    unusable("chunked-not-last", "6.3", ok(b"Transfer-Encoding: chunked, gzip", body=LAST)),
    unusable("fields-over-the-limit", "9110 5.4", ok(*[b"X-A: 1"] * 101, b"Content-Length: 0")),
    unusable("head-over-64-kib", "9110 5.4", ok(*[b"X-A: " + b"a" * 6600] * 10, b"Content-Length: 0")),
    unusable("head-without-end", "9110 5.4", b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 70000),
    unusable("head-cut-off", "8", b"HTTP/1.1 200 OK\r\nContent-Le", closes=True),
]  # fmt: skip


def cut(name: str, section: str, answer: bytes, *lines: str, body: bytes, **row) -> Rule:
    """An answer that breaks off: the client sees that it is not whole."""
    part = got(*lines, body=body, is_whole=False)
    return answered(name, section, answer, part, closes=True, is_kept=False, **row)


CHUNKED = b"Transfer-Encoding: chunked"
CUT_OFF = [
    cut("body-cut-off", "8", ok(b"Content-Length: 5", body=b"hell"), "Content-Length: 5", body=b"hell"),
    cut("body-missing", "8", ok(b"Content-Length: 5"), "Content-Length: 5", body=b""),
    cut("chunk-cut-off", "8", ok(CHUNKED, body=b"5\r\nhell"), "Transfer-Encoding: chunked", body=b"hell"),
    cut("last-chunk-missing", "8", ok(CHUNKED, body=b"5\r\nhello\r\n"), "Transfer-Encoding: chunked", body=b"hello"),
    cut("trailers-cut-off", "8", ok(CHUNKED, body=b"5\r\nhello\r\n0\r\nX-T: 1\r\n"), "Transfer-Encoding: chunked", body=b"hello"),
    cut("chunk-size-broken", "7.1", ok(CHUNKED, body=b"5\r\nhello\r\nzz\r\nworld\r\n" + LAST), "Transfer-Encoding: chunked", body=b"hello"),
    cut("chunk-end-broken", "7.1", ok(CHUNKED, body=b"5\r\nhelloXX" + LAST), "Transfer-Encoding: chunked", body=b"hello"),
    cut("chunk-line-with-lf", "7.1", ok(CHUNKED, body=b"5\r\nhello\r\n5\nworld\r\n" + LAST), "Transfer-Encoding: chunked", body=b"hello"),
    cut("chunk-size-of-17-digits", "7.1", ok(CHUNKED, body=b"5\r\nhello\r\n00000000000000005\r\nworld\r\n" + LAST), "Transfer-Encoding: chunked", body=b"hello"),
    cut("extensions-over-1-kib", "7.1.1", ok(CHUNKED, body=b"5\r\nhello\r\n5;" + b"a" * 1025 + b"\r\nworld\r\n" + LAST), "Transfer-Encoding: chunked", body=b"hello"),
]  # fmt: skip


@pytest.mark.parametrize("rule", params([*BODIES, *NO_BODIES, *INTERIMS, *FIELDS]))
def test_a_sound_response_is_passed_on(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("rule", params([*STATUS_LINES, *UNSOUND]))
def test_a_response_is_understood_or_replaced(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("rule", params(CUT_OFF))
def test_a_response_that_is_not_whole_does_not_look_whole(rule: Rule):
    hold(rule)
