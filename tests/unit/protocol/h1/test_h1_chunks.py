"""The guard of chunked bodies."""

import pytest

from bfe_py.protocol import Limits
from bfe_py.protocol.h1.chunks import ChunkGuard

TIGHT = Limits(trailer=12, trailer_fields=1, chunk_extensions=3)


def follow(pieces: list[bytes]) -> tuple[int, ChunkGuard]:
    guard = ChunkGuard(TIGHT)
    used = 0
    for piece in pieces:
        used += guard.advance(piece)
    return used, guard


SOUND = [
    (b"0\r\n\r\n", 5),
    (b"2\r\nhi\r\n0\r\n\r\n", 12),
    (b"2;a\r\nhi\r\n0\r\n\r\nnext", 14),
    (b"0\r\nX: 12345\r\n\r\n", 15),
    (b"0\r\nX: 1\r\n\r\n", 11),
]


@pytest.mark.parametrize(("body", "size"), SOUND)
def test_a_sound_body_ends_where_its_empty_line_is(body, size):
    for pieces in ([body], [body[index : index + 1] for index in range(len(body))]):
        used, guard = follow(pieces)
        assert (used, guard.has_ended, guard.word) == (size, True, "")


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
    ],
)
def test_an_offence_stops_the_guard_before_its_line(body, used, word):
    assert follow([body])[0] == used
    assert follow([body])[1].word == word
    assert not follow([body])[1].has_ended


def test_a_line_may_come_in_pieces():
    _, guard = follow([b"2", b";a", b"\r", b"\n", b"h", b"i\r", b"\n0\r\nX: 1", b"\r\n", b"\r\n"])
    assert (guard.has_ended, guard.word) == (True, "")
