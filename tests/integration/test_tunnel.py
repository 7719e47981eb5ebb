"""A tunnel while it stands: bytes both ways, never more on the way than buffers hold."""

import asyncio

import pytest

from tests.kit.answers import count, settle
from tests.kit.plane import FakeBackend, Plane, run, running_backend, running_plane, until
from tests.kit.upgrades import agree, echo, in_all_ways, settings, upgraded, write_until_stuck

pytestmark = pytest.mark.usefixtures("quiet_log")

MIB = 1 << 20
MOST_HELD = 2 * MIB
"""More than the transports of one tunnel hold."""


@in_all_ways
def test_much_goes_both_ways_at_once(client: bool, backend: bool):
    plane_settings, backend_settings = settings(client=client, backend=backend)
    content = bytes(range(256)) * (8 * MIB // 256)

    async def main() -> None:
        async with (
            running_backend(echo, **backend_settings) as peer,
            running_plane([("127.0.0.1", peer.port)], **plane_settings) as plane,
        ):
            async with upgraded(plane.port, is_secure=client) as user:
                assert await user.say(content) == content
            await settle(plane)
            assert count(plane, "bfe_tunnel_bytes_received_total") == len(content)
            assert count(plane, "bfe_tunnel_bytes_sent_total") == len(content)

    run(main())


def test_many_tunnels_do_not_mix():
    async def main() -> None:
        async with (
            running_backend(echo) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):

            async def talk(number: int) -> None:
                async with upgraded(plane.port) as client:
                    for turn in range(20):
                        said = b"%d:%d " % (number, turn) * 100
                        assert await client.say(said) == said

            await asyncio.gather(*[talk(number) for number in range(100)])
            await settle(plane)
            assert count(plane, "bfe_tunnel_opened_total") == 100
            assert count(plane, "bfe_tunnel_active") == 0

    run(main())


# --- flow control


def held(plane: Plane) -> int:
    """Bytes that wait in this process for the client of the one tunnel."""
    (connection,) = plane.endpoint.connections
    return connection._wire.side._transport.get_write_buffer_size()


@in_all_ways
def test_a_slow_client_holds_its_backend_back(client: bool, backend: bool):
    plane_settings, backend_settings = settings(client=client, backend=backend)
    written: list[int] = []

    async def flood(peer: FakeBackend, reader, writer) -> None:
        await agree(peer, reader, writer)
        written.append(await write_until_stuck(writer))
        await writer.drain()
        writer.close()

    async def main() -> None:
        async with (
            running_backend(flood, **backend_settings) as peer,
            running_plane([("127.0.0.1", peer.port)], send_buffer=65536, **plane_settings) as plane,
        ):
            async with upgraded(plane.port, is_secure=client) as user:
                user.reader._limit = 1  # reads no more than it is asked for
                await until(lambda: written)
                assert 0 < held(plane) < MOST_HELD
                size = 0
                while piece := await user.reader.read(65536):
                    size += len(piece)
                assert size == written[0]
            await settle(plane)

    run(main())


@in_all_ways
def test_a_slow_backend_holds_its_client_back(client: bool, backend: bool):
    plane_settings, backend_settings = settings(client=client, backend=backend)
    sizes: list[int] = []

    async def main() -> None:
        go = asyncio.Event()

        async def slow(peer: FakeBackend, reader, writer) -> None:
            await agree(peer, reader, writer)
            reader._limit = 1
            await go.wait()
            size = 0
            while piece := await reader.read(65536):
                size += len(piece)
            sizes.append(size)

        async with (
            running_backend(slow, **backend_settings) as peer,
            running_plane([("127.0.0.1", peer.port)], **plane_settings) as plane,
        ):
            async with upgraded(plane.port, is_secure=client) as user:
                written = await write_until_stuck(user.writer)
                go.set()
                await user.writer.drain()
                user.writer.close()
                await until(lambda: sizes)
                assert sizes == [written]
            await settle(plane)

    run(main())
