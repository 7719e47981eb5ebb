"""A protocol of the tests' own behind an upgrade: peers on both ends of a tunnel."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bfe_py.balance import UpstreamTls
from tests.kit.pki import client_context, own_certificate, server_context
from tests.kit.plane import FakeBackend

HANDSHAKE = (
    b"GET /chat HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: chat/1\r\n\r\n"
)
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat/1\r\n\r\n"

LAST = b"GET /z HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"


def fields(head: bytes) -> dict[bytes, bytes]:
    """Fields of a head, names in lower case."""
    lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:-2]]
    return {name.lower(): value for name, _, value in lines}


async def agree(backend: FakeBackend, reader, writer) -> None:
    """Agree to the upgrade, as backends do before they speak the other protocol."""
    await backend.head(reader)
    writer.write(SWITCHED)


async def echo(backend: FakeBackend, reader, writer) -> None:
    """Say everything again until no more comes."""
    await agree(backend, reader, writer)
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()


@dataclass
class Upgraded:
    """A client behind its handshake."""

    head: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, piece: bytes) -> bytes:
        """As many bytes as are sent."""
        self.writer.write(piece)
        return await self.reader.readexactly(len(piece))

    def reset(self) -> None:
        """Leave in a way that the other side gets to know."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@asynccontextmanager
async def upgraded(
    port: int, request: bytes = HANDSHAKE, *, is_secure: bool = False
) -> AsyncIterator[Upgraded]:
    """A client of a tunnel; all of the test takes half a minute at most."""
    tls = {"ssl": client_context(), "server_hostname": "shop.test"} if is_secure else {}
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, **tls)
        try:
            writer.write(request)
            yield Upgraded(await reader.readuntil(b"\r\n\r\n"), reader, writer)
        finally:
            writer.transport.abort()


TLS = UpstreamTls("shop.test", authorities=(own_certificate().chain,))


def settings(*, client: bool, backend: bool) -> tuple[dict, dict]:
    """What a plane and a backend need to speak TLS, or not."""
    plane: dict = {"tls": server_context() if client else None}
    if backend:
        plane |= {"protocol": "https", "tls_settings": TLS}
    return plane, {"tls": server_context() if backend else None}


in_all_ways = pytest.mark.parametrize(
    ("client", "backend"),
    [
        pytest.param(False, False, id="in clear"),
        pytest.param(True, False, id="client over TLS"),
        pytest.param(False, True, id="backend over TLS"),
        pytest.param(True, True, id="both over TLS"),
    ],
)


async def write_until_stuck(writer: asyncio.StreamWriter) -> int:
    """Bytes that a peer takes before it takes no more for a while."""
    written = 0
    piece = b"x" * (1 << 20)
    while True:
        writer.write(piece)
        written += len(piece)
        try:
            async with asyncio.timeout(0.5):
                await writer.drain()
        except TimeoutError:
            return written
