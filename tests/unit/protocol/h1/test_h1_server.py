"""The server's side of a connection: what is written, and when the connection lives on."""

import pytest

from bfe_py.model import Headers, Kind, RequestHead, ResponseHead
from bfe_py.protocol import H1Server, HeadReceived
from tests.kit.codec import answer, content_of, feed, head_of, is_whole, settle

GET = b"GET / HTTP/1.1\r\nHost: a.t\r\n\r\n"


def request(*lines: bytes, start: bytes = b"GET / HTTP/1.1") -> bytes:
    return start + b"\r\nHost: a.t\r\n" + b"".join([line + b"\r\n" for line in lines]) + b"\r\n"


def serving(wire: bytes = GET) -> H1Server:
    codec = H1Server()
    codec.receive_data(wire)
    return codec


def response(
    status: int = 200,
    *fields: tuple[bytes, bytes],
    length: int | None = 0,
    options: tuple[bytes, ...] = (),
) -> ResponseHead:
    return ResponseHead(status, Headers(fields), body_length=length, options=frozenset(options))


# request, response, ended with its head, the head on the wire
HEADS = [
    (GET, response(), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    (GET, response(200, (b"X-a", b"1"), (b"Y", b"")), b"HTTP/1.1 200 OK\r\nX-a: 1\r\nY: \r\nContent-Length: 0\r\n\r\n"),
    (GET, response(200, (b"Content-Length", b"7"), (b"Transfer-Encoding", b"x")), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    (GET, response(299), b"HTTP/1.1 299 status code 299\r\nContent-Length: 0\r\n\r\n"),
    (GET, response(999), b"HTTP/1.1 999 status code 999\r\nContent-Length: 0\r\n\r\n"),
    (GET, ResponseHead(200, reason=b"Yes"), b"HTTP/1.1 200 Yes\r\nContent-Length: 0\r\n\r\n"),
    (GET, response(length=None), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    (GET, response(204), b"HTTP/1.1 204 No Content\r\n\r\n"),
    (GET, response(204, (b"Content-Length", b"0")), b"HTTP/1.1 204 No Content\r\n\r\n"),
    (GET, response(304, (b"Content-Length", b"7")), b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"),
    (GET, response(304, length=7), b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    (request(start=b"HEAD / HTTP/1.1"), response(200, (b"Content-Length", b"7")), b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"),
    (request(start=b"HEAD / HTTP/1.1"), response(length=7), b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"),
    (request(start=b"HEAD / HTTP/1.1"), response(length=None), b"HTTP/1.1 200 OK\r\n\r\n"),
    (GET, response(200, (b"Connection", b"x")), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    # what becomes of the connection
    (GET, response(options=(b"x", b"close")), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    (GET, response(200, (b"Connection", b"Close"), options=(b"close",)), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    (request(b"Connection: x, close"), response(), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    (request(start=b"GET / HTTP/1.0"), response(), b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    (request(b"Connection: Keep-Alive", start=b"GET / HTTP/1.0"), response(), b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"),
    (request(b"Connection: keep-alive, close", start=b"GET / HTTP/1.0"), response(), b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
    (b"CONNECT a.t:1 HTTP/1.1\r\nHost: a.t:1\r\n\r\n", response(), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("wire", "head", "expected"), HEADS)
def test_a_head_says_how_long_the_body_is_and_what_becomes_of_the_connection(wire, head, expected):
    codec = serving(wire)
    codec.send_head(1, head, end=True)
    assert codec.data_to_send() == expected
    lives = b"onnection: close" not in expected and not (
        expected.startswith(b"HTTP/1.0") and b"keep-alive" not in expected
    )
    assert codec.can_reuse is lives


def test_head_and_first_piece_leave_as_one():
    codec = serving()
    codec.send_head(1, response(length=5))
    codec.send_body(1, b"hello")
    codec.send_end(1)
    assert codec.data_to_send() == b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    assert codec.data_to_send() == b""


def test_a_counted_piece_leaves_as_the_object_that_it_is():
    codec = serving()
    codec.send_head(1, response(length=5))
    codec.data_to_send()
    piece = b"hello"
    codec.send_body(1, piece)
    assert codec.data_to_send() is piece


def test_a_body_of_unknown_length_goes_in_chunks():
    codec = serving()
    codec.send_head(1, response(length=None))
    for piece in (b"hello", b"", b"a" * 16):
        codec.send_body(1, piece)
    codec.send_end(1, Headers([(b"X-T", b"1"), (b"Content-Length", b"9")]))
    assert codec.data_to_send() == (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n10\r\n" + b"a" * 16 + b"\r\n0\r\nX-T: 1\r\n\r\n"
    )
    assert codec.can_reuse


def test_a_client_of_1_0_gets_a_body_that_the_end_of_the_connection_ends():
    codec = serving(request(b"Connection: keep-alive", start=b"GET / HTTP/1.0"))
    codec.send_head(1, response(length=None))
    codec.send_body(1, b"hello")
    codec.send_end(1, Headers([(b"X-T", b"1")]))
    assert codec.data_to_send() == b"HTTP/1.0 200 OK\r\n\r\nhello"
    assert not codec.can_reuse


@pytest.mark.parametrize(("start", "status"), [(b"HEAD / HTTP/1.1", 200), (b"GET / HTTP/1.1", 304)])
def test_content_is_left_out_where_there_can_be_none(start, status):
    codec = serving(request(start=start))
    codec.send_head(1, response(status, (b"Content-Length", b"5")))
    codec.send_body(1, b"hello")
    codec.send_end(1)
    assert codec.data_to_send().endswith(b"Content-Length: 5\r\n\r\n")
    assert codec.can_reuse


def test_pipelined_requests_are_answered_one_after_the_other():
    codec = H1Server()
    first = settle(codec.receive_data(GET + b"GET /2 HTTP/1.1\r\nHost: a.t\r\n\r\nGET /3"))
    assert head_of(first).target == b"/"
    assert codec.receive_data(b" HTTP/1.1\r\nHost: a.t\r\n\r\n") == []
    assert codec.stream == 1
    targets = []
    for stream in (2, 3):
        answer(codec)
        assert codec.can_reuse
        (event,) = codec.next_exchange()
        assert isinstance(event, HeadReceived)
        assert (event.stream, codec.stream) == (stream, stream)
        targets.append(event.head.target)
    assert targets == [b"/2", b"/3"]
    answer(codec)
    assert codec.next_exchange() == []


def test_the_body_of_a_pipelined_request_is_read_too():
    wire = GET + request(b"Content-Length: 2", start=b"POST / HTTP/1.1") + b"h"
    codec = serving(wire)
    answer(codec)
    seen = settle(codec.next_exchange())
    assert content_of(seen) == b"h"
    assert is_whole(settle(codec.receive_data(b"iGET /")))


def test_one_empty_line_is_passed_over_between_requests():
    for single in (False, True):
        codec = serving()
        answer(codec)
        assert codec.next_exchange() == []
        wire = b"\r\n" + GET
        pieces = [wire[index : index + 1] for index in range(len(wire))] if single else [wire]
        assert is_whole(feed(codec, pieces))


def test_two_empty_lines_between_requests_are_refused():
    for pieces in ([b"\r\n\r\n" + GET], [b"\r\n", b"\r", b"\n"]):
        codec = serving()
        answer(codec)
        codec.next_exchange()
        assert feed(codec, pieces) == [(Kind.BAD_REQUEST, "empty-line", None, False)]


def test_an_empty_line_before_the_end_of_the_connection_is_no_request():
    codec = serving()
    answer(codec)
    codec.next_exchange()
    assert feed(codec, [b"\r\n"], has_eof=True) == []


def test_requests_that_wait_outlive_the_end_of_the_input():
    codec = serving(GET + GET + b"GET / HT")
    assert codec.receive_eof() == []
    answer(codec)
    assert codec.can_reuse
    assert is_whole(settle(codec.next_exchange()))
    answer(codec)
    assert settle(codec.next_exchange()) == [(Kind.CLIENT_CLOSED, "head-unfinished", None, False)]
    assert not codec.can_reuse


def test_the_end_of_the_input_breaks_an_unfinished_body():
    codec = serving(request(b"Content-Length: 2", start=b"POST / HTTP/1.1"))
    assert feed(codec, [b"h"], has_eof=True)[-1] == (Kind.BAD_BODY, "body-unfinished", None, False)
    assert b"400 Bad Request" in answer(codec, 400)


def test_no_exchange_follows_the_end_of_the_input():
    codec = serving()
    codec.receive_eof()
    answer(codec)
    assert not codec.can_reuse
    assert codec.next_exchange() is None


def test_a_response_to_an_unfinished_request_leaves_the_connection_undecided():
    codec = serving(request(b"Content-Length: 2", start=b"POST / HTTP/1.1"))
    answer(codec)
    assert not codec.can_reuse
    assert is_whole(feed(codec, [b"hi"]))
    assert codec.can_reuse


def test_a_refused_request_is_answered_and_ends_the_connection():
    codec = H1Server()
    assert feed(codec, [b"GET / HTTP/1.1\r\n\r\n"]) == [
        (Kind.BAD_REQUEST, "host-missing", None, False)
    ]
    assert codec.receive_data(GET) == []
    assert codec.receive_eof() == []
    assert answer(codec, 400) == (
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    assert not codec.can_reuse


def test_a_body_that_goes_wrong_ends_the_connection_of_its_answer():
    codec = serving(request(b"Transfer-Encoding: chunked", start=b"POST / HTTP/1.1") + b"x")
    assert b"Connection: close" in answer(codec, 400)
    assert not codec.can_reuse


def test_a_body_that_goes_wrong_behind_the_answer_ends_the_connection():
    codec = serving(request(b"Transfer-Encoding: chunked", start=b"POST / HTTP/1.1"))
    answer(codec)
    codec.receive_data(b"x")
    assert not codec.can_reuse


def test_an_answer_to_a_request_that_is_late_ends_the_connection():
    codec = H1Server()
    codec.receive_data(b"GET / HT")
    assert b"408 Request Timeout\r\nContent-Length: 0\r\nConnection: close" in answer(codec, 408)
    assert codec.receive_data(b"TP/1.1\r\nHost: a.t\r\n\r\n") == []
    assert not codec.can_reuse


def test_announcing_the_close_says_so_in_the_next_head():
    codec = serving()
    codec.announce_close()
    assert b"Connection: close" in answer(codec)
    assert not codec.can_reuse


def test_announcing_the_close_behind_the_head_still_ends_the_connection():
    codec = serving()
    answer(codec)
    codec.announce_close()
    assert not codec.can_reuse


def test_the_head_may_change_hands_before_the_answer():
    codec = H1Server()
    (event,) = codec.receive_data(request(b"Connection: close"))
    assert isinstance(event, HeadReceived)
    event.head.headers.remove(b"connection")
    assert b"Connection: close" in answer(codec)


def test_there_is_neither_window_nor_reset():
    codec = serving()
    codec.acknowledge(1, 5)
    assert codec.sendable(1) > 1 << 20
    assert codec.reset(1) is False


def test_calls_that_break_the_protocol_are_bugs_of_ours():
    unfinished = request(b"Content-Length: 2", start=b"POST / HTTP/1.1")
    with pytest.raises(AssertionError):
        serving().send_head(2, response())
    with pytest.raises(AssertionError):
        serving().send_head(1, RequestHead(b"GET", b"/", Headers()))
    with pytest.raises(AssertionError):
        serving(unfinished).send_head(1, response(101))
    with pytest.raises(AssertionError):
        H1Server().send_head(1, response(100))
    for wrong in (b"a\r\nX: b", b"a\nb", b"a\x00b"):
        with pytest.raises(AssertionError):
            serving().send_head(1, ResponseHead(200, reason=wrong))


def test_no_exchange_follows_one_that_is_not_over():
    assert serving().next_exchange() is None
    assert H1Server().next_exchange() is None
