"""Lines that are known by their bytes."""

import pytest

from bfe_py.protocol import KnownLines
from bfe_py.protocol.h1.quick import FieldLines, RequestLines, StatusLines, Unrecognised

LONGEST = 256
MOST = 4096


def fields(*, forwards_underscores: bool = False) -> FieldLines:
    return FieldLines(forwards_underscores=forwards_underscores)


# line, name, value
RECOGNISED = [
    (b"Host: a.t", b"Host", b"a.t"),
    (b"host:a", b"host", b"a"),
    (b"X: a:b", b"X", b"a:b"),
    (b"X:", b"X", b""),
    (b"X: \t ", b"X", b""),
    (b"X:\t a \tb \t", b"X", b"a \tb"),
    (b"!#$%&'*+-.^`|~09azAZ: x", b"!#$%&'*+-.^`|~09azAZ", b"x"),
    (b"X: \xe9\xff", b"X", b"\xe9\xff"),
    (b"X: _", b"X", b"_"),
    (b"Host: [::1]:80", b"Host", b"[::1]:80"),
    (b"Content-Length: 0", b"Content-Length", b"0"),
    (b"content-length:\t0012 ", b"content-length", b"0012"),
    (b"Content-Length: 9007199254740992", b"Content-Length", b"9007199254740992"),
    (b"Transfer-Encoding: chunked", b"Transfer-Encoding", b"chunked"),
    (b"Expect: 100-Continue", b"Expect", b"100-Continue"),
    (b"Connection: a, ,b", b"Connection", b"a, ,b"),
]


@pytest.mark.parametrize(("raw", "name", "value"), RECOGNISED)
def test_a_plain_line_is_taken_apart(raw, name, value):
    lines = fields()
    for _ in range(2):
        assert lines[raw] == (name.lower(), name, value, name + b": " + value)
    assert raw in lines


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"X",
        b": x",
        b"X : 1",
        b" X: 1",
        b"\tX: 1",
        b"X\xe9: 1",
        b"X(: 1",
        b"X: a\nb",
        b"X: a\rb",
        b"X: a\x00b",
        b"X: a\x7fb",
        b"X: 1\n",
        b"X_Y: 1",
        b"Host:",
        b"Host: a b",
        b"Host: a,b",
        b"Host: a:65536",
        b"Content-Length:",
        b"Content-Length: +1",
        b"Content-Length: -1",
        b"Content-Length: 1,1",
        b"Content-Length: 1 1",
        b"Content-Length: 0x1",
        b"Content-Length: \xb2",
        b"Content-Length: 9007199254740993",
        b"Content-Length: 00000000000000001",
        b"Transfer-Encoding:",
        b"Transfer-Encoding: Chunked",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked;q=1",
        b"Transfer-Encoding: \xa0chunked",
        b"Expect:",
        b"Expect: 100-continue, x",
    ],
)
def test_any_other_line_is_not_recognised(raw):
    lines = fields()
    for _ in range(2):
        with pytest.raises(Unrecognised):
            lines[raw]
    assert len(lines) == 0


def test_an_underscore_passes_where_it_is_forwarded():
    assert fields(forwards_underscores=True)[b"X_Y: 1"][1:3] == (b"X_Y", b"1")


@pytest.mark.parametrize(
    ("raw", "is_kept"),
    [
        (b"X: " + b"a" * (LONGEST - 3), True),
        (b"X: " + b"a" * (LONGEST - 2), False),
        (b"Cookie: a=b", False),
        (b"cookie: a=b", False),
        (b"Set-Cookie: a=b", False),
        (b"Authorization: Basic eA==", False),
        (b"Proxy-Authorization: Basic eA==", False),
        (b"X-Cookie: a=b", True),
    ],
)
def test_long_lines_and_secrets_are_not_kept(raw, is_kept):
    lines = fields()
    first = lines[raw]
    assert (raw in lines) is is_kept
    assert lines[raw] == first


def test_there_is_an_end_to_what_is_kept():
    lines = fields()
    for number in range(MOST):
        lines[b"X: %d" % number]
    assert len(lines) == MOST
    assert lines[b"Y: 1"][2] == b"1"
    assert list(lines) == [b"Y: 1"]
    assert lines[b"X: 7"][2] == b"7"


# line, version, status, reason
STATUSES = [
    (b"HTTP/1.1 200 OK", b"1.1", 200, b""),
    (b"HTTP/1.0 404 Not Found", b"1.0", 404, b""),
    (b"HTTP/1.1 200 Fine", b"1.1", 200, b"Fine"),
    (b"HTTP/1.1 200 ", b"1.1", 200, b""),
    (b"HTTP/1.1 200", b"1.1", 200, b""),
    (b"HTTP/1.1 999 a\tb\xe9 ", b"1.1", 999, b"a\tb\xe9 "),
]


@pytest.mark.parametrize(("raw", "version", "status", "reason"), STATUSES)
def test_a_status_line_is_taken_apart(raw, version, status, reason):
    lines = StatusLines()
    for _ in range(2):
        assert lines[raw] == (version, status, reason)
    assert raw in lines


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1",
        b"HTTP/1.2 200 OK",
        b"HTTP/2.0 200 OK",
        b"http/1.1 200 OK",
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.1 101 Switching Protocols",
        b"HTTP/1.1 099 x",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1 200OK",
        b"HTTP/1.1 200 a\rb",
        b"HTTP/1.1 200 a\x01b",
        b"HTTP/1.1 200 OK\n",
        b" HTTP/1.1 200 OK",
    ],
)
def test_any_other_status_line_is_not_recognised(raw):
    lines = StatusLines()
    with pytest.raises(Unrecognised):
        lines[raw]
    assert len(lines) == 0


def test_long_status_lines_are_not_kept_and_there_is_an_end_to_the_others():
    lines = StatusLines()
    start = b"HTTP/1.1 200 "
    assert lines[start + b"a" * LONGEST][2] == b"a" * LONGEST
    assert len(lines) == 0
    for number in range(MOST):
        lines[start + b"%d" % number]
    assert len(lines) == MOST
    assert lines[start + b"x"] == (b"1.1", 200, b"x")
    assert list(lines) == [start + b"x"]


# line, method, target, version, whether it is plain
REQUESTS = [
    (b"GET / HTTP/1.1", b"GET", b"/", b"1.1", True),
    (b"HEAD /a/b.c?d=e&f HTTP/1.0", b"HEAD", b"/a/b.c?d=e&f", b"1.0", True),
    (b"GET /a;b=c HTTP/1.1", b"GET", b"/a;b=c", b"1.1", True),
    (b"get / HTTP/1.1", b"get", b"/", b"1.1", False),
    (b"POST / HTTP/1.1", b"POST", b"/", b"1.1", False),
    (b"OPTIONS / HTTP/1.1", b"OPTIONS", b"/", b"1.1", False),
    (b"TRACE / HTTP/1.1", b"TRACE", b"/", b"1.1", False),
    (b"CONNECT /a HTTP/1.1", b"CONNECT", b"/a", b"1.1", False),
    (b"GET //a HTTP/1.1", b"GET", b"//a", b"1.1", False),
    (b"GET /a/../b HTTP/1.1", b"GET", b"/a/../b", b"1.1", False),
    (b"GET /%41 HTTP/1.1", b"GET", b"/%41", b"1.1", False),
    (b"GET /a#b HTTP/1.1", b"GET", b"/a#b", b"1.1", False),
    (b"x-~ //a?b#c\\%| HTTP/1.0", b"x-~", b"//a?b#c\\%|", b"1.0", False),
]


@pytest.mark.parametrize(("raw", "method", "target", "version", "is_plain"), REQUESTS)
def test_a_request_line_is_taken_apart(raw, method, target, version, is_plain):
    lines = RequestLines()
    for _ in range(2):
        assert lines[raw] == (method, target, version, is_plain)
    # A query may hold a secret, and how long a line takes would tell who else knows it.
    assert (raw in lines) is (b"?" not in target)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"GET /",
        b"GET  / HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b"GET / HTTP/1.2",
        b"GET / HTTP/1.1\n",
        b"GET / http/1.1",
        b"GET\t/ HTTP/1.1",
        b" GET / HTTP/1.1",
        b"G(T / HTTP/1.1",
        b"GET * HTTP/1.1",
        b"GET http://a/ HTTP/1.1",
        b"CONNECT a:1 HTTP/1.1",
        b"GET /\xe9 HTTP/1.1",
        b"GET /\x7f HTTP/1.1",
        b"GET /\r HTTP/1.1",
        b"GET /\n HTTP/1.1",
    ],
)
def test_any_other_request_line_is_not_recognised(raw):
    lines = RequestLines()
    for _ in range(2):
        with pytest.raises(Unrecognised):
            lines[raw]
    assert len(lines) == 0


def test_long_request_lines_are_not_kept_and_there_is_an_end_to_the_others():
    lines = RequestLines()
    longest = b"GET /%b HTTP/1.1" % (b"a" * (LONGEST - 14))
    assert len(lines[longest][1]) == LONGEST - 13
    assert list(lines) == [longest]
    assert lines[longest.replace(b"/", b"/a", 1)][3]
    assert list(lines) == [longest]
    for number in range(MOST - 1):
        lines[b"GET /%d HTTP/1.1" % number]
    assert len(lines) == MOST
    assert lines[b"GET / HTTP/1.1"] == (b"GET", b"/", b"1.1", True)
    assert list(lines) == [b"GET / HTTP/1.1"]
    assert lines[b"GET /7 HTTP/1.1"][1] == b"/7"


def test_lines_of_all_kinds_are_known_together():
    known = KnownLines(forwards_underscores=True)
    assert known.fields[b"X_Y: 1"][0] == b"x_y"
    assert known.statuses[b"HTTP/1.1 204 x"][1] == 204
    assert known.requests[b"GET /a HTTP/1.1"][1] == b"/a"
