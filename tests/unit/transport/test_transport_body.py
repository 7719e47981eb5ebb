"""A body waits between its sender and its reader, and holds the sender back."""

import asyncio

import pytest

from bfe_py.model import Fault, Headers, Kind
from bfe_py.transport import BodyQueue
from bfe_py.transport.body import DRAIN_LIMIT, DRAIN_SECONDS, HIGH_WATER
from tests.kit.transports import run_plain, settle

QUARTER = bytes(HIGH_WATER // 4)


class Source:
    """The connection's side of a queue."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.credit: list[int] = []
        self.queue = BodyQueue(
            asyncio.get_running_loop(),
            lambda: self.calls.append("pause"),
            lambda: self.calls.append("resume"),
            credit=self.credit.append,
        )

    def reading(self) -> "asyncio.Task[bytes]":
        return asyncio.get_running_loop().create_task(self.queue.read())

    def draining(self) -> "asyncio.Task[bool]":
        return asyncio.get_running_loop().create_task(self.queue.drain())


def test_pieces_come_out_in_order_then_the_end_with_its_trailers() -> None:
    async def main() -> None:
        queue = Source().queue
        queue.feed(b"a")
        queue.feed(b"bc")
        assert not queue.is_ended
        queue.end(Headers([(b"Sum", b"1")]))
        assert queue.is_ended
        assert [await queue.read() for _ in range(4)] == [b"a", b"bc", b"", b""]
        assert queue.taken == 3
        assert queue.trailers() == Headers([(b"Sum", b"1")])

    run_plain(main())


def test_a_piece_that_has_not_come_is_none_or_waited_for() -> None:
    async def main() -> None:
        source = Source()
        assert source.queue.read_ready() is None
        reading = source.reading()
        await settle()
        assert not reading.done()
        source.queue.feed(b"late")
        source.queue.feed(b"later")
        source.queue.wake()
        assert await reading == b"late"
        assert source.queue.read_ready() == b"later"

    run_plain(main())


def test_a_reader_that_waits_learns_of_the_end() -> None:
    async def main() -> None:
        source = Source()
        reading = source.reading()
        await settle()
        source.queue.end()
        source.queue.wake()
        assert await reading == b""
        assert source.queue.trailers() is None

    run_plain(main())


def test_the_sender_is_paused_above_the_mark_and_resumed_at_a_quarter() -> None:
    async def main() -> None:
        source = Source()
        for _ in range(4):
            source.queue.feed(QUARTER)
        assert source.calls == []
        source.queue.feed(QUARTER)
        source.queue.feed(QUARTER)
        assert source.calls == ["pause"]
        for _ in range(4):
            source.queue.read_ready()
        assert source.calls == ["pause"]
        source.queue.read_ready()
        assert source.calls == ["pause", "resume"]
        assert source.credit == [len(QUARTER)] * 5

    run_plain(main())


def test_a_queue_without_credit_gives_none_back() -> None:
    async def main() -> None:
        queue = BodyQueue(asyncio.get_running_loop(), lambda: None, lambda: None)
        queue.feed(b"abc")
        assert queue.read_ready() == b"abc"

    run_plain(main())


def test_a_fault_comes_after_what_arrived_before_it_and_the_first_one_counts() -> None:
    async def main() -> None:
        queue = Source().queue
        fault = Fault(Kind.CLIENT_CLOSED)
        queue.feed(b"a")
        queue.fail(fault)
        queue.fail(Fault(Kind.BAD_BODY))
        assert await queue.read() == b"a"
        for _ in range(2):
            with pytest.raises(Fault) as caught:
                await queue.read()
            assert caught.value is fault

    run_plain(main())


def test_a_reader_that_waits_learns_of_the_fault() -> None:
    async def main() -> None:
        source = Source()
        reading = source.reading()
        await settle()
        source.queue.fail(Fault(Kind.BAD_BODY))
        with pytest.raises(Fault):
            await reading

    run_plain(main())


def test_a_whole_body_cannot_fail() -> None:
    async def main() -> None:
        queue = Source().queue
        queue.end()
        queue.fail(Fault(Kind.CLIENT_CLOSED))
        assert await queue.read() == b""

    run_plain(main())


def test_the_client_is_told_to_go_on_once_when_a_piece_is_waited_for() -> None:
    async def main() -> None:
        source = Source()
        told: list[int] = []
        source.queue.before_read(lambda: told.append(1))
        assert source.queue.read_ready() is None
        assert told == []
        reading = source.reading()
        await settle()
        assert told == [1]
        source.queue.feed(b"a")
        source.queue.wake()
        await reading
        reading = source.reading()
        await settle()
        source.queue.end()
        source.queue.wake()
        await reading
        assert told == [1]

    run_plain(main())


def test_a_piece_that_comes_while_the_client_is_told_is_found() -> None:
    async def main() -> None:
        source = Source()
        source.queue.before_read(lambda: source.queue.feed(b"at once"))
        reading = source.reading()
        assert await reading == b"at once"

    run_plain(main())


def test_a_whole_body_is_drained_at_once() -> None:
    async def main() -> None:
        queue = Source().queue
        queue.feed(b"a")
        queue.feed(b"b")
        queue.end()
        assert await queue.drain()
        assert queue.taken == 2

    run_plain(main())


def test_a_body_that_failed_or_was_never_asked_for_is_not_drained() -> None:
    async def main() -> None:
        failed, unasked = Source().queue, Source().queue
        failed.fail(Fault(Kind.BAD_BODY))
        unasked.before_read(lambda: None)
        assert not await failed.drain()
        assert not await unasked.drain()

    run_plain(main())


def test_draining_waits_for_the_end() -> None:
    async def main() -> None:
        source = Source()
        draining = source.draining()
        await settle()
        source.queue.feed(b"a")
        source.queue.wake()
        await settle()
        assert not draining.done()
        source.queue.end()
        source.queue.wake()
        assert await draining

    run_plain(main())


def test_draining_gives_up_on_a_body_that_is_too_large() -> None:
    async def main() -> None:
        source = Source()
        source.queue.feed(bytes(DRAIN_LIMIT))
        await source.queue.read()
        draining = source.draining()
        await settle()
        source.queue.feed(bytes(DRAIN_LIMIT))
        source.queue.wake()
        await settle()
        assert not draining.done()
        source.queue.feed(b"x")
        source.queue.wake()
        await settle()
        assert draining.done()
        assert not draining.result()

    run_plain(main())


def test_draining_gives_up_on_a_slow_body_and_on_a_fault() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        slow, failing = Source(), Source()
        assert not await slow.queue.drain()
        assert loop.time() - begun == pytest.approx(DRAIN_SECONDS, abs=0.1)
        draining = failing.draining()
        await settle()
        failing.queue.fail(Fault(Kind.CLIENT_CLOSED))
        assert not await draining

    run_plain(main())


def test_an_empty_piece_is_not_the_end() -> None:
    async def main() -> None:
        source = Source()
        source.queue.feed(b"")
        assert source.queue.read_ready() is None
        source.queue.feed(b"a")
        assert await source.queue.read() == b"a"

    run_plain(main())


def test_a_body_that_failed_cannot_become_whole() -> None:
    async def main() -> None:
        queue = Source().queue
        queue.fail(Fault(Kind.CLIENT_CLOSED))
        queue.end()
        assert not queue.is_ended
        with pytest.raises(Fault):
            await queue.read()

    run_plain(main())
