"""Two sides that are one connection."""

import asyncio

from bfe_py.model import TunnelFlow
from bfe_py.observe import TunnelCounters
from bfe_py.transport import Tunnel
from tests.kit.transports import CaseTest, run_case, settle


class FakeSide:
    """A side whose peer is the test."""

    def __init__(self, early: bytes = b"") -> None:
        self.early = early
        self.written = b""
        self.is_paused = True
        self.has_ended = False
        self.is_closed = False
        self.flow: TunnelFlow

    def open(self, flow: TunnelFlow) -> None:
        self.flow = flow
        if self.early:
            flow.received(self.early)

    def write(self, piece: bytes) -> None:
        self.written += piece

    def end_writing(self) -> None:
        self.has_ended = True

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False

    def close(self) -> None:
        self.is_closed = True

    def lose(self) -> None:
        self.is_closed = True
        self.flow.lost()


class TunnelCase:
    def __init__(self) -> None:
        self.client = FakeSide()
        self.backend = FakeSide()
        self.counters = TunnelCounters()
        self.tunnel = Tunnel(self.client, self.backend, 10.0, self.counters)

    async def run(self) -> "asyncio.Task[None]":
        running = asyncio.get_running_loop().create_task(self.tunnel.run())
        await settle()
        return running

    async def end(self, running: "asyncio.Task[None]") -> None:
        self.client.lose()
        self.backend.lose()
        await running


def case(test: CaseTest[TunnelCase]):
    return run_case(TunnelCase)(test)


@case
async def test_bytes_go_both_ways_and_are_counted(one: TunnelCase):
    one.client.early = b"hello"
    running = await one.run()
    assert not one.client.is_paused
    assert not one.backend.is_paused
    one.client.flow.received(b" there")
    one.backend.flow.received(b"yes?")
    assert one.backend.written == b"hello there"
    assert one.client.written == b"yes?"
    assert (one.tunnel.received, one.tunnel.sent) == (11, 4)
    assert (one.counters.bytes_received, one.counters.bytes_sent) == (11, 4)
    assert (one.counters.opened, one.counters.active) == (1, 1)
    await one.end(running)
    assert (one.counters.opened, one.counters.active) == (1, 0)


@case
async def test_a_side_that_takes_no_more_stops_the_other(one: TunnelCase):
    running = await one.run()
    one.client.flow.blocked()
    assert one.backend.is_paused
    assert not one.client.is_paused
    one.client.flow.unblocked()
    assert not one.backend.is_paused
    one.backend.flow.blocked()
    assert one.client.is_paused
    await one.end(running)


@case
async def test_a_side_that_is_full_from_the_start_holds_the_other_back(one: TunnelCase):
    for full, other in ((one.client, one.backend), (one.backend, one.client)):
        counters = TunnelCounters()
        tunnel = Tunnel(one.client, one.backend, 10.0, counters)
        one.client.is_paused = one.backend.is_paused = True
        first = full.open

        def open_full(flow: TunnelFlow, first=first) -> None:
            first(flow)
            flow.blocked()

        full.open = open_full
        running = asyncio.get_running_loop().create_task(tunnel.run())
        await settle()
        assert other.is_paused
        assert not full.is_paused
        full.open = first
        await one.end(running)


@case
async def test_the_end_of_one_way_leaves_the_other_open(one: TunnelCase):
    running = await one.run()
    one.client.flow.ended()
    assert one.backend.has_ended
    assert not one.backend.is_closed
    one.backend.flow.received(b"answer")
    assert one.client.written == b"answer"
    one.backend.flow.ended()
    assert one.client.has_ended
    assert one.client.is_closed
    assert one.backend.is_closed
    await one.end(running)


@case
async def test_without_one_side_the_other_is_of_no_use(one: TunnelCase):
    running = await one.run()
    one.backend.lose()
    assert one.client.is_closed
    await settle()
    assert not running.done()  # until the other one has gone as well
    one.client.lose()
    await running


@case
async def test_silence_ends_it(one: TunnelCase):
    running = await one.run()
    await asyncio.sleep(9)
    one.client.flow.received(b".")
    await asyncio.sleep(9)
    one.backend.flow.received(b".")
    await asyncio.sleep(9)
    assert not one.client.is_closed
    assert one.counters.idle == 0
    await asyncio.sleep(2)
    assert one.client.is_closed
    assert one.backend.is_closed
    assert one.counters.idle == 1
    await one.end(running)
