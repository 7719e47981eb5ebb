"""Readers of bodies."""

from bfe_py.model import Headers, Kind
from bfe_py.protocol import Limits
from bfe_py.protocol.h1.body import ChunkedBody, CountedBody, UnboundedBody


def chunked(*, forwards_underscores: bool = False) -> ChunkedBody:
    return ChunkedBody(Limits(), forwards_underscores=forwards_underscores)


def test_a_counted_body_passes_through_up_to_its_end():
    body = CountedBody(5)
    piece = b"hel"
    assert body.feed(piece) is piece
    assert not body.has_ended
    assert body.feed(b"lo, you") == b"lo"
    assert (body.has_ended, body.rest, body.ends_with_connection) == (True, b", you", False)


def test_an_unbounded_body_takes_everything():
    body = UnboundedBody()
    piece = b"anything"
    assert body.feed(piece) is piece
    assert (body.has_ended, body.ends_with_connection) == (False, True)


def test_chunks_of_one_piece_come_out_joined():
    body = chunked()
    assert body.feed(b"2;x\r\nhe\r\n3\r\nllo\r\n0\r\n\r\nnext") == b"hello"
    assert (body.has_ended, body.rest, body.trailers) == (True, b"next", None)


def test_half_a_chunk_is_not_held_back():
    body = chunked()
    assert body.feed(b"5\r\nhel") == b"hel"
    assert body.feed(b"lo\r\n") == b"lo"
    assert body.feed(b"0\r\n") == b""
    assert not body.has_ended


def test_trailers_are_sifted():
    section = b"0\r\nX-T: 1\r\nCookie: c\r\nX-Forwarded-For: a\r\nVia: b\r\nX_U: 2\r\n\r\n"
    for forwards, names in ((False, [b"X-T"]), (True, [b"X-T", b"X_U"])):
        body = chunked(forwards_underscores=forwards)
        assert body.feed(section) == b""
        assert isinstance(body.trailers, Headers)
        assert [name for name, _ in body.trailers] == names


def test_content_before_an_offence_comes_out():
    body = chunked()
    assert body.feed(b"2\r\nhiX") == b"hi"
    assert body.fault is not None
    assert (body.fault.kind, body.fault.detail) == (Kind.BAD_BODY, "chunk-end")


def test_an_offence_at_the_beginning_gives_nothing():
    body = chunked()
    assert body.feed(b"X") == b""
    assert body.fault is not None


def test_trailers_that_are_no_fields_are_an_offence():
    body = chunked()
    assert body.feed(b"2\r\nhi\r\n0\r\nX : 1\r\n\r\n") == b"hi"
    assert body.fault is not None
    assert (body.fault.detail, body.has_ended) == ("trailer-malformed", False)
