"""A listener whose sockets and event loop are made of what a test says."""

import asyncio
import errno
import ssl
from collections.abc import Callable

import pytest

from bfe_py.downstream import Listener, TlsCounters
from bfe_py.downstream import listener as listener_module
from bfe_py.model import IpRange, parse_address
from bfe_py.protocol import ProxyHeader
from tests.kit.client_connection import LOCAL, PEER, ClientCase, FakeTls
from tests.kit.transports import FakeTransport, settle


class Accepted:
    def __init__(self, *, has_peer: bool = True) -> None:
        self.is_closed = False
        self.has_peer = has_peer

    def setblocking(self, flag: bool) -> None:
        assert not flag

    def getpeername(self) -> tuple[str, int]:
        if not self.has_peer:
            raise OSError(errno.ENOTCONN, "gone")
        return PEER

    def getsockname(self) -> tuple[str, int]:
        return LOCAL

    def close(self) -> None:
        self.is_closed = True


class Listening:
    """A listening socket on which `arrivals` wait; an exception is raised."""

    def __init__(self) -> None:
        self.arrivals: list[Accepted | Exception] = []
        self.backlog = 0
        self.is_closed = False

    def setblocking(self, flag: bool) -> None:
        assert not flag

    def listen(self, backlog: int) -> None:
        self.backlog = backlog

    def accept(self) -> tuple[Accepted, object]:
        if not self.arrivals:
            raise BlockingIOError
        first = self.arrivals.pop(0)
        if isinstance(first, Exception):
            raise first
        return first, None

    def close(self) -> None:
        self.is_closed = True


class Server:
    def __init__(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class ListenerCase:
    """A listener whose event loop is made of what a test says."""

    def __init__(self) -> None:
        self.client = ClientCase()
        self.endpoint = self.client.endpoint
        self.loop = asyncio.get_running_loop()
        self.loop.add_reader = self._add_reader
        self.loop.remove_reader = self._remove_reader
        self.loop.connect_accepted_socket = self._connect
        self.loop.create_server = self._create_server
        self.socket = Listening()
        self.act: Callable[[], None] | None = None
        self.server = Server()
        self.make: Callable[[], asyncio.Protocol] | None = None
        self.transports: list[FakeTransport] = []
        self.refusal: Exception | None = None
        self.hold: asyncio.Event | None = None
        self.tls = FakeTls()

    def _add_reader(self, _: object, act: Callable[[], None]) -> None:
        self.act = act

    def _remove_reader(self, _: object) -> None:
        self.act = None

    async def _create_server(self, make, *, sock, backlog) -> Server:
        assert sock is self.socket
        self.make = make
        self.socket.backlog = backlog
        return self.server

    async def _connect(self, make, accepted, *, ssl, ssl_handshake_timeout):
        assert (ssl is None) == (ssl_handshake_timeout is None)
        if self.hold is not None:
            await self.hold.wait()
        if self.refusal is not None:
            raise self.refusal
        extra = {} if ssl is None else {"ssl_object": self.tls}
        protocol = make()
        self.transports.append(FakeTransport(protocol, **extra))
        return self.transports[-1], protocol

    async def start(self, **given: object) -> Listener:
        listener = Listener(
            self.loop, self.socket, self.endpoint, self.client.registry, name="side", **given
        )
        await listener.start()
        return listener

    async def arrive(self, *arrivals: "Accepted | Exception") -> None:
        self.socket.arrivals += arrivals
        assert self.act is not None
        self.act()
        await settle()

    @property
    def tls_counters(self) -> TlsCounters:
        return self.client.registry.counters(TlsCounters)


SOMEBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def some_range(text: str) -> IpRange:
    address = parse_address(text)
    assert address is not None
    return IpRange(address.value, address.value)


def answer_with(
    monkeypatch: pytest.MonkeyPatch, header: "ProxyHeader | Exception | None"
) -> list[float]:
    """Put `header` on every socket; the times that are given for it."""
    seconds: list[float] = []

    async def read(loop, accepted, limit, given, counters) -> ProxyHeader | None:
        seconds.append(given)
        if isinstance(header, Exception):
            raise header
        return header

    monkeypatch.setattr(listener_module, "read_proxy_header", read)
    return seconds
