"""The transport's side of a client connection: pace, writing, the stages of its end."""

import asyncio

import pytest

from bfe_py.downstream import wire as wire_module
from bfe_py.downstream.pace import Pace, Waiting
from bfe_py.downstream.wire import DateStamp, Wire
from bfe_py.model import Fault, Kind
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


class WireCase(PaceCase):
    def __init__(self, **extra: object) -> None:
        super().__init__()
        self.transport = FakeTransport(Idle(), **extra)
        self.wire = Wire(self.loop, self.transport, DateStamp(), self.expire, 60.0)

    def expire(self) -> None:
        self.wire.waited()


def test_bytes_are_counted_as_long_as_the_transport_takes_them() -> None:
    case = WireCase()
    assert case.wire.write(b"abc") == 3
    assert case.wire.write(b"") == 0
    case.transport.close()
    assert case.wire.write(b"def") == 0
    case.wire.lose(Fault(Kind.CLIENT_WRITE))
    assert case.wire.write(b"def") == 0
    assert case.wire.is_gone
    assert case.wire.gate.is_blocked
    assert (case.wire.written, case.transport.take()) == (3, b"abc")


def test_a_connection_that_is_gone_was_not_closed_by_us() -> None:
    case = WireCase()
    case.wire.lose(Fault(Kind.CLIENT_WRITE))
    case.wire.close()
    case.wire.abort()
    case.wire.linger()
    assert not case.wire.is_closing
    assert case.loop.armed == []


def test_closing_waits_for_what_is_written_as_long_as_it_moves() -> None:
    case = WireCase()
    case.transport.buffered = 100
    case.wire.close()
    assert case.transport.is_closed
    case.loop.advance(59.0)
    case.transport.buffered = 50
    case.loop.advance(119.0)
    assert not case.transport.is_aborted
    case.loop.advance(181.0)
    assert case.transport.is_aborted


def test_lingering_ends_with_the_clients_silence() -> None:
    case = WireCase()
    case.wire.pace.pause()
    case.wire.linger()
    assert case.transport.has_ended
    assert not case.transport.is_reading_paused
    case.loop.advance(2.0)
    case.wire.received_late()
    case.loop.advance(4.0)
    assert not case.transport.is_closed
    case.loop.advance(6.0)
    assert case.transport.is_closed


def test_lingering_does_not_end_before_all_is_written() -> None:
    case = WireCase()
    case.transport.buffered = 10
    case.wire.linger()
    case.loop.advance(50.0)
    assert not case.transport.is_closed
    case.transport.buffered = 0
    case.loop.advance(54.0)
    assert case.transport.is_closed


def test_lingering_has_an_end_whatever_the_client_sends() -> None:
    case = WireCase()
    case.wire.linger()
    for second in range(1, 32):
        case.loop.advance(float(second))
        case.wire.received_late()
    assert case.transport.is_closed


def test_over_tls_lingering_closes_nothing_by_half() -> None:
    case = WireCase(ssl_object=object())
    case.wire.linger()
    assert case.wire.is_secure
    assert not case.transport.has_ended
    case.loop.advance(4.0)
    assert case.transport.is_closed


def test_a_connection_that_is_cut_does_not_linger() -> None:
    case = WireCase()
    case.wire.abort()
    case.wire.linger()
    assert not case.transport.has_ended
    assert case.transport.is_aborted


def test_the_date_is_made_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [784111777.9]
    monkeypatch.setattr(wire_module.time, "time", lambda: now[0])
    stamp = DateStamp()
    first = stamp.value()
    assert first == b"Sun, 06 Nov 1994 08:49:37 GMT"
    assert stamp.value() is first
    now[0] += 0.1
    assert stamp.value() == b"Sun, 06 Nov 1994 08:49:38 GMT"
