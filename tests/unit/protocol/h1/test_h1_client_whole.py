"""The client's short ways: requests that are asked whole, and responses that are taken whole."""

import pytest

from bfe_py.model import Headers, Kind, RequestHead
from bfe_py.protocol import H1Client, HeadReceived
from tests.kit.codec import content_of, feed, head_of, is_whole, settle
from tests.kit.messages import ok

ANSWER = ok(b"Content-Length: 2") + b"hi"
HOST = (b"Host", b"a.t")
SENT = b"GET /x HTTP/1.1\r\nHost: a.t\r\nX-a: 1\r\n\r\n"


def request(
    method: bytes = b"GET",
    *fields: tuple[bytes, bytes],
    length: int | None = 0,
    options: tuple[bytes, ...] = (),
) -> RequestHead:
    headers = Headers([HOST, (b"X-a", b"1"), *fields])
    return RequestHead(method, b"/x", headers, b"1.1", length, options=frozenset(options))


def asked(head: RequestHead | None = None) -> H1Client:
    codec = H1Client()
    assert codec.ask(1, head or request()) != b""
    return codec


def sent(head: RequestHead) -> bytes:
    codec = H1Client()
    codec.send_head(1, head, end=True)
    return codec.data_to_send()


def test_one_whole_request_follows_the_other():
    codec = H1Client()
    for stream in (1, 2, 3):
        assert codec.next_exchange() == []
        assert codec.stream == stream
        assert codec.ask(stream, request()) == SENT
        assert (codec.data_to_send(), codec.can_reuse) == (b"", False)
        taken = codec.take_response(ANSWER)
        assert taken is not None
        assert (taken[0].status, taken[1]) == (200, b"hi")
        assert codec.can_reuse


ASKED = [
    request(),
    request(b"HEAD"),
    request(b"TRACE"),
    request(b"OPTIONS"),
    request(b"GET", (b"Content-Length", b"0"), (b"Connection", b"x"), (b"TE", b"trailers")),
    request(b"OPTIONS", (b"Content-Length", b"0")),
    RequestHead(b"GET", b"/x", Headers([(b"X", b"1")]), authority=b"b"),
    RequestHead(b"GET", b"/x", Headers([HOST]), authority=b"b", left_out=frozenset({b"host"})),
    RequestHead(b"GET", b"/x", Headers([(b"X", b"1")]), b"1.0"),
]


@pytest.mark.parametrize("head", ASKED)
def test_a_whole_request_reads_as_one_that_is_sent(head):
    out = H1Client().ask(1, head)
    assert out in (b"", sent(head))


@pytest.mark.parametrize("head", ASKED[:2])
def test_most_requests_without_a_body_are_asked(head):
    assert H1Client().ask(1, head) == sent(head)


@pytest.mark.parametrize(
    "head",
    [
        request(length=1),
        request(length=None),
        request(options=(b"close",)),
        request(options=(b"upgrade",)),
        request(b"POST"),
        request(b"OPTIONS"),
        request(b"TRACE"),
        request(b"CONNECT"),
        RequestHead(b"GET", b"/x", Headers([(b"X", b"1")])),
        request(b"get"),
    ],
)
def test_another_request_is_sent_head_by_head(head):
    codec = H1Client()
    assert codec.ask(1, head) == b""
    assert (codec.data_to_send(), codec.can_reuse) == (b"", True)


def test_the_last_request_is_sent_head_by_head():
    codec = H1Client()
    codec.announce_close()
    assert codec.ask(1, request()) == b""


def test_while_a_request_is_under_way_none_is_asked():
    codec = asked()
    assert codec.ask(1, request()) == b""
    assert codec.take_response(ANSWER) is not None
    assert codec.ask(1, request()) == b""
    codec = H1Client()
    codec.send_head(1, request(length=3))
    assert codec.ask(1, request()) == b""


def test_where_the_answer_came_before_the_request_was_whole_none_is_asked():
    codec = H1Client()
    codec.send_head(1, request(length=3))
    assert codec.take_response(ANSWER) is not None
    assert codec.ask(1, request()) == b""
    assert codec.next_exchange() is None


def unasked() -> H1Client:
    codec = H1Client()
    codec.receive_data(ANSWER)
    return codec


def cut_off() -> H1Client:
    codec = asked()
    codec.take_response(ANSWER)
    codec.next_exchange()
    codec.receive_eof()
    return codec


@pytest.mark.parametrize("make", [unasked, cut_off])
def test_on_a_connection_that_takes_no_request_none_is_asked(make):
    codec = make()
    assert not codec.can_reuse
    assert codec.ask(codec.stream, request()) == b""


def test_a_request_that_would_break_the_protocol_is_a_bug_of_ours():
    codec = H1Client()
    with pytest.raises(AssertionError):
        codec.ask(2, request())
    with pytest.raises(AssertionError):
        codec.ask(1, RequestHead(b"GET", b"/ x", Headers([HOST])))
    assert codec.ask(1, request()) == SENT


def test_a_request_that_was_asked_counts_as_sent():
    assert feed(asked(), [], has_eof=True) == [(Kind.CONNECTION_BROKEN, "no-response", None, True)]
    assert feed(asked(), [b"HTTP/1.1 200"], has_eof=True) == [
        (Kind.READ_RESPONSE, "head-unfinished", None, True)
    ]


def test_what_was_answered_before_is_forgotten():
    codec = asked()
    for _ in range(60):
        codec.receive_data(ok(b"A: b", start=b"HTTP/1.1 103 x"))
    assert codec.take_response(ANSWER) is not None
    assert codec.next_exchange() == []
    assert codec.ask(2, request()) == SENT
    for _ in range(60):
        assert len(feed(codec, [ok(b"A: b", start=b"HTTP/1.1 103 x")])) == 1
    assert codec.take_response(ANSWER) is not None
    assert codec.next_exchange() == []
    assert codec.ask(3, request()) == SENT
    assert feed(codec, [], has_eof=True) == [(Kind.CONNECTION_BROKEN, "no-response", None, True)]


def test_a_switch_that_nobody_offered_is_refused():
    codec = asked(request(b"GET", (b"Upgrade", b"ws")))
    (fault,) = feed(codec, [ok(b"Upgrade: ws", start=b"HTTP/1.1 101 Switching")])
    assert fault == (Kind.BAD_RESPONSE, "switch-unasked", None, True)


@pytest.mark.parametrize(
    ("method", "piece", "content", "lives"),
    [
        (b"GET", ANSWER, b"hi", True),
        (b"GET", ok(b"Content-Length: 0"), b"", True),
        (b"GET", ok(b"A: b", start=b"HTTP/1.1 204 x"), b"", True),
        (b"GET", ok(b"Content-Length: 9", start=b"HTTP/1.1 304 x"), b"", True),
        (b"HEAD", ok(b"Content-Length: 9"), b"", True),
        (b"GET", ok(b"Content-Length: 2", b"Connection: close") + b"hi", b"hi", False),
        (b"GET", ok(b"Content-Length: 2", start=b"HTTP/1.0 200 OK") + b"hi", b"hi", False),
    ],
)
def test_a_response_is_taken_as_it_would_be_received(method, piece, content, lives):
    codec, other = asked(request(method)), asked(request(method))
    taken = codec.take_response(piece)
    assert taken is not None
    seen = settle([HeadReceived(1, taken[0], True, taken[1])])
    assert seen == feed(other, [piece])
    assert taken[1] == content
    assert codec.can_reuse is other.can_reuse is lives
    assert codec.next_exchange() == ([] if lives else None)


@pytest.mark.parametrize(
    "piece",
    [
        ANSWER + b"x",
        ANSWER[:-1],
        ok(b"Content-Length: 2")[:-1],
        ok(b"A: b") + b"hi",
        ok(b"Transfer-Encoding: chunked") + b"2\r\nhi\r\n0\r\n\r\n",
        ok(b"A: b", start=b"HTTP/1.1 103 x") + ANSWER,
        b"x\r\n\r\n",
    ],
)
def test_what_is_not_taken_is_received(piece):
    codec, other = asked(), asked()
    assert codec.take_response(piece) is None
    assert feed(codec, [piece]) == feed(other, [piece])
    assert codec.can_reuse is other.can_reuse


def test_a_response_is_taken_only_where_one_begins():
    assert H1Client().take_response(ANSWER) is None
    codec = asked()
    codec.receive_data(b"HTTP/1.1")
    assert codec.has_waiting
    assert codec.take_response(b" 200 OK\r\nContent-Length: 0\r\n\r\n") is None
    codec = asked()
    codec.receive_data(ok(b"Content-Length: 99"))
    assert codec.take_response(ANSWER) is None
    codec = asked()
    assert codec.take_response(ANSWER) is not None
    assert codec.take_response(ANSWER) is None


def test_interim_responses_may_come_before_one_that_is_taken():
    codec = asked()
    assert len(codec.receive_data(ok(b"A: b", start=b"HTTP/1.1 103 x"))) == 1
    assert codec.take_response(ANSWER) is not None


def test_head_and_content_leave_as_one():
    codec = H1Client()
    codec.send_head(1, request(b"PUT", length=2), end=True, content=b"hi")
    assert codec.data_to_send() == (
        b"PUT /x HTTP/1.1\r\nHost: a.t\r\nX-a: 1\r\nContent-Length: 2\r\n\r\nhi"
    )
    seen = feed(codec, [ANSWER])
    assert (head_of(seen).status, content_of(seen), is_whole(seen)) == (200, b"hi", True)
    codec = H1Client()
    codec.send_head(1, request(b"PUT", length=None), end=True, content=b"hi")
    assert codec.data_to_send().endswith(b"chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
