"""The sending half."""

import pytest

from bfe_py.model import Headers
from bfe_py.protocol.h1.send import Delimiter, Sender, build_head


def sender(delimiter: Delimiter, length: int = 0) -> Sender:
    made = Sender()
    made.begin(b"head;", delimiter, length)
    return made


def test_a_head_keeps_order_and_case_and_ends_with_what_is_added():
    headers = Headers([(b"b", b"1"), (b"A", b""), (b"Te", b"x")])
    head = build_head(b"start", headers, frozenset({b"te"}), [b"Z: 9"])
    assert head == b"start\r\nb: 1\r\nA: \r\nZ: 9\r\n\r\n"


def test_a_head_may_have_no_fields():
    assert build_head(b"start", Headers(), frozenset(), []) == b"start\r\n\r\n"


@pytest.mark.parametrize(
    ("delimiter", "length", "expected"),
    [
        (Delimiter.NOTHING, 0, b"head;"),
        (Delimiter.LENGTH, 5, b"head;hello"),
        (Delimiter.CLOSE, 0, b"head;hello"),
        (Delimiter.CHUNKS, 0, b"head;3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
    ],
)
def test_content_goes_as_it_is_delimited(delimiter, length, expected):
    out = sender(delimiter, length)
    for piece in (b"hel", b"", b"lo"):
        out.body(piece)
    out.end(None)
    assert out.take() == expected
    assert out.take() == b""


@pytest.mark.parametrize(
    ("delimiter", "length", "content", "expected"),
    [
        (Delimiter.NOTHING, 0, b"", b"head;"),
        (Delimiter.NOTHING, 0, b"hello", b"head;"),
        (Delimiter.LENGTH, 0, b"", b"head;"),
        (Delimiter.LENGTH, 5, b"hello", b"head;hello"),
        (Delimiter.CLOSE, 0, b"", b"head;"),
        (Delimiter.CLOSE, 0, b"hello", b"head;hello"),
        (Delimiter.CHUNKS, 0, b"", b"head;0\r\n\r\n"),
        (Delimiter.CHUNKS, 0, b"hello", b"head;5\r\nhello\r\n0\r\n\r\n"),
    ],
)
def test_a_message_goes_in_one_go(delimiter, length, content, expected):
    out = Sender()
    out.whole(b"head;", delimiter, length, content)
    assert (out.has_begun, out.has_ended) == (True, True)
    assert out.take() == expected


@pytest.mark.parametrize("content", [b"", b"hell", b"hello!"])
def test_a_message_whose_content_is_not_as_long_as_it_says_is_a_bug(content):
    with pytest.raises(AssertionError):
        Sender().whole(b"head;", Delimiter.LENGTH, 5, content)


def test_trailers_go_behind_the_last_chunk_only():
    for delimiter, expected in (
        (Delimiter.CHUNKS, b"head;0\r\nX: 1\r\n\r\n"),
        (Delimiter.LENGTH, b"head;"),
    ):
        out = sender(delimiter)
        out.end(Headers([(b"X", b"1"), (b"Host", b"a")]))
        assert out.take() == expected


def test_one_message_follows_the_other():
    out = sender(Delimiter.NOTHING)
    out.end(None)
    out.restart()
    out.interim(b"early;")
    out.begin(b"head;", Delimiter.NOTHING, 0)
    assert out.take() == b"head;early;head;"


def test_a_single_piece_is_taken_as_the_object_that_it_is():
    out = sender(Delimiter.LENGTH, 5)
    out.take()
    piece = b"hello"
    out.body(piece)
    assert out.take() is piece


def test_a_body_longer_or_shorter_than_its_length_is_a_bug():
    with pytest.raises(AssertionError):
        sender(Delimiter.LENGTH, 1).body(b"ab")
    with pytest.raises(AssertionError):
        sender(Delimiter.LENGTH, 1).end(None)


def test_calls_out_of_turn_are_bugs():
    ended = sender(Delimiter.CHUNKS)
    ended.end(None)
    for wrong in (Sender(), ended):
        with pytest.raises(AssertionError):
            wrong.body(b"x")
        with pytest.raises(AssertionError):
            wrong.end(None)
    with pytest.raises(AssertionError):
        ended.begin(b"", Delimiter.NOTHING, 0)
    with pytest.raises(AssertionError):
        ended.whole(b"", Delimiter.NOTHING, 0, b"")
    with pytest.raises(AssertionError):
        ended.interim(b"")
