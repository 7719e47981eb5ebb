"""A connection to a backend whose other end is the test."""

import asyncio

import pytest

from bfe_py.model import Fault, Headers, Kind, RequestHead, ResponseHead
from bfe_py.protocol import H1Client
from bfe_py.upstream.connection import BackendConnection
from tests.kit.transports import FakeTransport

KEY = ("web", "10.0.0.1", 80, 0)
GET = RequestHead(b"GET", b"/", Headers([(b"Host", b"h")]))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CLIENT_LEFT = Fault(Kind.CLIENT_CLOSED, "client left")


def post(length: int | None) -> RequestHead:
    return RequestHead(b"POST", b"/", Headers([(b"Host", b"h")]), body_length=length)


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


class BackendCase:
    """One connection to a backend over a fake transport."""

    def __init__(self) -> None:
        self.lost: list[BackendConnection] = []
        self.loop = asyncio.get_running_loop()
        self.connection = BackendConnection(self.loop, KEY, H1Client(), self.lost.append)
        self.transport = FakeTransport(self.connection)
        self.interim: list[ResponseHead] = []

    def start(
        self, head: RequestHead = GET, first: bytes = b"", seconds: float | None = None
    ) -> BackendConnection:
        """Send a request: all of it if it has no body, `first` of its body if it has one."""
        if head.body_length == 0:
            self.connection.send_whole(head, first, seconds, self.interim.append)
        else:
            self.connection.start(head, first, self.interim.append)
        return self.connection

    async def exchange(self) -> None:
        """One whole exchange, after which the connection rests."""
        self.start()
        self.connection.data_received(OK)
        await self.connection.wait_head()
        while await self.connection.body.read():
            pass
        assert self.connection.rest()
        self.transport.take()

    async def fault(self) -> Kind:
        with pytest.raises(Fault) as caught:
            await self.connection.wait_head()
        return caught.value.kind

    async def body_fault(self) -> Kind:
        try:
            while await self.connection.body.read():
                pass
        except Fault as fault:
            return fault.kind
        raise AssertionError("the body is whole")
