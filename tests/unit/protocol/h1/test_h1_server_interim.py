"""The server's side of expectations, interim responses and switches of protocols."""

from bfe_py.model import Headers, ResponseHead
from bfe_py.protocol import H1Server, Switched
from tests.kit.codec import answer

GET = b"GET / HTTP/1.1\r\nHost: a.t\r\n\r\n"


def request(*lines: bytes, start: bytes = b"GET / HTTP/1.1") -> bytes:
    return start + b"\r\nHost: a.t\r\n" + b"".join([line + b"\r\n" for line in lines]) + b"\r\n"


def serving(wire: bytes = GET) -> H1Server:
    codec = H1Server()
    codec.receive_data(wire)
    return codec


def response(
    status: int = 200, *fields: tuple[bytes, bytes], length: int | None = 0
) -> ResponseHead:
    return ResponseHead(status, Headers(fields), body_length=length)


EXPECTING = request(b"Expect: 100-continue", b"Content-Length: 2", start=b"POST / HTTP/1.1")


def test_an_answer_instead_of_100_ends_the_connection():
    codec = serving(EXPECTING)
    assert b"Connection: close" in answer(codec, 413)
    codec.receive_data(b"hi")
    assert not codec.can_reuse


def test_an_answer_behind_100_keeps_the_connection():
    codec = serving(EXPECTING)
    codec.send_head(1, response(100))
    assert codec.data_to_send() == b"HTTP/1.1 100 Continue\r\n\r\n"
    codec.receive_data(b"hi")
    assert b"Connection" not in answer(codec)
    assert codec.can_reuse


def test_an_expected_body_that_came_at_once_keeps_the_connection():
    codec = serving(EXPECTING + b"hi")
    assert b"Connection" not in answer(codec)


def test_interim_responses_keep_their_fields_but_those_that_frame():
    codec = serving()
    codec.send_head(1, response(103, (b"Link", b"</a>"), (b"Content-Length", b"3")))
    assert codec.data_to_send() == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert b"200 OK" in answer(codec)


def test_a_client_of_1_0_gets_no_interim_response():
    codec = serving(request(start=b"GET / HTTP/1.0"))
    codec.send_head(1, response(103))
    assert codec.data_to_send() == b""


UPGRADE = request(b"Upgrade: ws", b"Connection: Upgrade")
SWITCH = response(101, (b"Upgrade", b"ws"), (b"Connection", b"Upgrade"))


def test_a_switch_hands_over_what_waited():
    codec = serving(UPGRADE + b"early")
    codec.send_head(1, SWITCH, end=True)
    assert codec.data_to_send() == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: ws\r\nConnection: Upgrade\r\n\r\n"
    )
    assert codec.next_exchange() == [Switched(b"early")]
    assert codec.receive_data(b"later") == [Switched(b"later")]
    assert codec.receive_eof() == []
    assert not codec.can_reuse


def test_a_switch_hands_over_what_waited_with_what_comes_next():
    codec = serving(UPGRADE + b"early ")
    codec.send_head(1, SWITCH)
    assert codec.receive_data(b"late") == [Switched(b"early late")]
