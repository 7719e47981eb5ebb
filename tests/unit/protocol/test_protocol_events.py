"""What a codec answers unless it says otherwise."""

from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.protocol import Codec


class Plain(Codec):
    """A codec without short ways."""


def test_a_codec_without_short_ways_takes_and_answers_nothing():
    codec = Plain()
    assert codec.take_request(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") is None
    assert codec.take_response(b"HTTP/1.1 204 No Content\r\n\r\n") is None
    assert not codec.is_ready
    assert codec.ask(RequestHead(b"GET", b"/", Headers()), b"/", b"a", frozenset()) == b""
    assert codec.answer(1, ResponseHead(200), b"") == b""
    assert codec.forget() is None
