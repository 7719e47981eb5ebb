"""A body arrives whole and in order, and its sender is never left waiting for nothing."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.transport import BodyQueue, EagerTask
from bfe_py.transport.body import HIGH_WATER

SIZES = st.one_of(st.integers(1, 100), st.integers(HIGH_WATER // 8, HIGH_WATER * 2))
STEPS = st.lists(st.one_of(SIZES, st.none()), max_size=40)


class Sender:
    def __init__(self) -> None:
        self.is_paused = False
        self.credit = 0

    def pause(self) -> None:
        assert not self.is_paused
        self.is_paused = True

    def resume(self) -> None:
        assert self.is_paused
        self.is_paused = False

    def take(self, credit: int) -> None:
        self.credit += credit


@given(STEPS)
def test_any_interleaving_delivers_every_byte_and_resumes_the_sender(
    steps: list[int | None],
) -> None:
    loop = asyncio.new_event_loop()
    sender = Sender()
    queue = BodyQueue(loop, sender.pause, sender.resume, credit=sender.take)
    fed: list[bytes] = []
    read: list[bytes] = []
    waiting = 0
    for number, size in enumerate(steps):
        if size is not None:
            piece = bytes([number % 256]) * size
            fed.append(piece)
            queue.feed(piece)
            waiting += size
            assert sender.is_paused or waiting <= HIGH_WATER
        else:
            found = queue.read_ready()
            assert (found is None) == (waiting == 0)
            if found is not None:
                read.append(found)
                waiting -= len(found)
            assert not (sender.is_paused and waiting <= HIGH_WATER // 4)
        assert queue.taken == sum(map(len, read)) == sender.credit
    queue.end()
    while piece := queue.read_ready():
        read.append(piece)
    assert read == fed
    assert not sender.is_paused
    loop.close()


@given(st.lists(st.lists(SIZES, max_size=4), max_size=10))
def test_a_reader_has_read_everything_whenever_it_was_woken(turns: list[list[int]]) -> None:
    loop = asyncio.new_event_loop()
    sender = Sender()
    queue = BodyQueue(loop, sender.pause, sender.resume, credit=sender.take)
    fed: list[bytes] = []
    read: list[bytes] = []
    ended: list[Exception | None] = []

    async def read_all() -> None:
        while piece := await queue.read():
            read.append(piece)

    EagerTask(read_all(), ended.append)
    for number, sizes in enumerate(turns):
        for size in sizes:
            piece = bytes([number]) * size
            fed.append(piece)
            queue.feed(piece)
        queue.wake()
        assert read == fed
        assert not sender.is_paused
    assert ended == []
    queue.end()
    queue.wake()
    assert ended == [None]
    loop.close()
