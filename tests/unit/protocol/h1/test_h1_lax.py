"""Heads of responses with odd line ends."""

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.protocol import Dialect
from bfe_py.protocol.h1.lax import LaxHeadScanner
from bfe_py.protocol.h1.scan import HeadScanner
from tests.kit.codec import asking, content_of, feed_three_ways, head_of, is_whole

HEAD = b"HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n"
BEHIND = b"\nx\r\n\r\n\n\ny"


def scan(wire: bytes, limit: int = 100) -> tuple[bytes | None, int]:
    scanner = LaxHeadScanner(limit, limit)
    return scanner.take(wire, skips_line=False), scanner.stop


@pytest.mark.parametrize(
    "wire",
    [
        HEAD,
        HEAD.replace(b"\r\n", b"\n"),
        b"HTTP/1.1 200 OK\nA: 1\r\nB: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: 1\nB: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\n",
    ],
)
def test_every_line_of_a_head_ends_with_crlf_however_it_came(wire):
    assert scan(wire) == (HEAD, len(wire))
    assert scan(wire + BEHIND) == (HEAD, len(wire))
    scanner = LaxHeadScanner(100, 100)
    for stop in range(1, len(wire)):
        assert scanner.take(wire[:stop], skips_line=False) is None
    for _ in range(2):
        assert scanner.take(wire, skips_line=False) == HEAD


@pytest.mark.parametrize(
    ("wire", "limit", "kind", "word"),
    [
        (b"HTTP/1.1 200 OK\nA: 1\rB: 2\n\n", 100, Kind.BAD_REQUEST, "bare-cr"),
        (b"HTTP/1.1 200 OK\nA: \x00\n\n", 100, Kind.BAD_REQUEST, "nul"),
        (b"\nHTTP/1.1 200 OK\n\n", 100, Kind.BAD_REQUEST, "empty-line"),
        (b"HTTP/1.1 200 OK\nA: 1\n\n", 10, Kind.TARGET_TOO_LONG, "start-line-too-long"),
        (b"HTTP/1.1 200 OK\nA: 123456789012345", 15, Kind.HEADER_TOO_LARGE, "header-too-large"),
    ],
)
def test_nothing_else_is_forgiven(wire, limit, kind, word):
    with pytest.raises(Fault) as caught:
        scan(wire, limit)
    assert (caught.value.kind, caught.value.detail) == (kind, word)


def test_a_strict_scanner_forgives_nothing():
    with pytest.raises(Fault, match="bare-lf"):
        HeadScanner(100, 100).take(HEAD.replace(b"\r\n", b"\n"), skips_line=False)


@pytest.mark.parametrize("interim", [b"", b"HTTP/1.1 103 Early Hints\n\n"])
def test_a_response_with_odd_line_ends_is_read(interim):
    wire = interim + b"HTTP/1.1 200 OK\nContent-Length: 5\n\na\n\nbc"
    make = asking(dialect=Dialect(accepts_odd_responses=True))
    seen = feed_three_ways(make, wire)
    assert (head_of(seen[-3:]).status, content_of(seen), is_whole(seen)) == (200, b"a\n\nbc", True)
