"""The blocks that known lines make, and what a message with them is."""

import pytest

from bfe_py.protocol import KnownLines, Limits
from bfe_py.protocol.h1.quick import UNSAID, Block, read_block


def read(*lines: bytes, limits: Limits = Limits()) -> Block | None:  # noqa: B008 - frozen
    return read_block(b"\r\n".join(lines), KnownLines(forwards_underscores=False), limits)


def read_some(*lines: bytes) -> Block:
    block = read(*lines)
    assert block is not None
    return block


def test_a_block_has_the_lines_in_their_order():
    block = read_some(b"Host: a", b"X:  1", b"x: 2")
    assert [line[1:3] for line in block.lines] == [(b"Host", b"a"), (b"X", b"1"), (b"x", b"2")]
    assert block.tail == b"Host: a\r\nX:  1\r\nx: 2\r\n\r\n"
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
    ("lines", "is_plain"),
    [
        ([b"Host: a"], True),
        ([b"X: 1", b"Connection: keep-alive", b"Host: a"], True),
        ([b"Host: a", b"Connection:", b"Connection: Keep-Alive, keep-alive"], True),
        ([b"X: 1"], False),
        ([b"Host: a", b"Host: a"], False),
        ([b"Host: a", b"Connection: close"], True),
        ([b"Host: a", b"Connection: close, x"], False),
        ([b"Host: a", b"Connection: keep-alive, X"], False),
        ([b"Host: a", b"Content-Length: 0"], False),
        ([b"Host: a", b"Content-Length: 1"], False),
        ([b"Host: a", b"Transfer-Encoding: chunked"], False),
        ([b"Host: a", b"Expect: 100-continue"], False),
        ([b"Host: a", b"te: trailers"], False),
        ([b"Host: a", b"UPGRADE: h2c"], False),
    ],
)
def test_a_block_is_plain_if_nothing_of_it_but_its_host_is_looked_at(lines, is_plain):
    assert read_some(*lines).is_plain is is_plain


@pytest.mark.parametrize(
    ("lines", "counted"),
    [
        ([b"Content-Length: 0"], 0),
        ([b"Content-Length: 007", b"Connection: keep-alive"], 7),
        ([b"X: 1"], -1),
        ([b"Transfer-Encoding: chunked"], -1),
        ([b"Content-Length: 7", b"Connection: close"], -1),
        ([b"Content-Length: 7", b"Connection: keep-alive, X"], -1),
    ],
)
def test_a_block_counts_the_body_behind_which_a_connection_is_kept(lines, counted):
    assert read_some(*lines).counted == counted


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
    assert block.kept is None
    passed = block.passed()
    assert block.kept is passed
    assert [line[1] for line in passed.lines] == [b"Y"]
    assert block.passed() is passed
    assert len(block.lines) == 5
