"""What a client owes has a deadline, what it does not take is watched."""

import asyncio

from bfe_py.downstream.pace import Pace, Waiting
from tests.kit.transports import FakeLoop, FakeTransport


class Idle(asyncio.Protocol):
    pass


class PaceCase:
    def __init__(self) -> None:
        self.loop = FakeLoop()
        self.transport = FakeTransport(Idle())
        self.expired = 0
        self.stalled = 0
        self.pace = Pace(self.loop, self.transport, self.expire, 60.0, self.stall)

    def expire(self) -> None:
        self.expired += 1

    def stall(self) -> None:
        self.stalled += 1


def test_what_is_waited_for_expires_unless_it_moves_on() -> None:
    case = PaceCase()
    case.pace.wait(Waiting.HEAD, 10.0)
    case.loop.advance(9.0)
    case.pace.touch()
    case.loop.advance(18.0)
    assert case.expired == 0
    case.loop.advance(20.0)
    assert case.expired == 1
    assert case.pace.waiting is Waiting.HEAD


def test_a_body_has_no_deadline_while_reading_is_paused() -> None:
    case = PaceCase()
    case.pace.wait(Waiting.BODY, 10.0)
    case.pace.pause()
    case.pace.pause()
    assert case.transport.is_reading_paused
    case.loop.advance(100.0)
    assert case.expired == 0
    case.pace.resume()
    case.pace.resume()
    assert not case.transport.is_reading_paused
    case.loop.advance(109.0)
    assert case.expired == 0
    case.loop.advance(111.0)
    assert case.expired == 1


def test_a_body_that_is_due_while_reading_is_paused_has_no_deadline_yet() -> None:
    case = PaceCase()
    case.pace.wait(Waiting.NOTHING, None)
    case.pace.pause()
    case.pace.wait(Waiting.BODY, 10.0)
    case.loop.advance(100.0)
    assert case.expired == 0


def test_other_deadlines_hold_while_reading_is_paused() -> None:
    case = PaceCase()
    case.pace.pause()
    case.pace.wait(Waiting.IDLE, 10.0)
    case.loop.advance(11.0)
    assert case.expired == 1
    case.pace.resume()
    assert not case.transport.is_reading_paused


def test_nothing_is_read_or_due_on_a_transport_that_is_closing() -> None:
    case = PaceCase()
    case.pace.wait(Waiting.BODY, 10.0)
    case.pace.pause()
    case.transport.close()
    case.pace.resume()
    assert case.transport.is_reading_paused
    case.loop.advance(100.0)
    assert case.expired == 0
    other = PaceCase()
    other.transport.close()
    other.pace.pause()
    assert not other.transport.is_reading_paused


def test_what_is_written_must_be_taken_until_the_client_has_caught_up() -> None:
    case = PaceCase()
    case.transport.buffered = 10
    case.pace.rest_writes()
    case.pace.watch_writes()
    case.pace.rest_writes()
    case.loop.advance(100.0)
    assert case.stalled == 0
    case.pace.watch_writes()
    case.loop.advance(161.0)
    assert case.stalled == 1


def test_at_the_end_all_must_be_taken() -> None:
    case = PaceCase()
    case.transport.buffered = 10
    case.pace.watch_writes()
    case.pace.wait(Waiting.END, None)
    case.pace.rest_writes()
    case.loop.advance(61.0)
    assert case.stalled == 1


def test_nothing_expires_once_the_connection_is_gone() -> None:
    case = PaceCase()
    case.pace.wait(Waiting.HEAD, 1.0)
    case.pace.end()
    case.transport.buffered = 10
    case.pace.watch_writes()
    case.pace.end()
    assert case.loop.armed == []
