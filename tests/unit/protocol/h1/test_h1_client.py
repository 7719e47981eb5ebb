"""The client's side of a connection: what is written, and when the connection lives on."""

import pytest

from bfe_py.model import Headers, Kind, RequestHead, ResponseHead
from bfe_py.protocol import H1Client, Limits, MessageEnded
from tests.kit.codec import asking, content_of, feed, is_whole

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HOST = (b"Host", b"a.t")


def request(
    method: bytes = b"GET",
    *fields: tuple[bytes, bytes],
    length: int | None = 0,
    version: bytes = b"1.1",
    options: tuple[bytes, ...] = (),
) -> RequestHead:
    headers = Headers([HOST, *fields])
    return RequestHead(method, b"/x?y", headers, version, length, options=frozenset(options))


CL0 = (b"content-length", b"0")

# request, on the wire
HEADS = [
    (request(), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\n\r\n"),
    (request(b"GET", (b"X-a", b"1"), (b"TE", b"trailers")), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\nX-a: 1\r\nTE: trailers\r\n\r\n"),
    (request(version=b"1.0"), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\n\r\n"),
    (request(b"GET", CL0), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\n\r\n"),
    (request(b"HEAD", CL0), b"HEAD /x?y HTTP/1.1\r\nHost: a.t\r\n\r\n"),
    (request(b"POST", CL0), b"POST /x?y HTTP/1.1\r\nHost: a.t\r\nContent-Length: 0\r\n\r\n"),
    (request(b"DELETE", CL0), b"DELETE /x?y HTTP/1.1\r\nHost: a.t\r\nContent-Length: 0\r\n\r\n"),
    (request(b"POST"), b"POST /x?y HTTP/1.1\r\nHost: a.t\r\n\r\n"),
    (request(b"POST", length=None), b"POST /x?y HTTP/1.1\r\nHost: a.t\r\n\r\n"),
    (request(b"GET", (b"Transfer-Encoding", b"gzip")), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\n\r\n"),
    (request(b"GET", (b"Connection", b"Upgrade"), (b"Upgrade", b"ws"), options=(b"upgrade",)), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\nUpgrade: ws\r\nConnection: Upgrade\r\n\r\n"),
    (request(b"GET", (b"Upgrade", b"ws"), options=(b"upgrade",)), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\nUpgrade: ws\r\nConnection: Upgrade\r\n\r\n"),
    (request(b"GET", (b"Connection", b"Close"), options=(b"close",)), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\nConnection: close\r\n\r\n"),
    (request(b"GET", options=(b"close", b"upgrade")), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\nConnection: close\r\n\r\n"),
    (request(b"GET", (b"TE", b"trailers"), options=(b"te",)), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\nTE: trailers\r\nConnection: TE\r\n\r\n"),
    (request(b"GET", (b"Connection", b"X-A"), (b"X-A", b"1")), b"GET /x?y HTTP/1.1\r\nHost: a.t\r\nX-A: 1\r\n\r\n"),
    (RequestHead(b"GET", b"/", Headers()), b"GET / HTTP/1.1\r\nHost:\r\n\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "expected"), HEADS)
def test_a_head_says_how_long_the_body_is(head, expected):
    codec = H1Client()
    codec.send_head(1, head, end=True)
    assert codec.data_to_send() == expected


def test_a_counted_body_goes_as_it_is():
    codec = H1Client()
    codec.send_head(1, request(b"PUT", length=5))
    codec.send_body(1, b"hel")
    codec.send_body(1, b"lo")
    codec.send_end(1)
    assert codec.data_to_send() == (
        b"PUT /x?y HTTP/1.1\r\nHost: a.t\r\nContent-Length: 5\r\n\r\nhello"
    )


def test_a_body_of_unknown_length_goes_in_chunks():
    codec = H1Client()
    codec.send_head(1, request(b"PUT", length=None))
    codec.send_body(1, b"hello")
    codec.send_end(1, Headers([(b"X-T", b"1")]))
    assert codec.data_to_send() == (
        b"PUT /x?y HTTP/1.1\r\nHost: a.t\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"
    )


def test_one_request_follows_the_other():
    codec = H1Client()
    assert codec.can_reuse
    for stream in (1, 2, 3):
        assert codec.next_exchange() == []
        assert codec.stream == stream
        codec.send_head(stream, request(), end=True)
        assert not codec.can_reuse
        assert is_whole(feed(codec, [OK]))
        assert codec.can_reuse


# request method and fields, response, whether the connection lives on
PERSISTENCE = [
    (b"GET", (), OK, True),
    (b"GET", (), b"HTTP/1.1 204 No Content\r\n\r\n", True),
    (b"HEAD", (), b"HTTP/1.1 200 OK\r\n\r\n", True),
    (b"HEAD", (), b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", True),
    (b"GET", (), b"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n", False),
    (b"GET", (), b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
    (b"GET", (), b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", True),
    (b"GET", ((b"Connection", b"close"),), OK, False),
    (b"GET", (), OK + b"x", False),
    (b"GET", (), OK + b"\r\n", False),
    (b"CONNECT", (), OK, False),
    (b"CONNECT", (), b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", True),
]  # fmt: skip


@pytest.mark.parametrize(("method", "fields", "wire", "lives"), PERSISTENCE)
def test_a_connection_lives_on_if_both_sides_mean_it(method, fields, wire, lives):
    codec = asking(method, *fields)()
    assert is_whole(feed(codec, [wire]))
    assert codec.can_reuse is lives
    assert codec.next_exchange() == ([] if lives else None)


def test_the_end_of_the_connection_ends_an_unbounded_body():
    codec = asking()()
    seen = feed(codec, [b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo"])
    assert content_of(seen) == b"hello"
    assert codec.receive_eof() == [MessageEnded(1)]
    assert not codec.can_reuse


@pytest.mark.parametrize(
    ("wire", "kind", "word"),
    [
        (b"HTTP/1.1", Kind.READ_RESPONSE, "head-unfinished"),
        (b"HTTP/1.1 100 x\r\n\r\n", Kind.READ_RESPONSE, "head-unfinished"),
        (b"HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n", Kind.RESPONSE_BODY, "body-unfinished"),
    ],
)
def test_the_end_of_the_connection_breaks_an_unfinished_response(wire, kind, word):
    seen = feed(asking()(), [wire], has_eof=True)
    assert seen[-1] == (kind, word, None, True)


def test_bytes_that_nobody_asked_for_make_an_idle_connection_unfit():
    codec = H1Client()
    assert codec.receive_data(b"HTTP/1.1 408 Late\r\n\r\n") == []
    assert not codec.can_reuse
    with pytest.raises(AssertionError):
        codec.send_head(1, request(), end=True)


def test_the_end_of_the_connection_makes_an_idle_one_unfit():
    codec = asking()()
    feed(codec, [OK])
    assert codec.next_exchange() == []
    assert codec.receive_eof() == []
    assert not codec.can_reuse
    assert codec.next_exchange() is None


def test_a_response_before_the_whole_request_keeps_the_connection_only_if_that_follows():
    codec = H1Client()
    codec.send_head(1, request(b"PUT", length=5))
    assert is_whole(feed(codec, [OK]))
    assert not codec.can_reuse
    codec.send_body(1, b"hello")
    codec.send_end(1)
    assert codec.can_reuse


@pytest.mark.parametrize("was_sent", [False, True])
def test_a_fault_knows_whether_the_request_was_sent(was_sent):
    codec = H1Client()
    codec.data_to_send()
    codec.send_head(1, request(), end=True)
    if was_sent:
        codec.data_to_send()
    assert feed(codec, [], has_eof=True) == [
        (Kind.CONNECTION_BROKEN, "no-response", None, was_sent)
    ]
    assert codec.receive_eof() == []


def test_announcing_the_close_says_so_in_the_request():
    codec = H1Client()
    codec.announce_close()
    codec.send_head(1, request(), end=True)
    assert codec.data_to_send().endswith(b"\r\nConnection: close\r\n\r\n")
    feed(codec, [OK])
    assert not codec.can_reuse


def test_the_head_of_a_response_has_limits():
    small = Limits(header=40, fields=2)
    wide = b"HTTP/1.1 200 " + b"a" * 40 + b"\r\n\r\n"
    assert feed(asking(limits=small)(), [wide])[0][:2] == (Kind.BAD_RESPONSE, "start-line-too-long")
    long = b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40
    assert feed(asking(limits=small)(), [long])[0][:2] == (Kind.BAD_RESPONSE, "header-too-large")
    wide = b"HTTP/1.1 200 " + b"a" * 28 + b"\r\nX: 1\r\n\r\n"
    assert feed(asking(limits=small)(), [wide])[0][:2] == (Kind.BAD_RESPONSE, "start-line-too-long")
    many = b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 3 + b"\r\n"
    assert feed(asking(limits=small)(), [many])[0][:2] == (Kind.BAD_RESPONSE, "too-many-fields")


def test_there_is_neither_window_nor_reset():
    codec = H1Client()
    codec.acknowledge(1, 5)
    assert codec.sendable(1) > 1 << 20
    assert codec.reset(1) is False


BROKEN = [
    RequestHead(b"GET", b"/a b", Headers([HOST])),
    RequestHead(b"GET", b"", Headers([HOST])),
    RequestHead(b"", b"/", Headers([HOST])),
    RequestHead(b"GET", b"/\r\nX:", Headers([HOST])),
    RequestHead(b"GET", b"/", Headers(), authority=b"a b"),
    RequestHead(b"GET", b"/", Headers(), authority=b"a\r\nX: 1"),
    ResponseHead(200),
]


@pytest.mark.parametrize("head", BROKEN)
def test_a_head_that_would_break_the_protocol_is_a_bug_of_ours(head):
    with pytest.raises(AssertionError):
        H1Client().send_head(1, head, end=True)


def test_calls_out_of_turn_are_bugs_of_ours():
    with pytest.raises(AssertionError):
        H1Client().send_head(2, request(), end=True)
    with pytest.raises(AssertionError):
        asking()().send_head(1, request(), end=True)
