"""What heads of responses open, the quick way and the long one."""

import pytest

from bfe_py.model import Fault, Kind, ResponseHead
from bfe_py.protocol import Dialect, HeadReceived, InterimReceived, KnownLines, Limits
from bfe_py.protocol.h1.body import ChunkedBody, CountedBody, UnboundedBody
from bfe_py.protocol.h1.opening import Opening, Phase
from bfe_py.protocol.h1.responses import ResponseOpener
from tests.kit.messages import ok

ODD = Dialect(accepts_odd_responses=True)
BOTH = ok(b"Transfer-Encoding: chunked", b"Content-Length: 2")


def opener(
    method: bytes = b"GET",
    *,
    offers_switch: bool = False,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    dialect: Dialect = Dialect(),  # noqa: B008 - frozen
) -> ResponseOpener:
    made = ResponseOpener(limits, dialect, KnownLines(forwards_underscores=True))
    made.restart(method, offers_switch=offers_switch)
    return made


def open_quickly(made: ResponseOpener, head: bytes, stream: int = 1) -> Opening:
    found = made.recognise(head, stream)
    assert found is not None
    assert found[1] == len(head)
    return found[0]


def open_slowly(made: ResponseOpener, head: bytes, stream: int = 1) -> Opening:
    return made.open(head, stream)


WAYS = pytest.mark.parametrize("way", [open_quickly, open_slowly])


@WAYS
@pytest.mark.parametrize(
    ("method", "head", "phase", "body", "keeps"),
    [
        (b"GET", ok(b"A: b", start=b"HTTP/1.1 204 x"), Phase.WHOLE, type(None), True),
        (b"GET", ok(b"Content-Length: 3", start=b"HTTP/1.1 304 x"), Phase.WHOLE, type(None), True),
        (b"HEAD", ok(b"Content-Length: 3"), Phase.WHOLE, type(None), True),
        (b"HEAD", ok(b"A: b"), Phase.WHOLE, type(None), True),
        (b"GET", ok(b"Content-Length: 0"), Phase.WHOLE, type(None), True),
        (b"GET", ok(b"Content-Length: 3"), Phase.BODY, CountedBody, True),
        (b"GET", ok(b"Transfer-Encoding: chunked"), Phase.BODY, ChunkedBody, True),
        (b"GET", ok(b"A: b"), Phase.BODY, UnboundedBody, False),
        (b"GET", ok(b"Content-Length: 3", b"Connection: close"), Phase.BODY, CountedBody, False),
        (b"GET", ok(b"Content-Length: 3", start=b"HTTP/1.0 200 x"), Phase.BODY, CountedBody, False),
    ],
)
def test_a_response_opens_the_reader_of_its_body(way, method, head, phase, body, keeps):
    made = opener(method)
    event, opened, reader = way(made, head, 3)
    assert isinstance(event, HeadReceived)
    assert (event.stream, event.end, event.content) == (3, phase is Phase.WHOLE, b"")
    assert opened is phase
    assert type(reader) is body
    assert (made.keeps_connection, made.has_answered) == (keeps, True)
    assert isinstance(event.head, ResponseHead)
    assert event.head.options == frozenset()


@WAYS
@pytest.mark.parametrize(("status", "keeps"), [(b"200", False), (b"299", False), (b"403", True)])
def test_a_tunnel_is_never_used_again(way, status, keeps):
    made = opener(b"CONNECT")
    way(made, ok(b"Content-Length: 0", start=b"HTTP/1.1 " + status + b" x"))
    assert made.keeps_connection is keeps


@WAYS
def test_what_is_for_this_hop_is_taken_out(way):
    head = ok(b"Connection: X-A, Vary", b"X-A: 1", b"Keep-Alive: 5", b"Vary: x", b"TE: trailers")
    event, _, _ = way(opener(), head)
    assert list(event.head.headers) == [(b"Vary", b"x")]


@WAYS
def test_an_underscore_in_a_name_deceives_nobody(way):
    event, _, _ = way(opener(), ok(b"X_A: 1"))
    assert list(event.head.headers) == [(b"X_A", b"1")]


def test_interim_responses_leave_the_head_to_come():
    made = opener()
    early = ok(b"Connection: X-A", b"X-A: 1", b"Link: b", start=b"HTTP/1.1 103 Early")
    assert made.recognise(early, 1) is None
    for _ in range(100):
        event, phase, reader = made.open(early, 1)
        assert isinstance(event, InterimReceived)
        assert list(event.head.headers) == [(b"Link", b"b")]
        assert event.head.options == frozenset()
        assert (phase, reader) == (Phase.HEAD, None)
    with pytest.raises(Fault, match="too-many-interims"):
        made.open(early, 1)
    made.restart(b"GET", offers_switch=False)
    assert made.open(early, 1)[1] is Phase.HEAD


def test_a_switch_must_have_been_offered():
    switch = ok(b"Upgrade: ws", b"Connection: Upgrade", start=b"HTTP/1.1 101 Switching")
    assert opener(offers_switch=True).recognise(switch, 1) is None
    with pytest.raises(Fault, match="switch-unasked"):
        opener().open(switch, 1)
    made = opener(offers_switch=True)
    event, phase, reader = made.open(switch, 1)
    assert (phase, reader, made.keeps_connection) == (Phase.SWITCHED, None, False)
    assert isinstance(event, HeadReceived)
    assert (event.end, event.head.headers.get(b"upgrade")) == (True, b"ws")


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_of_a_length_beside_chunks_nothing_is_left_but_doubt(method):
    made = opener(method, dialect=ODD)
    assert made.recognise(BOTH, 1) is None
    event, _, reader = made.open(BOTH, 1)
    assert isinstance(event, HeadReceived)
    assert b"content-length" not in event.head.headers
    assert not made.keeps_connection
    assert type(reader) is (ChunkedBody if method == b"GET" else type(None))
    with pytest.raises(Fault, match="te-and-cl"):
        opener(method).open(BOTH, 1)


@WAYS
@pytest.mark.parametrize("line", [b"Transfer-Encoding: chunked", b"Content-Length: 2"])
def test_one_framing_leaves_no_doubt(way, line):
    made = opener(dialect=ODD)
    way(made, ok(line))
    assert made.keeps_connection


# what is no less a head, or none at all: the other way decides
LEFT_ALONE = [
    b"",
    ok(b"A: b")[:-1],
    ok(),
    b"\r\n" + ok(b"A: b"),
    ok(b"A: b", start=b"HTTP/1.2 200 OK"),
    ok(b"A: b", start=b"HTTP/1.1 200OK"),
    ok(b"A: b", start=b"HTTP/1.1 20 OK"),
    ok(b"A: b", start=b"HTTP/1.1 100 Continue"),
    ok(b"A: b", start=b"HTTP/1.1 200 a\x01b"),
    ok(b"A : b"),
    ok(b"Host: a b"),
    ok(b"Content-Length: +1"),
    ok(b"Content-Length: 1", b"Content-Length: 1"),
    ok(b"Transfer-Encoding: gzip"),
    ok(b"Transfer-Encoding: chunked", start=b"HTTP/1.0 200 OK"),
    BOTH,
]


@pytest.mark.parametrize("piece", LEFT_ALONE)
def test_what_is_not_plain_is_left_to_the_other_way(piece):
    made = opener()
    assert made.read(piece) is None
    assert made.recognise(piece, 1) is None
    assert made.take(piece) is None
    assert not made.has_answered


@pytest.mark.parametrize(
    ("head", "is_within"),
    [
        (ok(b"X: 1", start=b"HTTP/1.1 200 " + b"a" * 27), True),
        (ok(b"X: 1", start=b"HTTP/1.1 200 " + b"a" * 28), False),
        (ok(b"X: " + b"a" * 33), True),
        (ok(b"X: " + b"a" * 34), False),
        (ok(b"X: 1", b"Y: 1"), True),
        (ok(b"X: 1", b"Y: 1", b"Z: 1"), False),
    ],
)
def test_a_head_beyond_a_limit_is_left_to_the_other_way(head, is_within):
    made = opener(limits=Limits(header=40, fields=2))
    assert (made.read(head) is not None) is is_within


def test_a_status_may_come_without_a_reason():
    for start in (b"HTTP/1.1 200", b"HTTP/1.1 200 "):
        found = opener().read(ok(b"A: b", start=start))
        assert found is not None
        assert (found[0].status, found[0].reason) == (200, b"")


def test_fields_that_come_again_are_known_and_belong_to_each_response():
    made = opener()
    heads = []
    for status in (200, 404, 200):
        found = made.read(ok(b"A: b", b"Connection: x", start=b"HTTP/1.1 %d x" % status))
        assert found is not None
        heads.append(found[0])
        assert (found[0].status, list(found[0].headers)) == (status, [(b"A", b"b")])
        found[0].headers.set(b"A", b"c")
    assert [head.headers.get(b"a") for head in heads] == [b"c"] * 3
    found = made.read(ok(b"A: d", b"Connection: x"))
    assert found is not None
    assert list(found[0].headers) == [(b"A", b"d")]


def test_large_heads_are_read_again_and_again():
    head = ok(*[b"X%d: %b" % (number, b"v" * 200) for number in range(20)])
    made = opener()
    for _ in range(2):
        found = made.read(head)
        assert found is not None
        assert len(found[0].headers) == 20


@pytest.mark.parametrize(
    ("method", "piece", "content", "keeps"),
    [
        (b"GET", ok(b"Content-Length: 2") + b"hi", b"hi", True),
        (b"GET", ok(b"Content-Length: 0"), b"", True),
        (b"GET", ok(b"Content-Length: 2", b"Connection: close") + b"hi", b"hi", False),
        (b"GET", ok(b"Content-Length: 2", start=b"HTTP/1.1 304 x"), b"", True),
        (b"HEAD", ok(b"Content-Length: 2"), b"", True),
    ],
)
def test_a_whole_response_is_taken_with_its_body(method, piece, content, keeps):
    made = opener(method)
    taken = made.take(piece)
    assert taken is not None
    assert (taken[1], taken[0].options) == (content, frozenset())
    assert (made.keeps_connection, made.has_answered) == (keeps, True)


@pytest.mark.parametrize(
    "piece",
    [
        ok(b"Content-Length: 2") + b"h",
        ok(b"Content-Length: 2") + b"hi!",
        ok(b"A: b"),
        ok(b"A: b") + b"hi",
        ok(b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    ],
)
def test_anything_but_one_whole_response_is_not_taken(piece):
    made = opener()
    assert made.take(piece) is None
    assert made.keeps_connection


def test_faults_are_the_backends():
    made = opener()
    made.is_request_sent = True
    kinds = [
        (Kind.BAD_BODY, Kind.RESPONSE_BODY),
        (Kind.HEADER_TOO_LARGE, Kind.BAD_RESPONSE),
        (Kind.CONNECTION_BROKEN, Kind.CONNECTION_BROKEN),
        (Kind.READ_RESPONSE, Kind.READ_RESPONSE),
    ]
    for kind, blamed in kinds:
        other = made.blame(Fault(kind, "word"))
        assert (other.kind, other.detail, other.request_sent) == (blamed, "word", True)
