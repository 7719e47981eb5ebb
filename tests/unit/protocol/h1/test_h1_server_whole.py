"""The server's short ways: requests that are taken whole, and responses that are answered whole."""

import pytest

from bfe_py.model import Headers, ResponseHead
from bfe_py.protocol import H1Server, HeadReceived
from tests.kit.codec import feed, head_of, is_whole, settle
from tests.kit.messages import NEXT, get, post

FIELDS = [(b"X-a", b"1"), (b"Connection", b"x"), (b"Content-Length", b"9"), (b"Y", b"")]
SENT = b"HTTP/1.1 200 OK\r\nX-a: 1\r\nY: \r\nContent-Length: 2\r\n\r\nhi"


def response(
    status: int = 200, *, length: int | None = 2, options: tuple[bytes, ...] = ()
) -> ResponseHead:
    return ResponseHead(status, Headers(FIELDS), body_length=length, options=frozenset(options))


def taken(wire: bytes = NEXT) -> H1Server:
    codec = H1Server()
    assert codec.take_request(wire) is not None
    return codec


def test_a_request_is_taken_as_it_would_be_received():
    codec, other = H1Server(), H1Server()
    request = codec.take_request(NEXT)
    assert request is not None
    assert other.receive_data(NEXT) == [HeadReceived(1, request, True)]
    assert (codec.stream, codec.has_waiting, codec.can_reuse) == (1, False, False)


@pytest.mark.parametrize(
    ("before", "piece"),
    [
        (b"", NEXT + b"x"),
        (b"", NEXT[:-1]),
        (b"", b"\r\n" + NEXT),
        (b"", post(b"Content-Length: 2", body=b"hi")),
        (b"", b"x\r\n\r\n"),
        (b"GET", b" / HTTP/1.1\r\nHost: a.t\r\n\r\n"),
        (NEXT, NEXT),
        (post(b"Content-Length: 99"), NEXT),
        (b"x\r\n\r\n", NEXT),
    ],
)
def test_what_is_not_taken_is_received(before, piece):
    codec, other = H1Server(), H1Server()
    for each in (codec, other):
        each.receive_data(before)
    assert codec.take_request(piece) is None
    assert settle(codec.receive_data(piece)) == settle(other.receive_data(piece))


def test_a_whole_response_is_answered_and_the_next_exchange_begins():
    codec = H1Server()
    for stream in (1, 2, 3):
        assert codec.stream == stream
        assert codec.take_request(NEXT) is not None
        assert codec.answer(stream, response(), b"hi") == SENT
    assert (codec.stream, codec.data_to_send(), codec.has_waiting) == (4, b"", False)
    assert is_whole(feed(codec, [b"\r\n" + NEXT]))


@pytest.mark.parametrize(
    "pieces", [[post(b"Content-Length: 2"), b"hi"], [NEXT], [NEXT[:9], NEXT[9:]]]
)
def test_a_request_that_was_received_is_answered_head_by_head(pieces):
    codec = H1Server()
    for piece in pieces:
        feed(codec, [piece])
        assert codec.answer(1, response(), b"hi") == b""
    codec.send_head(1, response(), end=True, content=b"hi")
    assert codec.data_to_send() == SENT
    assert codec.next_exchange() == []
    assert codec.take_request(NEXT) is not None
    assert codec.answer(2, response(), b"hi") == SENT


def test_with_a_request_that_was_not_taken_nothing_is_answered_whole():
    codec = taken()
    codec.answer(1, response(), b"hi")
    assert codec.take_request(NEXT + NEXT) is None
    assert codec.answer(2, response(), b"hi") == b""


@pytest.mark.parametrize(
    ("head", "content"),
    [
        (response(), b""),
        (response(), b"h"),
        (response(length=None), b"hi"),
        (response(204, length=0), b""),
        (response(304, length=0), b""),
        (response(103, length=0), b""),
        (response(101, length=0), b""),
        (response(options=(b"close",)), b"hi"),
        (response(options=(b"x",)), b"hi"),
    ],
)
def test_another_response_is_sent_head_by_head(head, content):
    codec = taken()
    assert codec.answer(1, head, content) == b""
    assert (codec.stream, codec.data_to_send()) == (1, b"")


@pytest.mark.parametrize(
    "wire",
    [
        get(start=b"GET / HTTP/1.0"),
        get(b"Connection: keep-alive", start=b"GET / HTTP/1.0"),
        get(b"Connection: close"),
        get(start=b"HEAD / HTTP/1.1"),
    ],
)
def test_to_another_client_responses_are_sent_head_by_head(wire):
    codec = taken(wire)
    assert codec.answer(1, response(), b"hi") == b""
    codec.send_head(1, response(), end=True, content=b"hi")
    assert codec.data_to_send().startswith(b"HTTP/1.")


def test_with_bytes_that_wait_responses_are_sent_head_by_head():
    codec = taken()
    codec.receive_data(NEXT[:3])
    assert codec.has_waiting
    assert codec.answer(1, response(), b"hi") == b""
    codec.send_head(1, response(), end=True, content=b"hi")
    assert codec.data_to_send() == SENT
    assert codec.next_exchange() == []
    assert is_whole(feed(codec, [NEXT[3:]]))


def test_behind_a_head_responses_are_not_answered_whole():
    codec = taken()
    codec.send_head(1, response())
    assert codec.answer(1, response(), b"hi") == b""


def test_at_the_end_of_the_connection_responses_are_sent_head_by_head():
    codec = taken()
    codec.announce_close()
    assert codec.answer(1, response(), b"hi") == b""
    codec = taken()
    codec.receive_eof()
    assert codec.answer(1, response(), b"hi") == b""
    for end in (H1Server.announce_close, H1Server.receive_eof):
        codec = H1Server()
        end(codec)
        assert codec.take_request(NEXT) is not None
        assert codec.answer(1, response(), b"hi") == b""


def test_before_a_request_nothing_is_answered_whole():
    assert H1Server().answer(1, response(), b"hi") == b""
    codec = taken()
    codec.answer(1, response(), b"hi")
    assert codec.answer(2, response(), b"hi") == b""


def test_another_exchange_than_the_one_at_hand_is_a_bug():
    with pytest.raises(AssertionError):
        taken().answer(2, response(), b"hi")


def test_behind_an_interim_response_the_answer_is_sent_head_by_head():
    codec = taken(get(b"Expect: 100-continue"))
    codec.send_head(1, ResponseHead(103, Headers([(b"Link", b"x")])))
    assert codec.data_to_send() == b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    assert codec.answer(1, response(), b"hi") == b""
    codec.send_head(1, response(), end=True, content=b"hi")
    assert codec.data_to_send() == SENT


def test_to_no_request_there_is_no_interim_response():
    codec = taken()
    assert codec.answer(1, response(), b"hi") == SENT
    with pytest.raises(AssertionError):
        codec.send_head(2, ResponseHead(103))


def test_an_interim_response_is_for_one_exchange_only():
    codec = taken(get(b"Expect: 100-continue"))
    codec.send_head(1, ResponseHead(100))
    codec.send_head(1, response(), end=True, content=b"hi")
    codec.data_to_send()
    assert codec.next_exchange() == []
    codec.receive_data(post(b"Expect: 100-continue", b"Content-Length: 2"))
    codec.send_head(2, ResponseHead(413), end=True)
    assert codec.data_to_send().endswith(b"\r\nConnection: close\r\n\r\n")


def test_what_came_late_is_told_to_the_next_exchange():
    codec = taken()
    codec.answer(1, response(), b"hi")
    codec.receive_data(b"GET / HT")
    codec.send_head(2, ResponseHead(408), end=True)
    assert codec.data_to_send().endswith(b"\r\nConnection: close\r\n\r\n")
    assert not codec.can_reuse


def test_head_and_content_leave_as_one():
    codec = H1Server()
    assert head_of(feed(codec, [NEXT])).headers.get(b"host") == b"a.t"
    codec.send_head(1, response(), end=True, content=b"hi")
    assert codec.data_to_send() == SENT
    assert codec.can_reuse
    for length in (0, 1, 3):
        with pytest.raises(AssertionError):
            taken().send_head(1, response(length=length), end=True, content=b"hi")


def test_content_of_unknown_length_goes_in_one_chunk():
    codec = taken()
    codec.send_head(1, response(length=None), end=True, content=b"hi")
    assert codec.data_to_send().endswith(
        b"\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    )
    assert codec.can_reuse
