"""Requests that are taken by fields that an earlier one had."""

import pytest

from bfe_py.protocol import Dialect, Limits
from bfe_py.protocol.h1.requests import RequestOpener
from tests.kit.heads import request_opener
from tests.kit.messages import NEXT, get, line

LIMITS = Limits(target=12, header=60, fields=3)
KNOWN = get(b"X: 1")


def knowing(
    head: bytes = KNOWN,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    dialect: Dialect = Dialect(),  # noqa: B008 - frozen
) -> RequestOpener:
    """One that has taken `head` before."""
    made = request_opener(dialect, limits)
    assert made.take(head) is not None
    made.restart()
    return made


@pytest.mark.parametrize(
    ("start", "is_plain", "keeps"),
    [
        (b"GET /a?b HTTP/1.1", True, True),
        (b"HEAD / HTTP/1.1", True, True),
        (b"POST / HTTP/1.1", False, True),
        (b"TRACE / HTTP/1.1", False, True),
        (b"GET //a HTTP/1.1", False, True),
        (b"GET /%41 HTTP/1.1", False, True),
        (b"GET /a HTTP/1.0", True, False),
    ],
)
def test_a_request_with_fields_that_are_known_is_taken_as_any_other(start, is_plain, keeps):
    head = get(b"X: 1", start=start)
    made, other = knowing(), request_opener()
    one, two = made.take(head), other.take(head)
    assert one == two
    assert one is not None
    assert list(one.headers) == [(b"Host", b"a.t"), (b"X", b"1")]
    assert (one.is_plain, one.version) == (is_plain, start[-3:])
    for each in (made, other):
        assert (each.method, each.version) == (one.method, one.version)
        assert (each.keeps_connection, each.expects_continue) == (keeps, False)


def test_a_request_without_an_answer_of_its_own_does_not_expect_what_the_last_one_did():
    made = knowing()
    assert made.take(get(b"Expect: 100-continue")) is not None
    assert made.expects_continue
    assert made.take(KNOWN) is not None
    assert made.take(KNOWN) is not None
    assert not made.expects_continue


@pytest.mark.parametrize("lines", [(b"Connection: keep-alive",), (b"Connection: close",), (b"Connection: x",), (b"Content-Length: 0",), (b"TE: x",), (b"Upgrade: x",), (b"Expect: 100-continue",)])  # fmt: skip
def test_fields_that_are_known_mean_what_they_meant(lines):
    head = get(*lines)
    made = request_opener()
    first = made.take(head)
    noted = made.keeps_connection, made.expects_continue
    assert first is not None
    assert first.is_plain is (lines[0] in (b"Connection: keep-alive", b"Connection: close"))
    assert made.take(head) == first
    assert (made.keeps_connection, made.expects_continue) == noted


@pytest.mark.parametrize(
    "piece",
    [
        b"",
        b"\r\n",
        KNOWN + b"x",
        KNOWN + b"\r\n",
        KNOWN + KNOWN,
        KNOWN + NEXT,
        KNOWN[:-1],
        KNOWN[:-2],
        KNOWN[:-4],
        KNOWN[1 + KNOWN.find(b"\n") :],
        KNOWN[KNOWN.find(b"\r\n") :],
        b"\r\n" + KNOWN,
        b"x" + KNOWN[KNOWN.find(b"\r\n") :],
        NEXT + KNOWN[1 + KNOWN.find(b"\n") :],
        KNOWN.replace(b"\r\n", b"\n", 1),
        KNOWN.replace(b"\r\n", b"\r\n\r\n", 1),
        KNOWN.replace(b"\r\n", b"\r\r\n", 1),
        get(b"X: 1", start=b"CONNECT /a HTTP/1.1"),
        get(b"X: 1", start=b"CONNECT a:1 HTTP/1.1"),
        get(b"X: 1", start=b"GET http://b/ HTTP/1.1"),
        get(b"X: 1", start=b"GET / HTTP/1.1\nContent-Length: 3"),
        get(b"X: 1", start=b"GET / HTTP/1.1\rContent-Length: 3"),
        get(b"X: 1", start=b"GET / HTTP/2.0"),
        get(b"X: 1", b"Content-Length: 3"),
        get(b"X: 1", b"Transfer-Encoding: chunked"),
        get(b"Content-Length: 3", b"X: 1"),
        get(b"Content-Length: 3\r\nHost: a.t", b"X: 1"),
    ],
)
def test_beside_fields_that_are_known_there_is_nothing(piece):
    made = knowing()
    assert made.take(piece) is None
    assert (made.method, made.keeps_connection) == (b"", False)
    assert made.take(KNOWN) is not None


def test_fields_that_others_begin_or_end_with_are_not_taken_for_them():
    heads = [get(), get(b"X: 1"), get(b"X: 1", b"Y: 2"), get(b"X: 12"), b"GET / HTTP/1.1\r\nY: 2\r\nHost: a.t\r\n\r\n"]  # fmt: skip
    for known in heads:
        for head in heads:
            assert knowing(known).take(head) == request_opener().take(head)


def test_limits_hold_for_fields_that_are_known():
    made = knowing(get(), LIMITS)
    assert made.take(line(b"GET /23456789012 HTTP/1.1")) is not None
    assert made.take(line(b"GET /234567890123 HTTP/1.1")) is None
    longest = LIMITS.target + 64 - len(b" / HTTP/1.1")
    assert made.take(line(b"G" * longest + b" / HTTP/1.1")) is not None
    assert made.take(line(b"G" * (longest + 1) + b" / HTTP/1.1")) is None


def test_a_bad_escape_is_refused_behind_fields_that_are_known_too():
    made = knowing(get(), dialect=Dialect(refuses_bad_escapes=True))
    assert made.take(line(b"GET /a HTTP/1.1")) is not None
    assert made.take(line(b"GET /% HTTP/1.1")) is None


def test_large_blocks_of_fields_are_taken_again_and_again():
    head = get(*[b"X%d: %b" % (number, b"v" * 200) for number in range(20)])
    made = knowing(head)
    assert made.take(head) == request_opener().take(head)
