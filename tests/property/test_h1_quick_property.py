"""Heads that are recognised without h11: h11 and the long way make the same of them."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from bfe_py.protocol import Dialect, Limits
from tests.kit.heads import (
    is_request_recognised,
    is_response_recognised,
    request_opener,
    response_opener,
)

MARKS = "!#$%&'*+-.^`|~"
TOKEN = st.text("abcxyzABCXYZ0189" + MARKS, min_size=1, max_size=8).map(str.encode)
VISIBLE = st.text([chr(code) for code in range(0x21, 0x7F)], max_size=12).map(str.encode)
INNER = bytes([0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])
VALUE = st.lists(st.sampled_from(INNER), max_size=12).map(bytes)
BLANKS = st.sampled_from([b"", b" ", b"\t", b"  \t "])

PLAIN_LINES = [
    b"Connection: keep-alive", b"Connection: close", b"connection:X-A, x-b,,", b"Connection: Upgrade, HTTP2-Settings", b"Connection: TE",
    b"Connection:", b"Upgrade: websocket", b"Keep-Alive: timeout=5", b"TE: trailers", b"TE: trailers, gzip", b"Trailer: X-T",
    b"X-A: 1", b"x-a: 2", b"X-B:1", b"X-Empty:", b"Accept: */*", b"Cookie: a=b; c=d", b"Set-Cookie: a=b", b"Proxy-Authorization: Basic eA==",
    b"Content-Type: text/html", b"X-Forwarded-For: 192.0.2.1", b"Vary: *", b"X: \xc3\xa9\xff", b"Via: 1.1 a", b"Date: Tue, 05 Mar 2024 10:11:12 GMT",
]  # fmt: skip
FRAMING_LINES = [
    b"Content-Length: 0", b"Content-Length: 5", b"content-length:\t0070 ", b"Content-Length: 9007199254740992", b"Transfer-Encoding: chunked", b"transfer-encoding:chunked",
]  # fmt: skip
ODD_LINES = [
    b"Content-Length: +5", b"Content-Length: 5, 5", b"Content-Length:", b"Content-Length: 9007199254740993", b"Transfer-Encoding: Chunked", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked;q=1", b"Transfer_Encoding: chunked", b"Transfer-Encoding : chunked", b"Expect: x", b"Expect: 100-continue", b"Host: a", b"host: b", b"Host:", b"Host: a,b",
    b"X_Y: 1", b" folded", b"\tfolded", b"X", b": x", b"", b"X: a\nHost: b", b"X: a\rY", b"X: \x00",
]  # fmt: skip
HOSTS = [b"Host: a.test", b"host:a:80", b"HOST: [::1]:8080 ", b"Host: a_b.", b"Host: A%41"]
PLAIN_TARGETS = [b"/", b"/a?b=c", b"//", b"/%41/%zz", b"/a#b", b"/?http://b/", b"/\\x|{}"]
ODD_TARGETS = [b"*", b"a", b"", b"http://a.test/", b"http://b/x", b"http://u@a/", b"a.test:80"]
STARTS = [b"GET", b"POST", b"HEAD", b"OPTIONS", b"get", b"CONNECT", b"M-SEARCH"]
REASONS = [b"", b" ", b" OK", b" Not Found", b" a\tb \xe9", b" 200", b" ok"]
STATUSES = [b"200", b"204", b"206", b"304", b"404", b"599", b"999", b"100", b"101", b"103"]
METHODS = st.sampled_from([b"GET", b"HEAD", b"POST", b"OPTIONS", b"CONNECT"])
LIMITS = st.one_of(
    st.just(Limits()),
    st.builds(Limits, st.integers(1, 14), st.integers(20, 120), st.integers(1, 6)),
)
DIALECTS = st.builds(Dialect, st.booleans(), st.booleans(), st.booleans(), st.booleans())
BEHIND = st.sampled_from(
    [b"", b"\r\n", b"hello", b"GET / HTTP/1.1\r\nHost: b\r\n\r\n", b"\r\n\r\n"]
)

OWN_LINES = st.builds(
    lambda name, before, value, after: name + b":" + before + value + after,
    TOKEN.map(lambda token: b"X-" + token),
    BLANKS,
    VALUE,
    BLANKS,
)
PLAIN_FIELDS = st.lists(st.one_of(st.sampled_from(PLAIN_LINES), OWN_LINES), max_size=6)
FRAMING = st.lists(st.sampled_from(FRAMING_LINES), max_size=1)
FIELDS = st.lists(
    st.one_of(st.sampled_from(PLAIN_LINES + FRAMING_LINES + HOSTS + ODD_LINES), OWN_LINES),
    max_size=6,
)
PLAIN_STARTS = st.builds(
    lambda method, target, minor: method + b" " + target + b" HTTP/1." + minor,
    st.one_of(st.sampled_from([b"GET", b"POST", b"HEAD", b"get"]), TOKEN).filter(
        lambda method: method != b"CONNECT"
    ),
    st.one_of(st.sampled_from(PLAIN_TARGETS), VISIBLE.map(lambda rest: b"/" + rest)),
    st.sampled_from([b"0", b"1"]),
)
ANY_STARTS = st.builds(
    lambda method, target, version: method + b" " + target + b" HTTP/" + version,
    st.one_of(st.sampled_from(STARTS), TOKEN),
    st.sampled_from(PLAIN_TARGETS + ODD_TARGETS),
    st.sampled_from([b"1.1", b"1.1", b"1.0", b"1.2", b"2.0", b"1.10", b"0.9"]),
)


def status_lines(versions: list[bytes], statuses: list[bytes]) -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda version, status, reason: b"HTTP/" + version + b" " + status + reason,
        st.sampled_from(versions),
        st.sampled_from(statuses),
        st.sampled_from(REASONS),
    )


PLAIN_STATUS_LINES = status_lines([b"1.1", b"1.0"], STATUSES[:7])
ANY_STATUS_LINES = status_lines([b"1.1", b"1.1", b"1.0", b"1.2", b"2.0"], STATUSES)

PIECES = [bytes([code]) for code in range(256)] + [
    b"\r\n", b"\r\n\r\n", b"\r\n ", b"\n", b"\r", b"\x00", b" ", b"\t", b":", b",", b"_", b"HTTP/1.1", b"chunked", b"Host: b\r\n", b"Content-Length: 3\r\n",
    b"\r\nTransfer-Encoding: chunked", b"\x0b", b"\x85", b"\xa0", b"\x7f",
]  # fmt: skip
Change = Callable[[bytes], bytes]


def change(place: int, length: int, piece: bytes) -> Change:
    """Puts `piece` for `length` bytes at `place`, counted round and round."""

    def apply(wire: bytes) -> bytes:
        at = place % (len(wire) + 1)
        return wire[:at] + piece + wire[at + length :]

    return apply


CHANGES = st.lists(
    st.builds(change, st.integers(0, 400), st.integers(0, 3), st.sampled_from(PIECES)), max_size=3
)


def head_of(start: bytes, lines: list[bytes], changes: list[Change]) -> bytes:
    """A head of those lines, changed by bytes."""
    wire = b"\r\n".join([start, *lines, b"", b""])
    for apply in changes:
        wire = apply(wire)
    return wire


@given(PLAIN_STARTS, st.permutations(range(8)), PLAIN_FIELDS, FRAMING, st.sampled_from(HOSTS))
@settings(max_examples=300)
def test_a_plain_request_is_recognised(start, order, fields, framing, host):
    if start.endswith(b"0"):
        framing = [line for line in framing if b"chunked" not in line]
    lines = [host, *fields, *framing]
    lines = [lines[place] for place in order if place < len(lines)]
    assert is_request_recognised(head_of(start, lines, []))


@given(PLAIN_STATUS_LINES, PLAIN_FIELDS, FRAMING, METHODS)
@settings(max_examples=300)
def test_a_plain_response_is_recognised(start, fields, framing, method):
    if start.startswith(b"HTTP/1.0"):
        framing = [line for line in framing if b"chunked" not in line]
    lines = [b"Server: a", *framing, *fields]
    assert is_response_recognised(head_of(start, lines, []), method)


@given(ANY_STARTS, FIELDS, CHANGES, BEHIND, DIALECTS, LIMITS)
@settings(max_examples=1000)
def test_whatever_is_recognised_of_a_request_everybody_hears_alike(
    start, lines, changes, behind, dialect, limits
):
    piece = head_of(start, [b"Host: a.test", *lines], changes) + behind
    is_request_recognised(piece, dialect, limits)


@given(PLAIN_STARTS, PLAIN_FIELDS, FRAMING, CHANGES.filter(bool), BEHIND)
@settings(max_examples=1000)
def test_whatever_is_recognised_of_a_changed_request_everybody_hears_alike(
    start, fields, framing, changes, behind
):
    is_request_recognised(head_of(start, [*fields, b"Host: a", *framing], changes) + behind)


@given(ANY_STATUS_LINES, FIELDS, CHANGES, BEHIND, METHODS, LIMITS)
@settings(max_examples=1000)
def test_whatever_is_recognised_of_a_response_everybody_hears_alike(
    start, lines, changes, behind, method, limits
):
    is_response_recognised(head_of(start, lines, changes) + behind, method, limits)


@given(PLAIN_STATUS_LINES, PLAIN_FIELDS, FRAMING, CHANGES.filter(bool), BEHIND, METHODS)
@settings(max_examples=1000)
def test_whatever_is_recognised_of_a_changed_response_everybody_hears_alike(
    start, fields, framing, changes, behind, method
):
    is_response_recognised(head_of(start, [*fields, *framing], changes) + behind, method)


HEADS_IN_TURN = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(range(4)), CHANGES), min_size=2, max_size=8
)


@given(
    st.lists(PLAIN_STARTS, min_size=4, max_size=4),
    st.lists(st.tuples(PLAIN_FIELDS, FRAMING), min_size=4, max_size=4),
    HEADS_IN_TURN,
)
@settings(max_examples=300)
def test_requests_that_came_before_change_nothing(starts, blocks, turns):
    """The same starts and blocks of fields come again and again, now and then with a change."""
    opener = request_opener()
    for start, block, changes in turns:
        fields, framing = blocks[block]
        piece = head_of(starts[start], [b"Host: a", *fields, *framing], changes)
        assert is_request_recognised(piece, opener=opener) is is_request_recognised(piece)


@given(
    st.lists(PLAIN_STATUS_LINES, min_size=4, max_size=4),
    st.lists(st.tuples(PLAIN_FIELDS, FRAMING), min_size=4, max_size=4),
    HEADS_IN_TURN,
    st.lists(METHODS, min_size=8, max_size=8),
)
@settings(max_examples=300)
def test_responses_that_came_before_change_nothing(starts, blocks, turns, methods):
    opener = response_opener()
    for (start, block, changes), method in zip(turns, methods, strict=False):
        fields, framing = blocks[block]
        piece = head_of(starts[start], [*fields, *framing], changes)
        opener.restart(method, offers_switch=False)
        known = is_response_recognised(piece, method, opener=opener)
        assert known is is_response_recognised(piece, method)
