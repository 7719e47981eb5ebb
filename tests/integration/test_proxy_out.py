"""PROXY headers to backends: who the client is, and whose connection it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bfe_py.balance import Probe
from bfe_py.downstream import ProxyPolicy
from bfe_py.model import Session
from bfe_py.pipeline import Phase
from bfe_py.protocol import NeedMore, ProxyHeader, parse_proxy_header
from bfe_py.upstream import probe_backend
from tests.kit.answers import count, settle, status
from tests.kit.pki import server_context
from tests.kit.plane import FakeBackend, Plane, ask, run, running_backend, running_plane, until
from tests.kit.upgrades import SWITCHED, TLS, upgraded

pytestmark = pytest.mark.usefixtures("quiet_log")

GET = b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
V1_IN = b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 80\r\n"


async def read_header(reader: asyncio.StreamReader) -> ProxyHeader:
    """The PROXY header, and not a byte more."""
    seen = b""
    while isinstance(parse_proxy_header(seen, 512), NeedMore):
        seen += await reader.readexactly(1)
    found = parse_proxy_header(seen, 512)
    assert isinstance(found, ProxyHeader)
    return found


def introduced(secure: bool = False, script=None):
    """A backend that wants a PROXY header on each connection, before TLS if that is spoken."""

    async def serve(backend: FakeBackend, reader, writer) -> None:
        backend.headers.append(await read_header(reader))
        if secure:
            await writer.start_tls(server_context())
        if script is not None:
            await script(backend, reader, writer)
        while True:
            await backend.head(reader)
            writer.write(OK)

    return serve


@asynccontextmanager
async def running(
    version: int, script=None, **settings: object
) -> AsyncIterator[tuple[Plane, FakeBackend]]:
    """A plane whose one backend wants PROXY headers."""
    async with running_backend(script or introduced()) as backend:
        backend.headers = []
        async with running_plane(
            [("127.0.0.1", backend.port)], proxy_version=version, **settings
        ) as plane:
            yield plane, backend
            await settle(plane)


@dataclass
class Client:
    """A client with a connection that it keeps."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes = GET) -> bytes:
        self.writer.write(request)
        async with asyncio.timeout(5):
            return await self.reader.readuntil(b"\r\n\r\nok")

    @property
    def name(self) -> str:
        host, port = self.writer.get_extra_info("sockname")
        return f"{host}:{port}"


@asynccontextmanager
async def client_of(plane: Plane) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


in_both_versions = pytest.mark.parametrize("version", [1, 2])


@in_both_versions
@pytest.mark.parametrize("secure", [False, True])
def test_a_connection_begins_with_who_its_client_is(version: int, secure: bool):
    settings = {"protocol": "https", "tls_settings": TLS} if secure else {}

    async def main() -> None:
        async with (
            running(version, introduced(secure), **settings) as (plane, backend),
            client_of(plane) as client,
        ):
            for _ in range(3):
                assert status(await client.ask()) == 200
            (header,) = backend.headers  # it stands once on a connection that is used again
            assert len(backend.heads) == 3
            assert str(header.source) == client.name
            assert str(header.destination) == f"127.0.0.1:{plane.port}"
            client.writer.close()

    run(main())


@in_both_versions
def test_no_client_gets_the_connection_of_another(version: int):
    async def main() -> None:
        async with (
            running(version) as (plane, backend),
            client_of(plane) as one,
            client_of(plane) as other,
        ):
            for _ in range(2):
                await one.ask()
                await other.ask()
            sources = [str(header.source) for header in backend.headers]
            assert sources == [one.name, other.name]
            assert count(plane, "bfe_upstream_idle_connections") == 2
            one.writer.close()
            other.writer.close()

    run(main())


def test_the_connection_of_a_client_ends_with_it():
    async def main() -> None:
        async with running(2) as (plane, backend):
            async with client_of(plane) as one, client_of(plane) as other:
                await one.ask()
                await other.ask()
                one.writer.close()
                await until(lambda: count(plane, "bfe_upstream_open_connections") == 1)
                await other.ask()
                assert len(backend.headers) == 2
            await until(lambda: count(plane, "bfe_upstream_open_connections") == 0)
            assert count(plane, "bfe_upstream_idle_connections") == 0

    run(main())


@in_both_versions
def test_a_header_that_came_in_is_what_goes_out(version: int):
    async def main() -> None:
        async with running(version, proxy=ProxyPolicy(None)) as (plane, backend):
            assert status(await ask(plane.port, V1_IN + LAST)) == 200
            (header,) = backend.headers
            assert str(header.source) == "203.0.113.9:4711"
            assert str(header.destination) == "192.0.2.1:80"

    run(main())


def test_a_client_that_a_trusted_peer_names_is_the_one_that_is_passed_on():
    def trust(session: Session) -> None:
        session.is_trusted = True

    def naming(address: bytes) -> bytes:
        named = b"X-Real-Ip: %b\r\nX-Real-Port: 4711\r\n\r\n" % address
        return GET.replace(b"\r\n\r\n", b"\r\n" + named)

    async def main() -> None:
        handlers = {Phase.ACCEPT: (trust,)}
        async with (
            running(2, handlers=handlers) as (plane, backend),
            client_of(plane) as client,
        ):
            for address in (b"203.0.113.1", b"203.0.113.1", b"203.0.113.2"):
                assert status(await client.ask(naming(address))) == 200
            sources = [str(header.source) for header in backend.headers]
            assert sources == ["203.0.113.1:4711", "203.0.113.2:4711"]
            # What was kept for the first one serves nobody any more.
            await until(lambda: count(plane, "bfe_upstream_open_connections") == 1)
            client.writer.close()

    run(main())


def test_a_tunnel_begins_with_who_its_client_is():
    async def switch(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(SWITCHED)
        while piece := await reader.read(65536):
            writer.write(piece)

    async def main() -> None:
        async with running(1, introduced(script=switch)) as (plane, backend):
            async with upgraded(plane.port) as client:
                assert await client.say(b"hello") == b"hello"
                host, port = client.writer.get_extra_info("sockname")
            (header,) = backend.headers
            assert str(header.source) == f"{host}:{port}"

    run(main())


def test_idle_connections_of_others_give_way_at_the_limit():
    async def main() -> None:
        async with (
            running(2, connections=2) as (plane, backend),
            client_of(plane) as first,
            client_of(plane) as second,
            client_of(plane) as third,
        ):
            for client in (first, second, third):
                assert status(await client.ask()) == 200
            await until(lambda: count(plane, "bfe_upstream_open_connections") == 2)
            assert status(await first.ask()) == 200
            assert len(backend.headers) == 4
            for client in (first, second, third):
                client.writer.close()

    run(main())


def test_a_kept_connection_that_has_closed_is_replaced():
    async def once(backend: FakeBackend, reader, writer) -> None:
        backend.headers.append(await read_header(reader))
        await backend.head(reader)
        writer.write(OK)
        await writer.drain()

    async def main() -> None:
        async with running(2, once) as (plane, backend), client_of(plane) as client:
            for _ in range(3):
                assert status(await client.ask()) == 200
            assert len(backend.headers) == 3
            client.writer.close()

    run(main())


# --- probes


@in_both_versions
@pytest.mark.parametrize("scheme", ["http", "https", "tcp", "tls"])
def test_a_probe_names_nobody(version: int, scheme: str):
    async def main() -> None:
        secure = scheme in ("https", "tls")
        async with running(version, introduced(secure)) as (plane, backend):
            cluster = plane.store.current.clusters["web"]
            probe = Probe(scheme=scheme, host="shop.test", timeout=5.0)
            asked = type(cluster)(
                "web", probe=probe, tls=TLS if secure else None, proxy_version=version
            )
            assert await probe_backend(asked, "127.0.0.1", backend.port)
            await until(lambda: backend.headers)
            (header,) = backend.headers
            assert header.source is None
            assert header.destination is None

    run(main())


def test_a_probe_of_a_backend_that_does_not_shake_hands_fails():
    async def main() -> None:
        async with running(2, introduced()) as (plane, backend):
            cluster = plane.store.current.clusters["web"]
            probe = Probe(scheme="tls", timeout=0.5)
            asked = type(cluster)("web", probe=probe, tls=TLS, proxy_version=2)
            assert not await probe_backend(asked, "127.0.0.1", backend.port)

    run(main())


def test_a_backend_that_does_not_shake_hands_is_a_fault():
    async def main() -> None:
        settings = {"protocol": "https", "tls_settings": TLS}
        async with running(2, introduced(secure=False), **settings) as (plane, _):
            assert status(await ask(plane.port, LAST)) in (502, 504)
            assert count(plane, "bfe_upstream_open_connections") == 0

    run(main())
