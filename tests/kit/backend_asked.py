"""A connection to a backend over which one asks that is no coroutine."""

import asyncio

import pytest

from bfe_py.model import Fault, Kind, ResponseHead
from bfe_py.protocol import H1Client
from bfe_py.transport import Turn
from bfe_py.upstream.connection import BackendConnection
from tests.kit.backend_connection import GET, KEY
from tests.kit.transports import FakeTransport, settle

ASKED = (GET, b"/at/backend", b"b.test", frozenset({b"host"}))
SENT = b"GET /at/backend HTTP/1.1\r\nHost: b.test\r\n\r\n"


class Asker:
    """Notes with what in its hands the connection let it go on."""

    def __init__(self) -> None:
        self.connection: BackendConnection | None = None
        self.steps: list[tuple[ResponseHead, bytes] | None] = []
        self.interim: list[int] = []
        self.rests = False

    def step(self) -> None:
        assert self.connection is not None
        self.steps.append(self.connection.taken)
        if self.rests:
            assert self.connection.rest()

    def send_interim(self, head: ResponseHead) -> None:
        self.interim.append(head.status)


class AskedCase:
    """A connection that was made and rests; what is asked waits for the end of the turn."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.lost: list[BackendConnection] = []
        turn = Turn(self.loop)
        self.connection = BackendConnection(self.loop, KEY, H1Client(), self.lost.append, turn)
        self.transport = FakeTransport(self.connection)
        assert self.connection.rest()
        self.asker = Asker()
        self.asker.connection = self.connection

    def ask(self, seconds: float | None = None) -> BackendConnection:
        assert self.connection.ask(ASKED, seconds, self.asker)
        return self.connection

    async def asked(self, seconds: float | None = None) -> BackendConnection:
        """A request that was asked and written."""
        self.ask(seconds)
        await settle()
        assert self.transport.take() == SENT
        return self.connection

    async def receive(self, data: bytes) -> None:
        """Bytes of the backend, and the turn in which they come."""
        self.connection.data_received(data)
        await settle()

    def fault(self) -> Kind:
        with pytest.raises(Fault) as caught:
            self.connection.check()
        return caught.value.kind
