"""What heads of requests open, the quick way and the long one."""

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.protocol import Dialect, HeadReceived, KnownLines, Limits
from bfe_py.protocol.h1.body import ChunkedBody, CountedBody
from bfe_py.protocol.h1.opening import Opening, Phase
from bfe_py.protocol.h1.requests import RequestOpener
from tests.kit.messages import NEXT, get, line, post

LIMITS = Limits(target=12, header=60, fields=3)


def opener(limits: Limits = Limits(), dialect: Dialect = Dialect()) -> RequestOpener:  # noqa: B008 - frozen
    known = KnownLines(forwards_underscores=dialect.forwards_underscores)
    return RequestOpener(limits, dialect, known)


def open_quickly(made: RequestOpener, head: bytes, stream: int = 1) -> Opening:
    found = made.recognise(head, stream)
    assert found is not None
    assert found[1] == len(head)
    return found[0]


def open_slowly(made: RequestOpener, head: bytes, stream: int = 1) -> Opening:
    return made.open(head, stream)


WAYS = pytest.mark.parametrize("way", [open_quickly, open_slowly])


@WAYS
@pytest.mark.parametrize(
    ("line", "phase", "body"),
    [
        (b"X: 1", Phase.WHOLE, type(None)),
        (b"Content-Length: 0", Phase.WHOLE, type(None)),
        (b"Content-Length: 3", Phase.BODY, CountedBody),
        (b"Transfer-Encoding: chunked", Phase.BODY, ChunkedBody),
    ],
)
def test_a_request_opens_the_reader_of_its_body(way, line, phase, body):
    head = b"PUT / HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n"
    event, opened, reader = way(opener(), head, 7)
    assert isinstance(event, HeadReceived)
    assert (event.stream, event.end, event.content) == (7, phase is Phase.WHOLE, b"")
    assert opened is phase
    assert type(reader) is body


@WAYS
@pytest.mark.parametrize(
    ("start", "line", "keeps"),
    [
        (b"GET / HTTP/1.1", b"X: 1", True),
        (b"GET / HTTP/1.1", b"Connection: close", False),
        (b"GET / HTTP/1.1", b"Connection: X-A", True),
        (b"GET / HTTP/1.0", b"X: 1", False),
        (b"GET / HTTP/1.0", b"Connection: Keep-Alive", True),
    ],
)
def test_a_request_says_what_its_answer_depends_on(way, start, line, keeps):
    made = opener()
    way(made, start + b"\r\nHost: a\r\n" + line + b"\r\n\r\n")
    assert made.keeps_connection is keeps
    assert (made.method, made.version) == (b"GET", start[-3:])
    made.restart()
    assert (made.method, made.version, made.keeps_connection) == (b"", b"1.1", False)


@WAYS
@pytest.mark.parametrize("expects", [True, False])
def test_a_request_says_whether_it_expects_to_be_told_to_continue(way, expects):
    made = opener()
    extra = [b"Expect: 100-Continue"] if expects else []
    way(made, post(*extra, b"Content-Length: 1"))
    assert made.expects_continue is expects
    made.restart()
    assert not made.expects_continue


def test_no_tunnel_is_kept():
    made = opener()
    head = b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"
    assert made.recognise(head, 1) is None
    made.open(head, 1)
    assert (made.method, made.keeps_connection) == (b"CONNECT", False)


def test_a_tunnel_needs_its_own_form_however_its_lines_came():
    made = opener()
    assert made.recognise(line(b"CONNECT /a HTTP/1.1"), 1) is None
    with pytest.raises(Fault, match="target-form"):
        made.open(line(b"CONNECT /a HTTP/1.1"), 1)


# what is no less a head, or none at all: the other way decides
LEFT_ALONE = [
    b"",
    b"GET / HTTP/1.1\r\nHost: a.t\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\r\n" + get(),
    b"\r\n\r\n",
    line(b"GET http://a.t/ HTTP/1.1"),
    line(b"OPTIONS * HTTP/1.1"),
    line(b"GET / HTTP/1.2"),
    line(b"GET  / HTTP/1.1"),
    line(b"GET / HTTP/1.1 "),
    line(b"GET /\xe9 HTTP/1.1"),
    b"GET / HTTP/1.0\r\nX: 1\r\n\r\n",
    get(b"Host: a.t"),
    get(b"Host:"),
    get(b"X : 1"),
    get(b" X: 1"),
    get(b"X: a\nb"),
    get(b"X: a", b" b"),
    get(b"X_Y: 1"),
    get(b"Content-Length: 1, 1"),
    get(b"Content-Length: 1", b"Transfer-Encoding: chunked"),
    get(b"Expect: x"),
    get(b"Transfer-Encoding: chunked", start=b"GET / HTTP/1.0"),
    get(b"Expect: 100-continue", start=b"GET / HTTP/1.0"),
]


@pytest.mark.parametrize("piece", LEFT_ALONE)
def test_what_is_not_plain_is_left_to_the_other_way(piece):
    made = opener()
    assert made.read(piece) is None
    assert made.recognise(piece, 1) is None
    assert made.take(piece) is None
    assert made.method == b""


@pytest.mark.parametrize(
    ("head", "is_within"),
    [
        (line(b"GET /23456789012 HTTP/1.1"), True),
        (line(b"GET /234567890123 HTTP/1.1"), False),
        (get(b"X: 1", b"Y: 2"), True),
        (get(b"X: 1", b"Y: 2", b"Z: 3"), False),
        (get(b"X: " + b"a" * 42), True),
        (get(b"X: " + b"a" * 43), False),
        (line(b"G" * (LIMITS.target + 64 - 11) + b" / HTTP/1.1"), True),
        (line(b"G" * (LIMITS.target + 64 - 10) + b" / HTTP/1.1"), False),
    ],
)
def test_a_head_beyond_a_limit_is_left_to_the_other_way(head, is_within):
    assert (opener(LIMITS).read(head) is not None) is is_within


@pytest.mark.parametrize(("refuses", "target"), [(True, b"/%"), (True, b"/%2"), (False, b"/%")])
def test_a_bad_escape_is_refused_only_by_the_dialect(refuses, target):
    made = opener(dialect=Dialect(refuses_bad_escapes=refuses))
    head = b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    if refuses:
        assert made.recognise(head, 1) is None
        with pytest.raises(Fault, match="bad-escape-in-path"):
            made.open(head, 1)
    else:
        assert open_quickly(made, head)[1] is Phase.WHOLE
        assert open_slowly(made, head)[1] is Phase.WHOLE


def test_good_escapes_pass_whatever_the_dialect():
    made = opener(dialect=Dialect(refuses_bad_escapes=True))
    assert made.open(line(b"GET /%41 HTTP/1.1"), 1)[1] is Phase.WHOLE
    assert made.read(line(b"GET /a HTTP/1.1")) is not None


def test_names_with_an_underscore_pass_where_the_dialect_forwards_them():
    found = opener(dialect=Dialect(forwards_underscores=True)).read(get(b"X_Y: 1"))
    assert found is not None
    assert list(found[0].headers) == [(b"Host", b"a.t"), (b"X_Y", b"1")]


def test_a_head_ends_where_the_next_byte_begins():
    head = post(b"Content-Length: 30")
    for behind in (b"", b"\r\n\r\n", NEXT):
        found = opener().read(head + behind)
        assert found is not None
        assert found[1] == len(head)


def test_fields_that_come_again_are_known_and_belong_to_each_request():
    made = opener()
    first, second = made.read(get(b"X: 1")), made.read(get(b"X: 1", start=b"PUT /2 HTTP/1.1"))
    assert first is not None
    assert second is not None
    first[0].headers.set(b"X", b"2")
    first[0].headers.add(b"Y", b"3")
    assert list(second[0].headers) == [(b"Host", b"a.t"), (b"X", b"1")]
    assert (second[0].method, second[0].target) == (b"PUT", b"/2")
    for value in (b"1", b"2", b"1"):
        other = made.read(get(b"X: " + value))
        assert other is not None
        assert list(other[0].headers) == [(b"Host", b"a.t"), (b"X", value)]


def test_large_heads_are_read_again_and_again():
    head = get(*[b"X%d: %b" % (number, b"v" * 200) for number in range(20)])
    made = opener()
    for _ in range(2):
        found = made.read(head)
        assert found is not None
        assert len(found[0].headers) == 21


def test_a_request_without_a_body_is_taken_whole():
    made = opener()
    request = made.take(get(b"Connection: close", b"Expect: 100-continue"))
    assert request is not None
    assert (request.method, request.target, request.options) == (b"GET", b"/", {b"close"})
    assert (made.method, made.version) == (b"GET", b"1.1")
    assert (made.expects_continue, made.keeps_connection) == (True, False)


@pytest.mark.parametrize(
    ("head", "keeps"),
    [
        (get(), True),
        (get(b"Connection: keep-alive"), True),
        (get(start=b"GET / HTTP/1.0"), False),
        (get(b"Connection: keep-alive", start=b"GET / HTTP/1.0"), True),
        (get(b"Connection: X-A", start=b"GET / HTTP/1.0"), False),
    ],
)
def test_a_request_that_is_taken_says_whether_it_keeps_the_connection(head, keeps):
    made = opener()
    assert made.take(head) is not None
    assert made.keeps_connection is keeps


@pytest.mark.parametrize(
    "piece",
    [
        get() + b"x",
        get() + NEXT,
        get()[:-1],
        post(b"Content-Length: 2", body=b"hi"),
        post(b"Content-Length: 2"),
        post(b"Transfer-Encoding: chunked"),
    ],
)
def test_anything_but_one_whole_request_without_a_body_is_not_taken(piece):
    made = opener()
    assert made.take(piece) is None
    assert (made.method, made.keeps_connection) == (b"", False)


def test_faults_are_the_clients():
    fault = Fault(Kind.BAD_BODY, "chunk-size")
    assert opener().blame(fault) is fault
