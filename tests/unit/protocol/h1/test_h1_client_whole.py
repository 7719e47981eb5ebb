"""The client's short ways: requests that are asked whole, and responses that are taken whole."""

import pytest

from bfe_py.model import Headers, Kind, RequestHead
from bfe_py.protocol import ONE_HOP, H1Client, HeadReceived
from tests.kit.codec import content_of, feed, head_of, is_whole, settle
from tests.kit.messages import ok

ANSWER = ok(b"Content-Length: 2") + b"hi"
EARLY = ok(b"A: b", start=b"HTTP/1.1 103 x")
SENT = b"GET /x HTTP/1.1\r\nHost: b.t\r\nX-a: 1\r\n\r\n"
LEFT_OUT = ONE_HOP | {b"content-length", b"host"}


def request(
    method: bytes = b"GET", *fields: tuple[bytes, bytes], length: int | None = 0
) -> RequestHead:
    headers = Headers([(b"Host", b"a.t"), (b"X-a", b"1"), *fields])
    return RequestHead(
        method, b"/x", headers, body_length=length, authority=b"b.t", left_out=LEFT_OUT
    )


def ask(codec: H1Client, head: RequestHead | None = None) -> bytes:
    head = head or request()
    return codec.ask(head, b"/x", b"b.t", LEFT_OUT)


def asked(head: RequestHead | None = None) -> H1Client:
    codec = H1Client()
    assert ask(codec, head) != b""
    return codec


def answered() -> H1Client:
    codec = asked()
    assert codec.take_response(ANSWER) is not None
    return codec


def begun() -> H1Client:
    """A client whose request is not whole yet."""
    codec = H1Client()
    codec.send_head(1, request(length=3))
    return codec


def test_one_whole_request_follows_the_other():
    codec = H1Client()
    for stream in (1, 2, 3):
        assert (codec.is_ready, codec.can_reuse, codec.stream) == (True, True, stream)
        assert ask(codec) == SENT
        assert (codec.is_ready, codec.can_reuse, codec.data_to_send()) == (False, False, b"")
        taken = codec.take_response(ANSWER)
        assert taken is not None
        assert (taken[0].status, taken[1]) == (200, b"hi")
    assert codec.next_exchange() == []
    assert (codec.is_ready, codec.stream) == (True, 4)


@pytest.mark.parametrize(
    "head",
    [
        request(),
        request(b"HEAD"),
        request(b"GET", (b"Content-Length", b"0"), (b"Connection", b"x"), (b"TE", b"trailers")),
        RequestHead(b"GET", b"/x", Headers(), b"1.0", authority=b"b.t", left_out=LEFT_OUT),
    ],
)
def test_a_request_that_is_asked_reads_as_one_that_is_sent(head):
    other = H1Client()
    other.send_head(1, head, end=True)
    assert ask(H1Client(), head) == other.data_to_send()


def test_target_authority_and_what_is_left_out_are_the_askers():
    out = H1Client().ask(request(), b"/y?z", b"c.t:1", frozenset({b"host", b"x-a"}))
    assert out == b"GET /y?z HTTP/1.1\r\nHost: c.t:1\r\n\r\n"


@pytest.mark.parametrize("method", [b"POST", b"OPTIONS", b"TRACE", b"CONNECT", b"get"])
def test_another_request_is_sent_head_by_head(method):
    codec = H1Client()
    assert ask(codec, request(method)) == b""
    assert (codec.data_to_send(), codec.can_reuse, codec.is_ready) == (b"", True, True)


def test_while_a_request_is_under_way_none_is_asked():
    codec = asked()
    assert ask(codec) == b""
    assert codec.receive_data(EARLY) != []
    assert ask(codec) == b""
    codec = begun()
    assert not codec.is_ready
    assert ask(codec) == b""


def test_where_the_answer_came_before_the_request_was_whole_none_is_asked():
    codec = begun()
    assert codec.take_response(ANSWER) is not None
    assert not codec.is_ready
    assert ask(codec) == b""
    assert codec.next_exchange() is None


@pytest.mark.parametrize("piece", [ANSWER, EARLY, b"H", b"\r\n"])
@pytest.mark.parametrize("make", [H1Client, answered])
def test_behind_bytes_that_nobody_asked_for_none_is_asked(make, piece):
    """They would be taken for the answer."""
    codec = make()
    assert codec.take_response(piece) is None
    assert codec.receive_data(piece) == []
    assert (codec.is_ready, codec.can_reuse, codec.next_exchange()) == (False, False, None)
    assert ask(codec) == b""


@pytest.mark.parametrize("make", [H1Client, answered])
def test_behind_the_end_of_the_connection_none_is_asked(make):
    codec = make()
    assert codec.receive_eof() == []
    assert (codec.is_ready, codec.next_exchange()) == (False, None)
    assert ask(codec) == b""


@pytest.mark.parametrize("make", [H1Client, answered])
def test_the_last_request_is_sent_head_by_head(make):
    codec = make()
    codec.announce_close()
    assert codec.next_exchange() == []
    assert not codec.is_ready
    assert ask(codec) == b""
    codec.send_head(codec.stream, request(), end=True)
    assert codec.data_to_send().endswith(b"\r\nConnection: close\r\n\r\n")


def test_behind_the_last_request_none_is_asked():
    codec = asked()
    codec.announce_close()
    assert codec.take_response(ANSWER) is not None
    assert (codec.is_ready, codec.stream, codec.next_exchange()) == (False, 1, None)
    assert ask(codec) == b""


def test_behind_an_answer_that_was_received_the_next_exchange_is_begun_first():
    codec = asked()
    assert is_whole(feed(codec, [ANSWER]))
    assert (codec.is_ready, codec.stream) == (False, 1)
    assert ask(codec) == b""
    assert codec.next_exchange() == []
    assert (codec.is_ready, codec.stream) == (True, 2)
    assert ask(codec) == SENT


def test_one_may_ask_behind_a_request_that_was_sent_and_send_behind_one_that_was_asked():
    codec = H1Client()
    codec.send_head(1, request(b"PUT", length=2), end=True, content=b"hi")
    assert codec.data_to_send() != b""
    assert codec.take_response(ANSWER) is not None
    assert ask(codec) == SENT
    assert codec.take_response(ANSWER) is not None
    codec.send_head(3, request(b"PUT", length=2), end=True, content=b"hi")
    assert codec.take_response(ANSWER) is not None
    assert (codec.is_ready, codec.stream) == (True, 4)


def test_a_request_that_would_break_the_head_is_a_bug_of_ours():
    codec = H1Client()
    for target, authority in ((b"/ x", b"b.t"), (b"/x", b"b.t\r\nX: 1")):
        with pytest.raises(AssertionError):
            codec.ask(request(), target, authority, LEFT_OUT)
    assert codec.is_ready
    assert ask(codec) == SENT


def test_a_request_that_was_asked_counts_as_sent():
    assert feed(asked(), [], has_eof=True) == [(Kind.CONNECTION_BROKEN, "no-response", None, True)]
    assert feed(asked(), [b"HTTP/1.1 200"], has_eof=True) == [
        (Kind.READ_RESPONSE, "head-unfinished", None, True)
    ]


def test_what_was_answered_before_is_forgotten():
    codec = asked()
    for _ in range(2):
        for _ in range(60):
            assert len(feed(codec, [EARLY])) == 1
        assert codec.take_response(ANSWER) is not None
        assert ask(codec) == SENT
    assert feed(codec, [], has_eof=True) == [(Kind.CONNECTION_BROKEN, "no-response", None, True)]


def test_a_switch_that_nobody_offered_is_refused():
    codec = H1Client()
    upgrade = request(b"GET", (b"Upgrade", b"ws"))
    upgrade.options, upgrade.left_out = frozenset({b"upgrade"}), frozenset()
    codec.send_head(1, upgrade, end=True)
    codec.data_to_send()
    assert codec.take_response(ANSWER) is not None
    assert ask(codec) == SENT
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
        (
            b"GET",
            ok(b"Content-Length: 0", b"Connection: keep-alive", start=b"HTTP/1.0 200 OK"),
            b"",
            True,
        ),
    ],
)
@pytest.mark.parametrize("before", [[], [ANSWER], [ok(b"Content-Length: 0")] * 2])
def test_a_response_is_taken_as_it_would_be_received(method, piece, content, lives, before):
    codec, other = H1Client(), H1Client()
    for each in (codec, other):
        for known in before:
            assert ask(each) == SENT
            assert each.take_response(known) is not None
        assert ask(each, request(method)) != b""
    stream = codec.stream
    taken = codec.take_response(piece)
    assert taken is not None
    seen = settle([HeadReceived(stream, taken[0], True, taken[1])])
    assert seen == feed(other, [piece])
    assert taken[1] == content
    assert codec.can_reuse is codec.is_ready is other.can_reuse is lives
    assert codec.next_exchange() == other.next_exchange() == ([] if lives else None)
    assert codec.stream == other.stream == stream + lives


@pytest.mark.parametrize(
    "piece",
    [
        ANSWER + b"x",
        ANSWER + ANSWER,
        ANSWER[:-1],
        ok(b"Content-Length: 2", start=b"HTTP/1.1 204 x") + b"hi",
        ok(b"Content-Length: 2", start=b"HTTP/1.1 100 x") + b"hi",
        ok(b"Content-Length: 2")[:-1],
        ok(b"A: b") + b"hi",
        ok(b"Transfer-Encoding: chunked") + b"2\r\nhi\r\n0\r\n\r\n",
        ok(b"A: b", start=b"HTTP/1.1 103 x") + ANSWER,
        b"x\r\n\r\n",
    ],
)
@pytest.mark.parametrize("make", [H1Client, answered])
def test_what_is_not_taken_is_received(make, piece):
    codec, other = make(), make()
    assert ask(codec) == ask(other) == SENT
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
        b"PUT /x HTTP/1.1\r\nHost: b.t\r\nX-a: 1\r\nContent-Length: 2\r\n\r\nhi"
    )
    seen = feed(codec, [ANSWER])
    assert (head_of(seen).status, content_of(seen), is_whole(seen)) == (200, b"hi", True)
    codec = H1Client()
    codec.send_head(1, request(b"PUT", length=None), end=True, content=b"hi")
    assert codec.data_to_send().endswith(b"chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
