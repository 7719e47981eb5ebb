"""A client connection that becomes one side of a tunnel."""

import pytest

from bfe_py.model import Body, Fault, Headers, Reply, RequestHead, ResponseHead, TunnelSide
from tests.kit.client_connection import ClientCase
from tests.kit.transports import CaseTest, run_case, settle

ASK = b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"


class SwitchCase:
    """A client whose request is answered with 101; the test is the other side of the tunnel."""

    def __init__(self) -> None:
        self.client = ClientCase(answer=self.answer).connect()
        self.told: list[object] = []
        self.side: TunnelSide
        self.fault: Fault | None = None
        self.is_lost = False

    async def answer(self, head: RequestHead, body: Body, reply: Reply) -> None:
        try:
            self.side = reply.switch(ResponseHead(101, Headers([(b"Upgrade", b"chat")])))
        except Fault as fault:
            self.fault = fault
            return
        self.side.open(self)
        self.side.resume()
        while not self.is_lost:
            await settle()

    def received(self, piece: bytes) -> None:
        self.told.append(piece)

    def ended(self) -> None:
        self.told.append("ended")

    def blocked(self) -> None:
        self.told.append("blocked")

    def unblocked(self) -> None:
        self.told.append("unblocked")

    def lost(self) -> None:
        self.is_lost = True


def case(test: CaseTest[SwitchCase]):
    return run_case(SwitchCase)(test)


@case
async def test_the_client_gets_its_101_and_the_rest_belongs_to_the_tunnel(one: SwitchCase):
    client = one.client
    answer = await client.say(ASK + b"early")
    assert answer.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nConnection: Upgrade\r\n" in answer
    assert b"content-length" not in answer.lower()
    client.transport.protocol.data_received(b"late")
    one.side.write(b"hello")
    assert client.transport.take() == b"hello"
    assert one.told == [b"early", b"late"]
    client.transport.drop()
    await settle()
    await settle()
    (session,) = client.phases.closed
    assert session.bytes_read == len(ASK + b"early" + b"late")
    assert session.bytes_written == len(answer + b"hello")
    assert client.endpoint.counters.unfinished == 0
    assert client.endpoint.counters.requests_active == 0


@case
async def test_no_deadline_of_a_request_is_left(one: SwitchCase):
    await one.client.say(ASK)
    wire = one.client.connection._wire
    assert wire.pace.waiting.value == "nothing"
    assert not one.client.connection.is_ending
    one.side.close()
    assert one.client.connection.is_ending
    one.client.transport.drop()


@case
async def test_a_connection_that_ends_cannot_switch(one: SwitchCase):
    one.client.transport.close()
    await one.client.say(ASK)
    assert one.fault is not None
    with pytest.raises(AttributeError):
        _ = one.side
