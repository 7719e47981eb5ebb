import os
from collections.abc import Iterator

import pytest

from bfe_py.process.conversations import Conversations, Talk
from bfe_py.process.messages import (
    AskUpgrade,
    FromController,
    FromSuccessor,
    Go,
    HandedSocket,
    Heritage,
    Lines,
    Prepared,
    Ready,
    SuccessorGone,
    ToSuccessor,
    encode_line,
)


def test_messages_are_whole_whichever_way_their_bytes_come():
    lines: Lines[FromController] = Lines(FromController)
    data = encode_line(Ready("a\nb")) + encode_line(AskUpgrade(7))
    heard = [message for byte in data for message in lines.feed(bytes([byte]))]
    assert heard == [Ready("a\nb"), AskUpgrade(7)]
    assert list(lines.feed(data)) == heard


def test_what_another_version_says_beyond_what_is_known_is_passed_over():
    lines: Lines[ToSuccessor] = Lines(ToSuccessor)
    newer = b'{"type":"Later"}\n{"type":"Heritage","pid":3,"later":[1]}\nnonsense\n{"type":"Go"}\n'
    assert list(lines.feed(newer)) == [Heritage(3), Go()]


def test_what_is_inherited_says_all_of_a_socket():
    heritage = Heritage(7, [HandedSocket("http", "", 80, [5, 6], is_named=True)], 2)
    assert list(Lines(ToSuccessor).feed(encode_line(heritage))) == [heritage]


class Pipes:
    def __init__(self) -> None:
        self.woken, self.wake = os.pipe()
        self.heard, self.say = os.pipe()
        self.talks = Conversations(self.woken)


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    made = Pipes()
    yield made
    for descriptor in (made.woken, made.wake, made.heard, made.say):
        try:
            os.close(descriptor)
        except OSError:
            continue  # the test has closed it


def test_who_is_listened_to_is_heard_until_the_end(pipes: Pipes):
    pipes.talks.add(pipes.heard, Talk(FromSuccessor, SuccessorGone()))
    assert pipes.talks.wait(0) == ()
    os.write(pipes.say, encode_line(Prepared()))
    os.close(pipes.say)
    assert pipes.talks.wait(5) == (Prepared(),)
    assert pipes.talks.wait(5) == (SuccessorGone(),)
    assert pipes.talks.wait(0) == ()


def test_an_end_that_nobody_wants_to_know_of_is_silent(pipes: Pipes):
    pipes.talks.add(pipes.heard, Talk(FromController))
    os.close(pipes.say)
    assert pipes.talks.wait(5) == ()


def test_who_leaves_without_having_listened_is_gone_too(pipes: Pipes, monkeypatch):
    def reset(*_: object) -> bytes:
        raise ConnectionResetError

    pipes.talks.add(pipes.heard, Talk(FromSuccessor, SuccessorGone()))
    os.write(pipes.say, b"x")
    with monkeypatch.context() as patched:
        patched.setattr(os, "read", reset)
        assert pipes.talks.wait(5) == (SuccessorGone(),)


def test_who_is_not_listened_to_any_more_is_not_heard(pipes: Pipes):
    pipes.talks.add(pipes.heard, Talk(FromSuccessor, SuccessorGone()))
    pipes.talks.remove(pipes.heard)
    pipes.talks.remove(pipes.heard)
    os.write(pipes.say, encode_line(Prepared()))
    assert pipes.talks.wait(0) == ()


def test_a_wait_may_be_woken(pipes: Pipes):
    os.write(pipes.wake, b"x" * 3)
    assert pipes.talks.wait(float("inf")) == ()
