"""A connection to a backend that becomes one side of a tunnel."""

import pytest

from bfe_py.model import Fault, Headers, RequestHead
from tests.kit.backend_connection import BackendCase
from tests.kit.transports import CaseTest, run_case

ASK = RequestHead(
    b"GET",
    b"/",
    Headers([(b"Host", b"h"), (b"Upgrade", b"chat")]),
    options=frozenset({b"upgrade"}),
)
AGREED = b"HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"


class Flow:
    def __init__(self) -> None:
        self.received_bytes = b""
        self.is_lost = False

    def received(self, piece: bytes) -> None:
        self.received_bytes += piece

    def ended(self) -> None:
        pass

    def blocked(self) -> None:
        pass

    def unblocked(self) -> None:
        pass

    def lost(self) -> None:
        self.is_lost = True


def case(test: CaseTest[BackendCase]):
    return run_case(BackendCase)(test)


def agreed(one: BackendCase, answer: bytes = AGREED) -> None:
    one.connection.send_whole(ASK, b"", 5.0, None)
    assert b"\r\nConnection: Upgrade\r\n" in one.transport.take()
    one.connection.data_received(answer)


@case
async def test_what_stands_behind_the_101_belongs_to_the_tunnel(one: BackendCase):
    agreed(one, AGREED + b"hello")
    assert (await one.connection.wait_head()).status == 101
    assert one.transport.is_reading_paused
    side, flow = one.connection.switch(), Flow()
    side.open(flow)
    side.resume()
    assert flow.received_bytes == b"hello"
    one.transport.protocol.data_received(b" there")
    assert flow.received_bytes == b"hello there"
    one.transport.drop()
    assert flow.is_lost
    assert one.lost == [one.connection]


@case
async def test_a_connection_behind_a_101_serves_no_other_request(one: BackendCase):
    agreed(one)
    assert not one.connection.rest()


@case
async def test_a_connection_that_is_gone_cannot_switch(one: BackendCase):
    agreed(one)
    one.connection.close()
    with pytest.raises(Fault):
        one.connection.switch()
    one.transport.drop()
    with pytest.raises(Fault):
        one.connection.switch()
