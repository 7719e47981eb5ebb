"""Where a request ends: lengths, codings, chunks and trailers, row by row through the real way.

The second column of every row is the section of RFC 9112 unless RFC 9110 is named.
"""

import pytest

from tests.kit.wire_messages import message
from tests.kit.wire_rules import (
    GOT_OK,
    HalfClose,
    Rule,
    chunked,
    get,
    hold,
    params,
    passed,
    post,
    refused,
)

LAST = b"0\r\n\r\n"


def counted(body: bytes, start: str = "POST /p HTTP/1.1", *lines: str):
    """What the backend sees of a body with a length."""
    return message(start, "Host: shop.test", f"Content-Length: {len(body)}", *lines, body=body)


def in_chunks(body: bytes, *lines: str, trailers: tuple[str, ...] = ()):
    """What the backend sees of a body in chunks."""
    return message(
        "POST /p HTTP/1.1",
        "Host: shop.test",
        "Transfer-Encoding: chunked",
        *lines,
        body=body,
        trailers=trailers,
    )


LENGTHS = [
    passed("length", "6.2", post(b"Content-Length: 5", body=b"hello"), counted(b"hello")),
    passed("length-zeros", "6.2", post(b"Content-Length: 005", body=b"hello"), counted(b"hello")),
    passed("length-blanks", "6.2", post(b"content-length:\t 5 \t", body=b"hello"), counted(b"hello")),
    passed("length-of-0", "6.2", post(b"Content-Length: 0"), counted(b"")),
    passed("length-of-0-in-get", "9110 8.6", get(b"Content-Length: 0"), message("GET / HTTP/1.1", "Host: shop.test")),
    passed("length-in-get", "6", get(b"Content-Length: 2", body=b"hi"), counted(b"hi", "GET / HTTP/1.1")),
    passed("length-in-delete", "6", get(b"Content-Length: 2", start=b"DELETE / HTTP/1.1", body=b"hi"), counted(b"hi", "DELETE / HTTP/1.1")),
    passed("no-length-no-body", "6.3", post(), message("POST /p HTTP/1.1", "Host: shop.test")),
    passed("body-like-a-head", "6.2", post(b"Content-Length: 28", body=b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"), counted(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")),
    refused("two-equal-lengths", "6.3", post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello")),
    refused("two-lengths", "6.3", post(b"Content-Length: 5", b"Content-Length: 6", body=b"hello!")),
    refused("length-list", "6.3", post(b"Content-Length: 5, 5", body=b"hello")),
    refused("length-list-differs", "6.3", post(b"Content-Length: 5, 6", body=b"hello!")),
    refused("length-list-ends", "6.3", post(b"Content-Length: 5,", body=b"hello")),
    refused("length-plus", "9110 8.6", post(b"Content-Length: +5", body=b"hello")),
    refused("length-minus", "9110 8.6", post(b"Content-Length: -5", body=b"hello")),
    refused("length-hex", "9110 8.6", post(b"Content-Length: 0x5", body=b"hello")),
    refused("length-fraction", "9110 8.6", post(b"Content-Length: 5.0", body=b"hello")),
    refused("length-exponent", "9110 8.6", post(b"Content-Length: 5e0", body=b"hello")),
    refused("length-underline", "9110 8.6", post(b"Content-Length: 0_5", body=b"hello")),
    refused("length-apart", "9110 8.6", post(b"Content-Length: 5 0", body=b"hello")),
    refused("length-quoted", "9110 8.6", post(b'Content-Length: "5"', body=b"hello")),
    refused("length-empty", "9110 8.6", post(b"Content-Length:", body=b"hello")),
    refused("length-not-ascii", "9110 8.6", post(b"Content-Length: \xd9\xa5", body=b"hello")),
    refused("length-over-2-53", "9110 8.6", post(b"Content-Length: 9007199254740993")),
    refused("length-of-20-digits", "9110 8.6", post(b"Content-Length: 99999999999999999999")),
    refused("length-of-5000-digits", "9110 8.6", post(b"Content-Length: " + b"9" * 5000)),
    refused("length-behind-a-blank", "5.1", post(b"Content-Length : 5", body=b"hello")),
    passed("length-alias", "6.3", post(b"Content_Length: 5"), message("POST /p HTTP/1.1", "Host: shop.test")),
]  # fmt: skip

CODINGS = [
    passed("chunked", "6.1", chunked(b"5\r\nhello\r\n" + LAST), in_chunks(b"hello")),
    passed("chunked-in-capitals", "7", post(b"TRANSFER-ENCODING: \tCHUNKED ", body=b"1\r\nx\r\n" + LAST), in_chunks(b"x")),
    passed("chunked-in-get", "6", get(b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n" + LAST), message("GET / HTTP/1.1", "Host: shop.test", "Transfer-Encoding: chunked", body=b"x")),
    passed("coding-alias", "6.1", post(b"Transfer_Encoding: chunked"), message("POST /p HTTP/1.1", "Host: shop.test")),
    refused("coding-and-length", "6.1", chunked(LAST, b"Content-Length: 5")),
    refused("length-and-coding", "6.1", post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=LAST)),
    refused("length-of-0-and-coding", "6.1", post(b"Content-Length: 0", b"Transfer-Encoding: chunked", body=LAST)),
    refused("length-and-identity", "6.1", post(b"Content-Length: 5", b"Transfer-Encoding: identity", body=b"hello")),
    refused("coding-in-1.0", "6.1", get(b"Transfer-Encoding: chunked", start=b"POST /p HTTP/1.0", body=LAST)),
    refused("coding-in-kept-1.0", "6.1", get(b"Connection: keep-alive", b"Transfer-Encoding: chunked", start=b"POST /p HTTP/1.0", body=LAST)),
    refused("gzip-alone", "6.3", post(b"Transfer-Encoding: gzip", body=LAST)),
    refused("gzip-last", "6.3", post(b"Transfer-Encoding: chunked, gzip", body=LAST)),
    refused("identity-last", "6.3", post(b"Transfer-Encoding: chunked, identity", body=LAST)),
    refused("chunked-twice", "6.1", post(b"Transfer-Encoding: chunked, chunked", body=LAST)),
    refused("two-chunked-lines", "6.1", chunked(LAST, b"Transfer-Encoding: chunked")),
    refused("two-coding-lines", "6.3", chunked(LAST, b"Transfer-Encoding: identity")),
    refused("xchunked", "6.3", post(b"Transfer-Encoding: xchunked", body=LAST)),
    refused("chunked-with-a-weight", "6.3", post(b"Transfer-Encoding: chunked;q=1", body=LAST)),
    refused("chunked-quoted", "6.3", post(b'Transfer-Encoding: "chunked"', body=LAST)),
    refused("chunked-behind-a-comma", "6.3", post(b"Transfer-Encoding: ,chunked", body=LAST)),
    refused("chunked-before-a-comma", "6.3", post(b"Transfer-Encoding: chunked,", body=LAST)),
    refused("coding-empty", "6.3", post(b"Transfer-Encoding:", body=LAST)),
    refused("coding-behind-a-tab", "9110 5.5", post(b"Transfer-Encoding: \x0bchunked", body=LAST)),
    refused("coding-behind-a-blank", "5.1", post(b"Transfer-Encoding : chunked", body=LAST)),
    refused("coding-unknown", "6.1", post(b"Transfer-Encoding: gzip, chunked", body=LAST), 501),
    refused("codings-on-two-lines", "6.1", post(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked", body=LAST), 501),
]  # fmt: skip


def broken(name: str, section: str, body: bytes) -> Rule:
    """Chunks that are refused; the request that was begun never becomes whole."""
    return refused(name, section, chunked(body), may_begin=True)


CHUNKS = [
    passed("chunks", "7.1", chunked(b"3\r\nabc\r\n2\r\nde\r\n" + LAST), in_chunks(b"abcde")),
    passed("chunk-sizes-in-hex", "7.1", chunked(b"A\r\n0123456789\r\na\r\n0123456789\r\n" + LAST), in_chunks(b"0123456789" * 2)),
    passed("chunk-size-of-16-digits", "7.1", chunked(b"0000000000000005\r\nhello\r\n" + LAST), in_chunks(b"hello")),
    passed("chunk-of-line-ends", "7.1", chunked(b"5\r\n0\r\n\r\n\r\n" + LAST), in_chunks(b"0\r\n\r\n")),
    passed("last-chunk-with-zeros", "7.1", chunked(b"1\r\nx\r\n000\r\n\r\n"), in_chunks(b"x")),
    passed("no-chunk-but-the-last", "7.1", chunked(LAST), in_chunks(b"")),
    passed("extension", "7.1.1", chunked(b"5;a=b\r\nhello\r\n0;c\r\n\r\n"), in_chunks(b"hello")),
    passed("extension-quoted", "7.1.1", chunked(b'5;a="b;c \xe9"\r\nhello\r\n' + LAST), in_chunks(b"hello")),
    passed("extensions-of-1-kib", "7.1.1", chunked(b"5;" + b"a" * 1023 + b"\r\nhello\r\n" + LAST), in_chunks(b"hello")),
    broken("extension-over-1-kib", "7.1.1", b"5;" + b"a" * 1024 + b"\r\nhello\r\n" + LAST),
    broken("extensions-over-1-kib", "7.1.1", b"1;aaa\r\nx\r\n" * 300 + LAST),
    broken("extension-with-lf", "7.1.1", b"5;a\nhello\r\n" + LAST),
    broken("extension-with-cr", "7.1.1", b"5;a\rb\r\nhello\r\n" + LAST),
    broken("extension-with-nul", "7.1.1", b"5;a\x00\r\nhello\r\n" + LAST),
    broken("chunk-size-empty", "7.1", b"\r\nhello\r\n" + LAST),
    broken("chunk-size-with-0x", "7.1", b"0x5\r\nhello\r\n" + LAST),
    broken("chunk-size-plus", "7.1", b"+5\r\nhello\r\n" + LAST),
    broken("chunk-size-minus", "7.1", b"-5\r\nhello\r\n" + LAST),
    broken("chunk-size-underline", "7.1", b"0_5\r\nhello\r\n" + LAST),
    broken("chunk-size-blank-before", "7.1", b" 5\r\nhello\r\n" + LAST),
    broken("chunk-size-blank-behind", "7.1", b"5 \r\nhello\r\n" + LAST),
    broken("chunk-size-no-digit", "7.1", b"g\r\nhello\r\n" + LAST),
    broken("chunk-size-of-17-digits", "7.1", b"00000000000000005\r\nhello\r\n" + LAST),
    broken("chunk-size-that-wraps", "7.1", b"10000000000000005\r\nhello\r\n" + LAST),
    broken("chunk-line-with-lf", "7.1", b"5\nhello\r\n" + LAST),
    broken("chunk-line-with-cr", "7.1", b"5\rhello\r\n" + LAST),
    broken("chunk-ends-with-lf", "7.1", b"5\r\nhello\n" + LAST),
    broken("chunk-ends-with-others", "7.1", b"5\r\nhelloXX" + LAST),
    broken("chunk-too-long", "7.1", b"4\r\nhello\r\n" + LAST),
    broken("chunk-too-short", "7.1", b"6\r\nhello\r\n" + LAST),
    broken("last-chunk-with-lf", "7.1", b"5\r\nhello\r\n0\n\n"),
    Rule("chunks-cut-off", "8", (chunked(b"5\r\nhello\r\n"), HalfClose()), refused("", "", b"").gets, may_begin=True),
    Rule("chunk-cut-off", "8", (chunked(b"5\r\nhel"), HalfClose()), refused("", "", b"").gets, may_begin=True),
    Rule("body-cut-off", "8", (post(b"Content-Length: 9", body=b"hello"), HalfClose()), refused("", "", b"").gets, may_begin=True),
]  # fmt: skip


def with_trailers(lines: bytes, *fields: bytes) -> bytes:
    """A POST in one chunk with a trailer section."""
    return chunked(b"5\r\nhello\r\n0\r\n" + lines + b"\r\n", *fields)


TRAILERS = [
    passed("trailers", "7.1.2", with_trailers(b"X-T: 1\r\nX-U:2\r\n"), in_chunks(b"hello", trailers=("X-T: 1", "X-U: 2"))),
    passed("trailer-that-frames", "9110 6.5.1", with_trailers(b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n"), in_chunks(b"hello")),
    passed("trailer-that-routes", "9110 6.5.1", with_trailers(b"Host: evil.test\r\nX-T: 1\r\n"), in_chunks(b"hello", trailers=("X-T: 1",))),
    passed("trailer-that-authenticates", "9110 6.5.1", with_trailers(b"Authorization: x\r\nCookie: a=b\r\n"), in_chunks(b"hello")),
    passed("trailer-that-modifies", "9110 6.5.1", with_trailers(b"Expect: 100-continue\r\nRange: bytes=0-\r\nTE: x\r\n"), in_chunks(b"hello")),
    passed("trailer-that-describes", "9110 6.5.1", with_trailers(b"Content-Type: a/b\r\nContent-Encoding: gzip\r\n"), in_chunks(b"hello")),
    passed("trailer-of-the-hop", "9110 7.6.1", with_trailers(b"Connection: close\r\nKeep-Alive: 1\r\nUpgrade: x\r\n"), in_chunks(b"hello")),
    passed("trailer-alias", "9110 6.5.1", with_trailers(b"Content_Length: 9\r\n"), in_chunks(b"hello")),
    broken("trailer-with-lf", "2.2", b"0\r\nX-T: 1\n\r\n"),
    broken("trailer-with-cr", "2.2", b"0\r\nX-T: 1\rX-U: 2\r\n\r\n"),
    broken("trailer-with-nul", "9110 5.5", b"0\r\nX-T: \x00\r\n\r\n"),
    broken("trailer-folded", "5.2", b"0\r\nX-T: 1\r\n 2\r\n\r\n"),
    broken("trailer-behind-a-blank", "5.1", b"0\r\nX-T : 1\r\n\r\n"),
    broken("trailer-without-a-colon", "7.1.2", b"0\r\nGET / HTTP/1.1\r\n\r\n"),
    broken("trailers-over-32", "7.1.2", b"0\r\n" + b"X-T: 1\r\n" * 33 + b"\r\n"),
    broken("trailers-over-8-kib", "7.1.2", b"0\r\nX-T: " + b"a" * 8192 + b"\r\n\r\n"),
]  # fmt: skip

BEHIND = [
    passed("request-behind-a-body", "6.3", post(b"Content-Length: 2", body=b"hi") + get(), counted(b"hi"), message("GET / HTTP/1.1", "Host: shop.test")),
    passed("request-behind-chunks", "6.3", chunked(LAST) + get(), in_chunks(b""), message("GET / HTTP/1.1", "Host: shop.test")),
    passed("line-end-behind-a-body", "2.2", post(b"Content-Length: 2", body=b"hi\r\n") + get(), counted(b"hi"), message("GET / HTTP/1.1", "Host: shop.test")),
    Rule("junk-behind-a-body", "6.3", post(b"Content-Length: 2", body=b"hi, and more\r\n\r\n"), (GOT_OK, *refused("", "", b"").gets), sees=(counted(b"hi"),)),
]  # fmt: skip


@pytest.mark.parametrize("rule", params([*LENGTHS, *CODINGS, *CHUNKS, *TRAILERS, *BEHIND]))
def test_a_request_ends_where_everybody_says_it_does(rule: Rule):
    hold(rule)
