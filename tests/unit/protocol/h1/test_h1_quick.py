"""Lines that are known by their bytes, and the blocks that they make."""

import pytest

from bfe_py.protocol import KnownLines, Limits
from bfe_py.protocol.h1.quick import (
    UNSAID,
    Block,
    FieldLines,
    StatusLines,
    Unrecognised,
    match_request_line,
    read_block,
)

LONGEST = 256
MOST = 4096


def fields(*, forwards_underscores: bool = False) -> FieldLines:
    return FieldLines(forwards_underscores=forwards_underscores)


def read(*lines: bytes, limits: Limits = Limits()) -> Block | None:  # noqa: B008 - frozen
    return read_block(b"\r\n".join(lines), KnownLines(forwards_underscores=False), limits)


def read_some(*lines: bytes) -> Block:
    block = read(*lines)
    assert block is not None
    return block


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


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (b"GET / HTTP/1.1", (b"GET", b"/", b"1")),
        (b"x-~ //a?b#c\\%| HTTP/1.0", (b"x-~", b"//a?b#c\\%|", b"0")),
        (b"GET  / HTTP/1.1", None),
        (b"GET / HTTP/1.1 ", None),
        (b"GET / HTTP/1.2", None),
        (b"GET / HTTP/1.1\n", None),
        (b"GET\t/ HTTP/1.1", None),
        (b"GET * HTTP/1.1", None),
        (b"GET http://a/ HTTP/1.1", None),
        (b"G(T / HTTP/1.1", None),
        (b"GET /\xe9 HTTP/1.1", None),
        (b"GET /\x7f HTTP/1.1", None),
        (b" GET / HTTP/1.1", None),
        (b"GET / http/1.1", None),
        (b"GET /", None),
    ],
)
def test_a_request_line_has_a_method_and_a_path(line, parts):
    match = match_request_line(line)
    assert (None if match is None else match.groups()) == parts


def test_a_block_has_the_lines_in_their_order():
    block = read_some(b"Host: a", b"X:  1", b"x: 2")
    assert [line[1:3] for line in block.lines] == [(b"Host", b"a"), (b"X", b"1"), (b"x", b"2")]
    assert block.raw == b"Host: a\r\nX:  1\r\nx: 2"
    assert block.wire(frozenset()) == b"Host: a\r\nX: 1\r\nx: 2\r\n"


# lines, length, options, whether it expects to be told to continue, hosts
FRAMINGS = [
    ([b"X: 1"], UNSAID, set(), False, 0),
    ([b"Host: a"], UNSAID, set(), False, 1),
    ([b"Host: a", b"host: b"], UNSAID, set(), False, 2),
    ([b"Content-Length: 07"], 7, set(), False, 0),
    ([b"Transfer-Encoding: chunked"], None, set(), False, 0),
    ([b"Expect: 100-continue", b"Expect: 100-continue"], UNSAID, set(), True, 0),
    ([b"Connection: close", b"connection: X, Y"], UNSAID, {b"close", b"x", b"y"}, False, 0),
    ([b"Connection:"], UNSAID, set(), False, 0),
]


@pytest.mark.parametrize(("lines", "length", "options", "expects", "hosts"), FRAMINGS)
def test_a_block_knows_how_it_frames_a_message(lines, length, options, expects, hosts):
    block = read_some(*lines)
    assert (block.length, block.options) == (length, options)
    assert (block.expects_continue, block.hosts) == (expects, hosts)


@pytest.mark.parametrize(
    "lines",
    [
        (b"Content-Length: 1", b"Content-Length: 1"),
        (b"Content-Length: 0", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 1"),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"X: 1", b"Y"),
        (b"X: 1", b" Y: 1"),
        (b"X: 1", b""),
        (b"",),
    ],
)
def test_lines_that_contradict_each_other_or_are_none_make_no_block(lines):
    assert read(*lines) is None


def test_a_block_has_limits():
    assert read(b"X: " + b"a" * 13, limits=Limits(header=20)) is not None
    assert read(b"X: " + b"a" * 14, limits=Limits(header=20)) is None
    assert read(b"X: 1", b"Y: 1", limits=Limits(fields=2)) is not None
    assert read(b"X: 1", b"Y: 1", b"Z: 1", limits=Limits(fields=2)) is None


def test_what_passes_is_for_everybody():
    block = read_some(b"Connection: X", b"X: 1", b"Y: 2", b"Upgrade: a", b"TE: trailers")
    passed = block.passed()
    assert [line[1] for line in passed.lines] == [b"Y"]
    assert block.passed() is passed
    assert len(block.lines) == 5


def test_lines_of_all_kinds_are_known_together():
    known = KnownLines(forwards_underscores=True)
    assert known.fields[b"X_Y: 1"][0] == b"x_y"
    assert known.statuses[b"HTTP/1.1 204 x"][1] == 204
