"""Who reads a body goes on when the connection has handed on all that came."""

from collections.abc import Iterator

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.transport import BodyQueue, EagerTask
from tests.kit.transports import TimedLoop


class Reader:
    """Reads a queue to its end, in a task that goes on at once."""

    def __init__(self) -> None:
        self.loop = TimedLoop()
        self.queue = BodyQueue(self.loop, lambda: None, lambda: None)
        self.pieces: list[bytes] = []
        self.ended: list[Exception | None] = []

    def begin(self) -> EagerTask:
        return EagerTask(self.read(), self.ended.append)

    async def read(self) -> None:
        while piece := await self.queue.read():
            self.pieces.append(piece)

    def turn(self) -> None:
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.loop.close()


def test_a_reader_has_all_that_came_before_waking_it_returns(reader: Reader) -> None:
    reader.begin()
    reader.queue.feed(b"one")
    reader.queue.feed(b"two")
    reader.turn()
    assert reader.pieces == []
    reader.queue.wake()
    assert reader.pieces == [b"one", b"two"]
    reader.queue.feed(b"three")
    reader.queue.end()
    reader.turn()
    assert reader.pieces == [b"one", b"two"]
    reader.queue.wake()
    assert reader.pieces == [b"one", b"two", b"three"]
    assert reader.ended == [None]


def test_waking_changes_nothing_where_nobody_waits(reader: Reader) -> None:
    reader.queue.wake()
    reader.queue.feed(b"one")
    reader.queue.wake()
    assert reader.queue.taken == 0
    reader.begin()
    assert reader.pieces == [b"one"]


def test_a_reader_that_is_woken_for_nothing_waits_on(reader: Reader) -> None:
    task = reader.begin()
    reader.queue.wake()
    assert not task.is_done
    reader.queue.feed(b"one")
    reader.queue.wake()
    assert reader.pieces == [b"one"]


def test_a_fault_wakes_the_reader_by_itself_when_who_told_it_is_done(reader: Reader) -> None:
    reader.begin()
    fault = Fault(Kind.BAD_BODY)
    reader.queue.feed(b"one")
    reader.queue.fail(fault)
    assert reader.pieces == []
    reader.turn()
    assert reader.pieces == [b"one"]
    assert reader.ended == [fault]
