"""What a client owes has a deadline, what it does not take is watched."""

import asyncio

from bfe_py.downstream import Terms
from bfe_py.downstream.pace import Pace, Waiting
from bfe_py.model import UNIX_PEER, Session
from bfe_py.transport import NO_RATE, LeastRate
from tests.kit.transports import FakeLoop, FakeTransport


class Idle(asyncio.Protocol):
    pass


class PaceCase:
    def __init__(self, rate: LeastRate = NO_RATE) -> None:
        self.loop = FakeLoop()
        self.transport = FakeTransport(Idle())
        self.session = Session(peer=UNIX_PEER, local=UNIX_PEER, started=0.0)
        self.expired = 0
        terms = Terms(body_seconds=10.0, write_seconds=60.0, least_rate=rate)
        self.pace = Pace(self.loop, self.transport, self.expire, terms, self.session)

    def expire(self) -> None:
        self.expired += 1


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
    case.pace.wait_body()
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
    case.pace.wait_body()
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
    case.pace.wait_body()
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
    assert case.expired == 0
    case.pace.watch_writes()
    case.loop.advance(161.0)
    assert case.expired == 1


def test_at_the_end_all_must_be_taken() -> None:
    case = PaceCase()
    case.transport.buffered = 10
    case.pace.watch_writes()
    case.pace.wait(Waiting.END, None)
    case.pace.rest_writes()
    case.loop.advance(61.0)
    assert case.expired == 1


def test_nothing_expires_once_the_connection_is_gone() -> None:
    case = PaceCase()
    case.pace.wait(Waiting.HEAD, 1.0)
    case.pace.end()
    case.transport.buffered = 10
    case.pace.watch_writes()
    case.pace.end()
    assert case.loop.armed == []


# --- the least rate


HURRIED = LeastRate(bytes_per_second=100.0, grace_seconds=5.0)


def test_a_body_has_to_come_at_the_least_rate() -> None:
    case = PaceCase(HURRIED)
    case.pace.wait_body()
    for second in range(1, 60):
        case.session.bytes_read += 101
        case.loop.advance(float(second))
    assert case.expired == 0
    for second in range(60, 75):
        case.session.bytes_read += 1
        case.loop.advance(float(second))
    assert case.expired == 1
    assert case.pace.waiting is Waiting.BODY


def test_what_came_before_a_body_is_none_of_it() -> None:
    case = PaceCase(HURRIED)
    case.session.bytes_read = 1_000_000
    case.pace.wait_body()
    case.loop.advance(5.1)
    assert case.expired == 1


def test_while_nobody_reads_no_body_is_too_slow() -> None:
    case = PaceCase(HURRIED)
    case.pace.wait_body()
    case.session.bytes_read += 1000
    case.pace.pause()
    case.loop.advance(100.0)
    case.pace.resume()
    case.loop.advance(109.0)
    assert case.expired == 0
    case.loop.advance(116.0)
    assert case.expired == 1


def test_who_may_wait_to_be_asked_for_a_body_is_given_time() -> None:
    case = PaceCase(HURRIED)
    case.pace.wait_body(is_asked_for=False)
    case.loop.advance(9.9)
    assert case.expired == 0
    case.loop.advance(10.1)
    assert case.expired == 1


def test_a_cluster_says_how_long_a_body_may_stand_still() -> None:
    case = PaceCase()
    case.pace.wait_body()
    case.session.read_seconds = 3.0
    case.pace.renew_body()
    case.loop.advance(3.1)
    assert case.expired == 1


def test_what_a_cluster_says_is_nothing_to_who_waits_for_no_body() -> None:
    case = PaceCase()
    case.pace.wait(Waiting.IDLE, 10.0)
    case.session.read_seconds = 3.0
    case.pace.renew_body()
    case.loop.advance(9.0)
    assert case.expired == 0


def test_a_cluster_says_how_long_nothing_may_be_taken() -> None:
    case = PaceCase()
    case.transport.buffered = 10
    case.session.write_seconds = 3.0
    case.pace.watch_writes()
    case.loop.advance(3.1)
    assert case.expired == 1
    assert case.pace.waiting is Waiting.TAKING
    case.session.write_seconds = 7.0
    case.pace.watch_writes()
    case.loop.advance(10.0)
    assert case.expired == 1
    case.loop.advance(10.2)
    assert case.expired == 2


def test_what_is_written_has_to_be_taken_at_the_least_rate() -> None:
    case = PaceCase(HURRIED)
    case.transport.buffered = 100_000
    case.pace.watch_writes()
    for second in range(1, 60):
        case.transport.buffered -= 20
        case.loop.advance(float(second))
    assert case.expired == 1
