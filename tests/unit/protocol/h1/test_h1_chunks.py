"""The reader of chunked bodies."""

import pytest

from bfe_py.protocol import Limits
from bfe_py.protocol.h1.chunks import ChunkReader

TIGHT = Limits(trailer=12, trailer_fields=1, chunk_extensions=3)


def follow(pieces: list[bytes]) -> tuple[int, ChunkReader]:
    reader = ChunkReader(TIGHT)
    used = 0
    for piece in pieces:
        used += reader.advance(piece)
    return used, reader


def singly(body: bytes) -> list[bytes]:
    return [body[index : index + 1] for index in range(len(body))]


# body, bytes of it, content, lines of trailers
SOUND = [
    (b"0\r\n\r\n", 5, b"", b""),
    (b"2\r\nhi\r\n0\r\n\r\n", 12, b"hi", b""),
    (b"2;a\r\nhi\r\n0\r\n\r\nnext", 14, b"hi", b""),
    (b"3\r\nabc\r\n00A\r\n0123\r\n\r\n89\r\n0\r\n\r\n", 30, b"abc0123\r\n\r\n89", b""),
    (b"0000000000000001\r\nx\r\n0000\r\n\r\n", 29, b"x", b""),
    (b"0\r\nX: 12345\r\n\r\n", 15, b"", b"X: 12345\r\n"),
    (b"0;ab\r\nX: 1\r\n\r\n0\r\n\r\n", 14, b"", b"X: 1\r\n"),
]


@pytest.mark.parametrize(("body", "size", "content", "trailers"), SOUND)
def test_a_sound_body_ends_where_its_empty_line_is(body, size, content, trailers):
    for pieces in ([body], singly(body), [body[:3], body[3:]]):
        used, reader = follow(pieces)
        assert (used, reader.has_ended, reader.word) == (size, True, "")
        assert (b"".join(reader.content), bytes(reader.trailers)) == (content, trailers)


def test_content_comes_out_as_far_as_it_came():
    reader = ChunkReader(TIGHT)
    assert reader.advance(b"5\r\nhe") == 5
    assert (reader.content, reader.has_ended) == ([b"he"], False)
    assert reader.advance(b"llo\r\n3\r") == 7
    assert (reader.content, reader.has_ended) == ([b"he", b"llo"], False)
    assert reader.advance(b"\nabc") == 4
    assert reader.content == [b"he", b"llo", b"abc"]


@pytest.mark.parametrize(
    ("body", "used", "word"),
    [
        (b"x\r\n", 0, "chunk-size"),
        (b"2\r\nhix", 5, "chunk-end"),
        (b"2\r\nhi\r\n\n", 7, "chunk-size"),
        (b"2\n", 0, "bare-lf"),
        (b"2\rx", 0, "bare-cr"),
        (b"2;\x01\r\n", 0, "chunk-size"),
        (b"2;abc", 0, "chunk-extensions"),
        (b"1;a\r\nx\r\n1;a", 8, "chunk-extensions"),
        (b"0\r\n X", 3, "obs-fold"),
        (b"0\r\nX\x01", 3, "control-byte"),
        (b"0\r\nX: 123456\r\n\r\n", 14, "trailer-too-large"),
        (b"0\r\nX:\r\nY:\r\n", 7, "too-many-trailers"),
        (b"0\r\n" + b"X" * 14, 3, "trailer-too-large"),
        (b"00000000000000001\r\n", 0, "chunk-size"),
        (b"2 \r\n", 0, "chunk-size"),
        (b"\r\n", 0, "chunk-size"),
    ],
)
def test_an_offence_stops_the_reader_before_its_line(body, used, word):
    assert follow([body])[0] == used
    assert follow([body])[1].word == word
    assert not follow([body])[1].has_ended


def test_a_line_may_come_in_pieces():
    _, reader = follow([b"2", b";a", b"\r", b"\n", b"h", b"i\r", b"\n0\r\nX: 1", b"\r\n", b"\r\n"])
    assert (reader.has_ended, reader.word, reader.content) == (True, "", [b"h", b"i"])


def test_nothing_is_read_behind_the_end():
    reader = ChunkReader(TIGHT)
    assert reader.advance(b"0\r\n\r\n") == 5
    assert reader.advance(b"2\r\nhi\r\n") == 0
    assert reader.content == []
