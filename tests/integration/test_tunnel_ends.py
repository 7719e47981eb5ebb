"""How a tunnel ends: one side says no more, leaves, breaks, or both are silent."""

import asyncio
import ssl

import pytest

from bfe_py.model import Session
from bfe_py.pipeline import Phase
from bfe_py.proxy import Policy
from tests.kit.answers import count, settle
from tests.kit.plane import (
    FakeBackend,
    run,
    running_backend,
    running_plane,
    until,
)
from tests.kit.upgrades import (
    SWITCHED,
    agree,
    echo,
    in_all_ways,
    settings,
    upgraded,
)

pytestmark = pytest.mark.usefixtures("quiet_log")


def test_a_client_that_has_said_all_still_gets_its_answer():
    async def answer(backend: FakeBackend, reader, writer) -> None:
        await agree(backend, reader, writer)
        said = await reader.read()
        writer.write(b"%d bytes" % len(said))

    async def main() -> None:
        async with (
            running_backend(answer) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            async with upgraded(plane.port) as client:
                client.writer.write(b"x" * 300_000)
                client.writer.write_eof()
                assert await client.reader.read() == b"300000 bytes"
            await settle(plane)

    run(main())


def test_a_client_that_had_said_all_before_the_101_still_gets_its_answer():
    async def answer(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        await asyncio.sleep(0.05)
        writer.write(SWITCHED)
        writer.write(await reader.read())

    async def main() -> None:
        async with (
            running_backend(answer) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
                writer.write(
                    b"GET /chat HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\n"
                    b"Upgrade: chat/1\r\n\r\nall"
                )
                writer.write_eof()
                assert (await reader.read()).endswith(b"\r\n\r\nall")
                writer.close()
            await settle(plane)

    run(main())


def test_a_backend_that_has_said_all_still_listens():
    heard: list[bytes] = []

    async def greet(backend: FakeBackend, reader, writer) -> None:
        await agree(backend, reader, writer)
        writer.write(b"bye")
        writer.write_eof()
        heard.append(await reader.read())

    async def main() -> None:
        async with (
            running_backend(greet) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            async with upgraded(plane.port) as client:
                assert await client.reader.read() == b"bye"
                client.writer.write(b"x" * 300_000)
                client.writer.write_eof()
                await until(lambda: heard)
                assert len(heard[0]) == 300_000
            await settle(plane)

    run(main())


@in_all_ways
@pytest.mark.parametrize("is_reset", [False, True])
def test_a_client_that_leaves_takes_the_backend_along(client: bool, backend: bool, is_reset: bool):
    plane_settings, backend_settings = settings(client=client, backend=backend)
    ended: list[Session] = []

    async def main() -> None:
        left = asyncio.Event()

        async def listen(peer: FakeBackend, reader, writer) -> None:
            await agree(peer, reader, writer)
            try:
                await reader.read()
            finally:
                left.set()

        async with (
            running_backend(listen, **backend_settings) as peer,
            running_plane(
                [("127.0.0.1", peer.port)],
                handlers={Phase.CLOSE: (ended.append,)},
                **plane_settings,
            ) as plane,
        ):
            async with upgraded(plane.port, is_secure=client) as user:
                user.writer.write(b"hello")
                await user.writer.drain()
                await until(lambda: count(plane, "bfe_tunnel_bytes_received_total") == 5)
                if is_reset:
                    user.reset()
                else:
                    user.writer.transport.abort()
                await left.wait()
            await settle(plane)
            assert count(plane, "bfe_tunnel_active") == 0
            assert count(plane, "bfe_client_unfinished_total") == 0

    run(main())
    (session,) = ended
    assert session.bytes_read > 5 + 60
    assert session.bytes_written > 60


@in_all_ways
@pytest.mark.parametrize("is_reset", [False, True])
def test_a_backend_that_leaves_takes_the_client_along(client: bool, backend: bool, is_reset: bool):
    plane_settings, backend_settings = settings(client=client, backend=backend)

    async def leave(peer: FakeBackend, reader, writer) -> None:
        await agree(peer, reader, writer)
        writer.write(b"hello")
        await writer.drain()
        await reader.readexactly(3)
        if is_reset:
            writer.transport.abort()

    async def main() -> None:
        async with (
            running_backend(leave, **backend_settings) as peer,
            running_plane([("127.0.0.1", peer.port)], **plane_settings) as plane,
        ):
            async with upgraded(plane.port, is_secure=client) as user:
                assert await user.reader.readexactly(5) == b"hello"
                user.writer.write(b"bye")
                try:
                    assert await user.reader.read() == b""
                except (ConnectionError, ssl.SSLError):
                    assert is_reset
                user.writer.close()
            await settle(plane)
            assert count(plane, "bfe_tunnel_active") == 0

    run(main())


@in_all_ways
def test_a_silent_tunnel_ends(client: bool, backend: bool):
    plane_settings, backend_settings = settings(client=client, backend=backend)

    async def main() -> None:
        policy = Policy(tunnel_seconds=0.2)
        async with (
            running_backend(echo, **backend_settings) as peer,
            running_plane([("127.0.0.1", peer.port)], policy=policy, **plane_settings) as plane,
        ):
            async with upgraded(plane.port, is_secure=client) as user:
                for _ in range(10):
                    await asyncio.sleep(0.05)
                    assert await user.say(b"still here") == b"still here"
                assert count(plane, "bfe_tunnel_idle_total") == 0
                assert await user.reader.read() == b""
                assert count(plane, "bfe_tunnel_idle_total") == 1
                user.writer.close()
            await settle(plane)

    run(main())


def test_a_tunnel_in_which_nobody_takes_anything_ends_too():
    async def flood(backend: FakeBackend, reader, writer) -> None:
        await agree(backend, reader, writer)
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async def main() -> None:
        policy = Policy(tunnel_seconds=0.3)
        async with (
            running_backend(flood) as backend,
            running_plane([("127.0.0.1", backend.port)], policy=policy, send_buffer=4096) as plane,
        ):
            async with upgraded(plane.port) as client:
                client.reader._limit = 1
                await until(lambda: count(plane, "bfe_tunnel_idle_total") == 1)
            await settle(plane)

    run(main())
