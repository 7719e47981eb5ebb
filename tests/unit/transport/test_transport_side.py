"""A transport as one side of a tunnel."""

import asyncio

import pytest

from bfe_py.transport import ConnectionSide
from tests.kit.transports import CaseTest, FakeTransport, run_case


class Before(asyncio.Protocol):
    """The protocol that had the transport."""

    def __init__(self) -> None:
        self.lost: list[Exception | None] = []
        self.received: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        self.received.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.append(exc)


class Flow:
    """Notes what a side tells."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def received(self, piece: bytes) -> None:
        self.told.append(piece)

    def ended(self) -> None:
        self.told.append("ended")

    def blocked(self) -> None:
        self.told.append("blocked")

    def unblocked(self) -> None:
        self.told.append("unblocked")

    def lost(self) -> None:
        self.told.append("lost")


class SideCase:
    def __init__(self) -> None:
        self.before = Before()
        self.flow = Flow()
        self.transport = FakeTransport(self.before)

    def make(self, early: bytes = b"", *, is_secure: bool = False, **known: bool) -> ConnectionSide:
        if is_secure:
            self.transport = FakeTransport(self.before, ssl_object=object())
            self.transport.can_write_eof = lambda: False
        self.transport.pause_reading()
        self.side = ConnectionSide(self.transport, self.transport, early, **known)
        return self.side

    def open(self, early: bytes = b"", **known: bool) -> ConnectionSide:
        self.make(early, **known).open(self.flow)
        return self.side


def case(test: CaseTest[SideCase]):
    return run_case(SideCase)(test)


@case
async def test_it_takes_the_transport_from_the_protocol_before(one: SideCase):
    one.open().resume()
    assert not one.transport.is_reading_paused
    one.transport.protocol.data_received(b"new")
    assert one.flow.told == [b"new"]
    assert one.before.received == []
    assert one.side.received == 3


@case
async def test_what_has_happened_before_it_is_opened_is_told_then(one: SideCase):
    side = one.make(b"early", has_ended=True, is_blocked=True)
    assert one.transport.is_reading_paused
    side.open(one.flow)
    assert one.flow.told == ["blocked", b"early", "ended"]
    assert side.received == 0  # who had the transport before has counted them
    assert one.transport.is_reading_paused


@case
async def test_what_happens_before_it_is_opened_is_told_then(one: SideCase):
    side = one.make()
    side.pause_writing()
    assert side.eof_received()
    side.data_received(b"")
    one.transport.drop()
    side.open(one.flow)
    assert one.flow.told == ["blocked", "ended", "lost"]
    one = SideCase()
    side = one.make()
    side.pause_writing()
    side.resume_writing()
    side.open(one.flow)
    assert one.flow.told == []


@case
async def test_the_protocol_before_is_told_of_the_end_first(one: SideCase):
    order: list[str] = []
    side = one.make()
    one.before.connection_lost = lambda exc: order.append("before")
    one.flow.lost = lambda: order.append("flow")
    side.open(one.flow)
    one.transport.drop(ConnectionResetError())
    assert order == ["before", "flow"]


@case
async def test_it_tells_that_its_peer_takes_no_more_and_then_does(one: SideCase):
    side = one.open()
    side.pause_writing()
    side.resume_writing()
    assert one.flow.told == ["blocked", "unblocked"]


@case
async def test_it_writes_until_the_connection_ends(one: SideCase):
    side = one.open()
    side.write(b"abc")
    assert one.transport.take() == b"abc"
    one.transport.close()
    side.write(b"def")
    side.end_writing()
    assert one.transport.take() == b""
    assert not one.transport.has_ended
    assert side.written == 3


@case
async def test_reading_stops_and_goes_on_and_a_connection_that_ends_is_left_alone(one: SideCase):
    side = one.open()
    side.resume()
    side.resume()
    side.pause()
    side.pause()
    assert one.transport.is_reading_paused
    one.transport.close()
    side.resume()
    assert one.transport.is_reading_paused


@case
async def test_the_end_of_what_is_sent_is_half_a_close(one: SideCase):
    side = one.open()
    side.end_writing()
    assert one.transport.has_ended
    assert not one.transport.is_closing()


@case
async def test_tls_knows_no_half_close(one: SideCase):
    side = one.open(is_secure=True)
    assert one.transport.read_limits == (1, 0)
    assert not side.eof_received()
    side.end_writing()
    assert one.transport.is_closed
    assert not one.transport.has_ended


@case
async def test_a_peer_that_takes_nothing_of_the_rest_is_cut_off(one: SideCase):
    side = one.open()
    one.transport.buffered = 10
    side.close()
    assert one.transport.is_closed
    assert not one.transport.is_aborted
    await asyncio.sleep(29)
    assert not one.transport.is_aborted
    await asyncio.sleep(2)
    assert one.transport.is_aborted


@case
async def test_a_peer_that_takes_the_rest_is_let_go(one: SideCase):
    side = one.open()
    one.transport.buffered = 10
    side.close()
    side.close()  # once is enough
    one.transport.drop()
    await asyncio.sleep(60)
    assert not one.transport.is_aborted
    assert one.before.lost == [None]


@pytest.mark.parametrize("buffered", [0, 5])
def test_closing_goes_the_way_of_who_owns_the_connection(buffered: int):
    closed: list[str] = []

    class Carrier:
        def close(self) -> None:
            closed.append("close")

        def abort(self) -> None:
            closed.append("abort")

    @case
    async def test(one: SideCase) -> None:
        one.transport.pause_reading()
        one.transport.buffered = buffered
        ConnectionSide(one.transport, Carrier(), b"").close()
        await asyncio.sleep(31)

    test()
    assert closed == (["close", "abort"] if buffered else ["close"])
