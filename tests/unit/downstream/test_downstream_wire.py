"""The transport's side of a client connection: writing, the stages of its end."""

import asyncio
import socket
import struct

import pytest

from bfe_py.downstream import Terms
from bfe_py.downstream import wire as wire_module
from bfe_py.downstream.pace import Waiting
from bfe_py.downstream.wire import DateStamp, Wire
from bfe_py.model import UNIX_PEER, Fault, Kind, Session
from bfe_py.transport import NO_RATE
from tests.kit.transports import FakeLoop, FakeTransport


class WireCase:
    def __init__(self, **extra: object) -> None:
        self.loop = FakeLoop()
        self.transport = FakeTransport(asyncio.Protocol(), **extra)
        terms = Terms(write_seconds=60.0, least_rate=NO_RATE)
        session = Session(peer=UNIX_PEER, local=UNIX_PEER, started=0.0)
        self.wire = Wire(self.loop, self.transport, DateStamp(), self.expire, terms, session)

    def expire(self) -> None:
        if self.wire.pace.waiting is Waiting.TAKING:
            self.wire.abort()
        else:
            self.wire.waited()


class FakeSocket:
    """Remembers what was set on it."""

    def __init__(self, family: int = socket.AF_INET) -> None:
        self.family = family
        self.options: list[tuple[int, int, bytes]] = []

    def setsockopt(self, level: int, option: int, value: bytes) -> None:
        self.options.append((level, option, value))


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


def test_lingering_is_short_for_a_client_that_was_slow() -> None:
    case = WireCase()
    case.wire.hurry()
    case.wire.linger()
    for second in range(1, 5):
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


LINGER_FOR_NOTHING = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    ("accepted", "options"),
    [
        (FakeSocket(), [LINGER_FOR_NOTHING]),
        (FakeSocket(socket.AF_INET6), [LINGER_FOR_NOTHING]),
        (FakeSocket(socket.AF_UNIX), []),
    ],
)
def test_a_message_that_is_not_whole_ends_in_a_reset(accepted: FakeSocket, options: list) -> None:
    case = WireCase(socket=accepted)
    case.wire.reset()
    assert case.transport.is_aborted
    assert case.wire.is_closing
    assert accepted.options == options


def test_a_connection_that_is_gone_or_has_no_socket_is_not_reset() -> None:
    case = WireCase()
    case.wire.reset()
    assert case.transport.is_aborted
    lost = WireCase(socket=(accepted := FakeSocket()))
    lost.wire.lose(Fault(Kind.CLIENT_WRITE))
    lost.wire.reset()
    assert not lost.transport.is_aborted
    assert accepted.options == []


def test_the_date_is_made_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [784111777.9]
    monkeypatch.setattr(wire_module.time, "time", lambda: now[0])
    stamp = DateStamp()
    first = stamp.value()
    assert first == b"Sun, 06 Nov 1994 08:49:37 GMT"
    assert stamp.value() is first
    now[0] += 0.1
    assert stamp.value() == b"Sun, 06 Nov 1994 08:49:38 GMT"
