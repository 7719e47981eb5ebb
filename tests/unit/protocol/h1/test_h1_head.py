"""Heads from bytes."""

import pytest

from bfe_py.model import Fault, Headers, Kind
from bfe_py.protocol import Dialect, Limits
from bfe_py.protocol.h1.head import parse_request, parse_response


def respond(head: bytes, method: bytes = b"GET", *, dialect=Dialect()):  # noqa: B008 - frozen
    return parse_response(head, Limits(), method, dialect)


def parse(head: bytes, *, limits=Limits(), dialect=Dialect()):  # noqa: B008 - frozen
    return parse_request(head, limits, dialect)


def test_a_request_keeps_names_and_order_as_they_came():
    head = parse(b"GET /x HTTP/1.1\r\nhost: a.t\r\nX-b:  1 \r\nX-B: 2\r\n\r\n")
    assert (head.method, head.target, head.version) == (b"GET", b"/x", b"1.1")
    assert list(head.headers) == [(b"host", b"a.t"), (b"X-b", b"1"), (b"X-B", b"2")]
    assert head.headers.get(b"x-b") == b"1"
    assert (head.body_length, head.authority, head.expects_continue) == (0, None, False)


@pytest.mark.parametrize(
    ("line", "length"),
    [(b"Content-Length: 5", 5), (b"Content-Length: 0", 0), (b"Transfer-Encoding: chunked", None)],
)
def test_a_request_knows_how_long_its_body_is(line, length):
    assert parse(b"PUT / HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n").body_length == length


@pytest.mark.parametrize(("forwards", "count"), [(False, 1), (True, 2)])
def test_a_name_with_an_underscore_needs_the_dialect(forwards, count):
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX_Y: 1\r\n\r\n"
    dialect = Dialect(forwards_underscores=forwards)
    assert len(parse(head, dialect=dialect).headers) == count


def test_an_underscore_elsewhere_drops_nothing():
    assert len(parse(b"GET /_ HTTP/1.1\r\nHost: a\r\nX: _\r\n\r\n").headers) == 2


@pytest.mark.parametrize("accepts", [False, True])
def test_the_authority_of_the_target_wins_only_by_the_dialect(accepts):
    head = b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"
    dialect = Dialect(accepts_authority_conflict=accepts)
    if accepts:
        assert parse(head, dialect=dialect).authority == b"b"
    else:
        with pytest.raises(Fault, match="host-conflict"):
            parse(head, dialect=dialect)


def test_the_authority_of_the_target_may_agree_with_host_or_stand_alone():
    assert parse(b"GET http://A/ HTTP/1.1\r\nHost: a:80\r\n\r\n").authority == b"A"
    assert parse(b"GET http://a/ HTTP/1.0\r\n\r\n").authority == b"a"


@pytest.mark.parametrize(
    ("head", "kind", "word"),
    [
        (b"GET /\r\nHost: a\r\n\r\n", Kind.BAD_REQUEST, "request-line"),
        (b"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", Kind.BAD_REQUEST, "method"),
        (b"GET / HTTP/x\r\nHost: a\r\n\r\n", Kind.BAD_REQUEST, "version"),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", Kind.VERSION_UNSUPPORTED, "version-unsupported"),
        (b"GET / HTTP/1.1\r\n\r\n", Kind.BAD_REQUEST, "host-missing"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Kind.BAD_REQUEST, "host-multiple"),
        (b"GET / HTTP/1.1\r\nHost: \r\n\r\n", Kind.BAD_REQUEST, "host-invalid"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", Kind.EXPECT_UNKNOWN, "expect"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n", Kind.BAD_REQUEST, "field-name-blank"),
    ],
)
def test_a_request_that_breaks_the_rules_is_refused(head, kind, word):
    with pytest.raises(Fault) as caught:
        parse(head)
    assert (caught.value.kind, caught.value.detail) == (kind, word)


def test_a_target_has_a_limit():
    limits = Limits(target=5)
    assert parse(b"GET /aaaa HTTP/1.1\r\nHost: a\r\n\r\n", limits=limits).target == b"/aaaa"
    with pytest.raises(Fault) as caught:
        parse(b"GET /aaaaa HTTP/1.1\r\nHost: a\r\n\r\n", limits=limits)
    assert caught.value.kind is Kind.TARGET_TOO_LONG


def test_an_expectation_counts_from_1_1_on():
    lines = b"\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"
    assert parse(b"PUT / HTTP/1.1" + lines).expects_continue
    assert not parse(b"PUT / HTTP/1.0" + lines).expects_continue


@pytest.mark.parametrize(
    ("method", "head", "length", "is_chunked"),
    [
        (b"GET", b"HTTP/1.1 200 OK\r\n\r\n", None, False),
        (b"GET", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 3, False),
        (b"GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", None, True),
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 0, False),
        (b"HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, False),
        (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n", 0, False),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 0, False),
        (b"GET", b"HTTP/1.1 100 Continue\r\n\r\n", 0, False),
        (b"GET", b"HTTP/1.1 101 Switching\r\nUpgrade: ws\r\n\r\n", 0, False),
    ],
)
def test_a_response_knows_how_its_body_ends(method, head, length, is_chunked):
    response, chunked = respond(head, method)
    assert (response.body_length, chunked) == (length, is_chunked)


def test_a_response_keeps_what_its_backend_wrote():
    response, _ = respond(b"HTTP/1.0 404 Not here\r\nx-A: 1\r\n\r\n")
    assert (response.status, response.reason, response.version) == (404, b"Not here", b"1.0")
    assert response.headers == Headers([(b"x-A", b"1")])
    assert respond(b"HTTP/1.1 200\r\n\r\n")[0].reason == b""


@pytest.mark.parametrize(("minor", "known"), [(b"0", b"1.0"), (b"1", b"1.1"), (b"9", b"1.1")])
def test_a_later_minor_version_is_read_as_the_last_one_known(minor, known):
    assert parse(b"GET / HTTP/1." + minor + b"\r\nHost: a\r\n\r\n").version == known
    assert respond(b"HTTP/1." + minor + b" 200 OK\r\n\r\n")[0].version == known


@pytest.mark.parametrize("accepts", [False, True])
def test_chunks_beside_a_length_need_the_dialect(accepts):
    head = b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n"
    dialect = Dialect(accepts_odd_responses=accepts)
    if accepts:
        response, is_chunked = respond(head, dialect=dialect)
        assert (response.body_length, is_chunked) == (None, True)
    else:
        with pytest.raises(Fault, match="te-and-cl"):
            respond(head, dialect=dialect)


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"HTTP/1.1 OK\r\n\r\n", "status-line"),
        (b"HTTP/3.0 200 OK\r\n\r\n", "version"),
        (b"HTTP/1.1 200 OK\r\nnone\r\n\r\n", "field-no-colon"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "cl-invalid"),
    ],
)
def test_a_response_that_breaks_the_rules_is_refused(head, word):
    with pytest.raises(Fault) as caught:
        respond(head)
    assert caught.value.detail == word
