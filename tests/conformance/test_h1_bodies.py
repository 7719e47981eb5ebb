"""Bodies, limits and cut-off requests, row by row.

The first column of every table is the section of RFC 9112 unless another RFC is named.
"""

import pytest

from bfe_py.model import Kind
from bfe_py.protocol import Dialect, H1Server, Limits, MessageEnded
from tests.kit.codec import asking, content_of, feed_three_ways, is_whole
from tests.kit.messages import NEXT, chunked, get, post

# section, chunks, content before the fault, word
REFUSED_CHUNKS = [
    ("7.1", b"\r\n", b"", "chunk-size"),
    ("7.1", b"g\r\n", b"", "chunk-size"),
    ("7.1", b"0x5\r\nhello\r\n", b"", "chunk-size"),
    ("7.1", b"-5\r\n", b"", "chunk-size"),
    ("7.1", b"+5\r\n", b"", "chunk-size"),
    ("7.1", b" 5\r\n", b"", "chunk-size"),
    ("7.1", b"5 \r\nhello\r\n", b"", "chunk-size"),
    ("7.1", b"5_0\r\n", b"", "chunk-size"),
    ("7.1", b"5,5\r\n", b"", "chunk-size"),
    ("7.1", b"10000000000000005\r\n", b"", "chunk-size"),
    ("7.1", b"00000000000000000\r\n", b"", "chunk-size"),
    ("7.1", b"5\nhello\r\n0\r\n\r\n", b"", "bare-lf"),
    ("7.1", b"5\rhello\r\n", b"", "bare-cr"),
    ("7.1", b"5\r\rhello\r\n", b"", "bare-cr"),
    ("7.1", b"5\r\nhello\n0\r\n\r\n", b"hello", "chunk-end"),
    ("7.1", b"5\r\nhello!!0\r\n\r\n", b"hello", "chunk-end"),
    ("7.1", b"5\r\nhello\rX0\r\n\r\n", b"hello", "chunk-end"),
    ("7.1", b"5\r\nhello\r\n\r\n", b"hello", "chunk-size"),
    ("7.1.1", b"5;a\nhello\r\n", b"", "bare-lf"),
    ("7.1.1", b"5;a\rb\r\nhello\r\n", b"", "bare-cr"),
    ("7.1.1", b"5;a\x00\r\nhello\r\n", b"", "chunk-size"),
    ("7.1.1", b"5 ;a\r\nhello\r\n", b"", "chunk-size"),
    ("7.1.1", b"5;" + b"a" * 1024 + b"\r\nhello\r\n", b"", "chunk-extensions"),
    ("7.1.1", (b"1;" + b"a" * 511 + b"\r\nx\r\n") * 2 + b"1;\r\nx\r\n", b"xx", "chunk-extensions"),
    ("7.1.2", b"0\n\n", b"", "bare-lf"),
    ("7.1.2", b"0\r\n\n", b"", "bare-lf"),
    ("7.1.2", b"0\r\nX: 1\n\r\n", b"", "bare-lf"),
    ("7.1.2", b"0\r\nX: 1\rY: 2\r\n\r\n", b"", "bare-cr"),
    ("7.1.2", b"0\r\nX: a\x00\r\n\r\n", b"", "nul"),
    ("7.1.2", b"0\r\nX: 1\r\n Y: 2\r\n\r\n", b"", "obs-fold"),
    ("7.1.2", b"0\r\n\tX: 1\r\n\r\n", b"", "obs-fold"),
    ("7.1.2", b"0\r\nX : 1\r\n\r\n", b"", "trailer-malformed"),
    ("7.1.2", b"0\r\nGET / HTTP/1.1\r\n\r\n", b"", "trailer-malformed"),
    ("7.1.2", b"2\r\nhi\r\n0\r\n: 1\r\n\r\n", b"hi", "trailer-malformed"),
    ("7.1.2", b"0\r\n" + b"X: 1\r\n" * 33 + b"\r\n", b"", "too-many-trailers"),
    ("7.1.2", b"0\r\nX: " + b"a" * 8192 + b"\r\n\r\n", b"", "trailer-too-large"),
    ("7.1.2", b"0\r\n" + (b"X: " + b"a" * 1000 + b"\r\n") * 9, b"", "trailer-too-large"),
]


@pytest.mark.parametrize(("section", "body", "content", "word"), REFUSED_CHUNKS)
def test_unsound_chunks_are_refused_behind_what_was_sound(section, body, content, word):
    seen = feed_three_ways(H1Server, chunked(body), trailing=b"0\r\n\r\n")
    assert seen[-1] == (Kind.BAD_BODY, word, None, False)
    assert content_of(seen) == content
    answered = feed_three_ways(
        asking(), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    )
    assert answered[-1] == (Kind.RESPONSE_BODY, word, None, True)


TIGHT = Limits(target=20, header=60, fields=3, trailer=20, trailer_fields=2, chunk_extensions=4)


# what, request, kind and word of the fault or None
AT_THE_LIMIT = [
    ("target", b"GET /" + b"a" * 19 + b" HTTP/1.1\r\nHost: a\r\n\r\n", None),
    ("target", b"GET /" + b"a" * 20 + b" HTTP/1.1\r\nHost: a\r\n\r\n", (Kind.TARGET_TOO_LONG, "target-too-long")),
    ("line without end", b"GET /" + b"a" * 200, (Kind.TARGET_TOO_LONG, "start-line-too-long")),
    ("line without blank", b"A" * 86, (Kind.TARGET_TOO_LONG, "start-line-too-long")),
    ("line", b"A" * 85 + b"\r\n\r\n", (Kind.TARGET_TOO_LONG, "start-line-too-long")),
    ("line", b"A" * 84 + b"\r\n\r\n", (Kind.BAD_REQUEST, "request-line")),
    ("line", b"A" * 73 + b" / HTTP/1.1\r\nHost: a\r\n\r\n", None),
    ("line", b"A" * 74 + b" / HTTP/1.1\r\nHost: a\r\n\r\n", (Kind.TARGET_TOO_LONG, "start-line-too-long")),
    ("line that goes wrong first", b"A" * 84 + b"\x01", (Kind.BAD_REQUEST, "control-byte")),
    ("line that goes wrong later", b"A" * 85 + b"\x01", (Kind.TARGET_TOO_LONG, "start-line-too-long")),
    ("header", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 44 + b"\r\n\r\n", None),
    ("header", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 45 + b"\r\n\r\n", (Kind.HEADER_TOO_LARGE, "header-too-large")),
    ("header", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 46 + b"\r\n\r\n", (Kind.HEADER_TOO_LARGE, "header-too-large")),
    ("header without end", b"GET / HTTP/1.1\r\nX: " + b"a" * 59, (Kind.HEADER_TOO_LARGE, "header-too-large")),
    ("header that goes wrong first", b"GET / HTTP/1.1\r\nX: " + b"a" * 57 + b"\rx", (Kind.BAD_REQUEST, "bare-cr")),
    ("header that goes wrong later", b"GET / HTTP/1.1\r\nX: " + b"a" * 58 + b"\rx", (Kind.HEADER_TOO_LARGE, "header-too-large")),
    ("fields", b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 1\r\n\r\n", None),
    ("fields", b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 1\r\nZ: 1\r\n\r\n", (Kind.HEADER_TOO_LARGE, "too-many-fields")),
    ("extensions", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;abc\r\n\r\n", None),
    ("extensions", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;abcd", (Kind.BAD_BODY, "chunk-extensions")),
    ("trailer", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: aaaaaaaaaaaaa\r\n\r\n", None),
    ("trailer", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: aaaaaaaaaaaaaa\r\n\r\n", (Kind.BAD_BODY, "trailer-too-large")),
    ("trailer wrong first", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: aaaaaaaaaaaaaaaaa\rx", (Kind.BAD_BODY, "bare-cr")),
    ("trailer fields", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\nY: 1\r\n\r\n", None),
    ("trailer fields", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX:\r\nY:\r\nZ:\r\n\r\n", (Kind.BAD_BODY, "too-many-trailers")),
]  # fmt: skip


@pytest.mark.parametrize(("what", "wire", "fault"), AT_THE_LIMIT)
def test_a_limit_is_the_last_size_that_passes(what, wire, fault):
    seen = feed_three_ways(lambda: H1Server(TIGHT), wire, trailing=b"\r\n\r\n")
    if fault is None:
        assert is_whole(seen)
    else:
        assert seen[-1] == (*fault, None, False)


# section, request, content, fault
CUT_OFF_REQUESTS = [
    ("8", b"", b"", None),
    ("8", b"GET / HT", b"", (Kind.CLIENT_CLOSED, "head-unfinished")),
    ("8", b"GET / HTTP/1.1\r\nHost: a.t\r\n", b"", (Kind.CLIENT_CLOSED, "head-unfinished")),
    ("8", post(b"Content-Length: 9", body=b"hello"), b"hello", (Kind.BAD_BODY, "body-unfinished")),
    ("8", chunked(b"5\r\nhel"), b"hel", (Kind.BAD_BODY, "body-unfinished")),
    ("8", chunked(b"5\r\nhello\r\n0\r\n"), b"hello", (Kind.BAD_BODY, "body-unfinished")),
]


@pytest.mark.parametrize(("section", "wire", "content", "fault"), CUT_OFF_REQUESTS)
def test_the_end_of_the_connection_breaks_an_unfinished_request(section, wire, content, fault):
    seen = feed_three_ways(H1Server, wire, has_eof=True)
    assert content_of(seen) == content
    assert seen == [] if fault is None else seen[-1] == (*fault, None, False)


def test_a_whole_request_outlives_the_end_of_the_input():
    assert is_whole(feed_three_ways(H1Server, get(), has_eof=True))


# dialect keeps underscores, trailer section, trailers
TRAILERS = [
    (False, b"X-T: 1\r\nx-u:2 \r\n", [(b"X-T", b"1"), (b"x-u", b"2")]),
    (False, b"X_T: 1\r\n", None),
    (True, b"X_T: 1\r\n", [(b"X_T", b"1")]),
    (False, b"Content-Length: 9\r\nHost: b\r\nTransfer-Encoding: chunked\r\nCookie: c\r\n", None),
]


@pytest.mark.parametrize(("forwards", "section", "expected"), TRAILERS)
def test_trailers_come_with_the_end_without_what_no_trailer_may_be(forwards, section, expected):
    dialect = Dialect(forwards_underscores=forwards)
    wire = chunked(b"1\r\nx\r\n0\r\n" + section + b"\r\n")
    end = feed_three_ways(lambda: H1Server(dialect=dialect), wire, trailing=NEXT)[-1]
    assert isinstance(end, MessageEnded)
    assert (None if end.trailers is None else list(end.trailers)) == expected
