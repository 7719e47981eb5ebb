"""Noticing a peer that takes nothing."""

import asyncio
import socket

import pytest

from bfe_py.transport import NO_RATE, LeastRate, Stall
from bfe_py.transport.stall import bytes_taken
from tests.kit.transports import FakeLoop, FakeTransport


class Tcp:
    """Tells how many bytes its peer has acknowledged."""

    def __init__(self) -> None:
        self.acknowledged = 0

    def getsockopt(self, level: int, option: int, size: int) -> bytes:
        assert (level, option) == (socket.IPPROTO_TCP, socket.TCP_INFO)
        return (b"\xff" * 120 + self.acknowledged.to_bytes(8, "little"))[:size]


class Unix:
    def getsockopt(self, level: int, option: int, size: int) -> bytes:
        raise OSError("not supported")


class Case:
    def __init__(self, raw: object = None, rate: LeastRate = NO_RATE) -> None:
        self.loop = FakeLoop()
        self.transport = FakeTransport(asyncio.Protocol(), socket=raw)
        self.transport.buffered = 100
        self.stalled: list[float] = []
        self.stall = Stall(
            self.loop, self.transport, 10.0, lambda: self.stalled.append(self.loop.now), rate
        )


def test_a_peer_that_takes_nothing_is_noticed() -> None:
    case = Case()
    case.stall.watch()
    case.loop.advance(9.0)
    assert case.stalled == []
    case.loop.advance(30.0)
    assert case.stalled == [10.0]


@pytest.mark.parametrize("raw", [None, Unix()])
def test_a_peer_that_takes_a_little_is_waited_for(raw: object) -> None:
    case = Case(raw)
    case.stall.watch()
    for second in range(9, 100, 9):
        case.loop.advance(float(second))
        case.transport.buffered -= 1
    assert case.stalled == []
    case.loop.advance(120.0)
    assert len(case.stalled) == 1


def test_what_the_peer_acknowledges_counts_even_if_more_is_written_meanwhile() -> None:
    raw = Tcp()
    case = Case(raw)
    case.stall.watch()
    for second in range(9, 100, 9):
        case.loop.advance(float(second))
        raw.acknowledged += 1
        case.transport.buffered += 1
    assert case.stalled == []
    assert bytes_taken(case.transport) == raw.acknowledged
    case.loop.advance(120.0)
    assert len(case.stalled) == 1


def test_watching_ends_when_nothing_is_left_to_send() -> None:
    case = Case()
    case.stall.watch()
    case.transport.buffered = 0
    case.loop.advance(10.0)
    assert case.loop.armed == []
    case.transport.buffered = 100
    case.loop.advance(50.0)
    assert case.stalled == []
    case.stall.watch()
    case.loop.advance(61.0)
    assert case.stalled == [60.0]


def test_watching_twice_begins_once() -> None:
    case = Case()
    case.stall.watch()
    case.loop.advance(8.0)
    case.stall.watch()
    case.loop.advance(11.0)
    assert case.stalled == [10.0]


def test_nothing_is_noticed_while_nobody_watches() -> None:
    case = Case()
    case.stall.watch()
    case.stall.rest()
    case.loop.advance(50.0)
    assert case.stalled == []
    case.stall.watch()
    case.stall.end()
    assert case.loop.armed == []


# --- the least rate

RATE = LeastRate(bytes_per_second=100.0, grace_seconds=5.0)


def test_a_peer_that_takes_less_than_it_has_to_is_noticed() -> None:
    raw = Tcp()
    case = Case(raw, RATE)
    raw.acknowledged = 4096  # what systems take by themselves
    case.stall.watch()
    for second in range(1, 12):
        case.loop.advance(float(second))
        raw.acknowledged += 20
    assert len(case.stalled) == 1
    assert 5.0 <= case.stalled[0] <= 8.0


def test_a_peer_that_takes_enough_in_large_steps_is_waited_for() -> None:
    raw = Tcp()
    case = Case(raw, RATE)
    raw.acknowledged = 100_000
    case.stall.watch()
    for second in range(9, 200, 9):
        case.loop.advance(float(second))
        raw.acknowledged += 9 * 120
    assert case.stalled == []


def test_what_a_peer_took_while_nobody_watched_is_to_its_credit() -> None:
    raw = Tcp()
    case = Case(raw, RATE)
    case.stall.watch()
    case.stall.rest()
    case.loop.advance(1000.0)
    raw.acknowledged = 100_000
    case.stall.watch()
    case.loop.advance(1009.0)
    assert case.stalled == []
    case.loop.advance(1011.0)
    assert case.stalled == [1010.0]


def test_how_long_a_peer_may_take_nothing_can_change() -> None:
    case = Case()
    case.stall.seconds = 3.0
    case.stall.watch()
    case.loop.advance(4.0)
    assert case.stalled == [3.0]
