"""Where a head ends, and which bytes it may not hold."""

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.protocol.h1.scan import HeadScanner, find_bad_byte


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"plain\tline\r\n", None),
        (b"obs \xff text\r", None),
        (b"a\nb", (1, "bare-lf")),
        (b"a\rb", (1, "bare-cr")),
        (b"a\x00b\n", (1, "nul")),
        (b"a\x1bb", (1, "control-byte")),
        (b"\x7f", (0, "control-byte")),
    ],
)
def test_the_first_byte_that_no_line_may_hold_is_found(line, found):
    assert find_bad_byte(line, 0, len(line)) == found


def test_a_byte_behind_the_end_is_not_judged():
    assert find_bad_byte(b"ab\x00", 0, 2) is None


def test_one_head_after_the_other_is_found():
    scanner = HeadScanner(10, 20)
    assert scanner.take(b"GET /\r\nA: 1\r\n\r\nrest", skips_line=False) == b"GET /\r\nA: 1\r\n\r\n"
    assert scanner.stop == 15
    seen = bytearray()
    for byte in b"PUT /\r\n\r":
        seen.append(byte)
        assert scanner.take(seen, skips_line=False) is None
    seen += b"\n"
    assert scanner.take(seen, skips_line=False) == b"PUT /\r\n\r\n"


def test_one_empty_line_is_passed_over_where_it_may_be():
    scanner = HeadScanner(10, 20)
    assert scanner.take(b"\r\n", skips_line=True) is None
    assert scanner.is_untouched(b"\r\n")
    assert not scanner.is_untouched(b"\r\nG")
    assert scanner.take(b"\r\nGET /\r\n\r\n", skips_line=True) == b"GET /\r\n\r\n"
    assert scanner.stop == 11
    assert scanner.is_untouched(b"")


@pytest.mark.parametrize(
    ("seen", "skips_line", "kind", "word"),
    [
        (b"\r\nGET", False, Kind.BAD_REQUEST, "empty-line"),
        (b"\r\n\r\n", True, Kind.BAD_REQUEST, "empty-line"),
        (b"GET /\n", False, Kind.BAD_REQUEST, "bare-lf"),
        (b"GET /aaaaaaa", False, Kind.TARGET_TOO_LONG, "start-line-too-long"),
        (b"GET /aaaaaa\r\n\r\n", False, Kind.TARGET_TOO_LONG, "start-line-too-long"),
        (b"GET /\r\n" + b"a" * 22, False, Kind.HEADER_TOO_LARGE, "header-too-large"),
        (b"GET /\r\n" + b"a" * 17 + b"\r\n\r\n", False, Kind.HEADER_TOO_LARGE, "header-too-large"),
        (b"GET /aaaaa\x00aaaa", False, Kind.BAD_REQUEST, "nul"),
        (b"GET /aaaaaaa\x00", False, Kind.TARGET_TOO_LONG, "start-line-too-long"),
    ],
)
def test_what_cannot_become_a_head_is_refused_by_what_came_first(seen, skips_line, kind, word):
    with pytest.raises(Fault) as caught:
        HeadScanner(10, 20).take(seen, skips_line=skips_line)
    assert (caught.value.kind, caught.value.detail) == (kind, word)


def test_the_largest_head_passes():
    head = b"GET /aaaaa\r\n" + b"a" * 16 + b"\r\n\r\n"
    assert HeadScanner(10, 20).take(head, skips_line=False) == head
