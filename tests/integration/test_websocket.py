"""WebSocket between peers that know it well: the library `websockets` in front and behind."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from tests.kit.answers import count, settle
from tests.kit.pki import client_context, server_context
from tests.kit.plane import Plane, answer_all, run, running_backend, running_plane, until

pytestmark = pytest.mark.usefixtures("quiet_log")

MIB = 1 << 20
Handler = Callable[[ServerConnection], Awaitable[None]]


async def echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


@asynccontextmanager
async def running(handler: Handler = echo, **settings: object) -> AsyncIterator[Plane]:
    """A plane in front of a WebSocket server."""
    async with serve(handler, "127.0.0.1", 0, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(20), running_plane([("127.0.0.1", port)], **settings) as plane:
            yield plane
            await settle(plane)
            assert count(plane, "bfe_tunnel_active") == 0


def joined(plane: Plane, **settings: object) -> connect:
    """A client of `plane`; nothing is compressed, so that bytes are what they seem."""
    scheme = "wss" if "ssl" in settings else "ws"
    return connect(
        f"{scheme}://shop.test:{plane.port}/chat",
        host="127.0.0.1",
        port=plane.port,
        max_size=None,
        compression=None,
        proxy=None,
        **settings,
    )


async def closed(client: ClientConnection) -> ConnectionClosed:
    with pytest.raises(ConnectionClosed) as caught:
        await client.recv()
    return caught.value


@pytest.mark.parametrize("message", ["", "hé 漢", b"\x00\xff", b"x" * MIB, "y" * MIB])
def test_messages_of_any_kind_and_size_come_back(message: str | bytes):
    async def main() -> None:
        async with running() as plane, joined(plane) as client:
            for _ in range(3):
                await client.send(message)
                assert await client.recv() == message

    run(main())


def test_a_message_may_come_in_fragments_with_a_ping_between():
    async def main() -> None:
        async with running() as plane, joined(plane) as client:

            async def pieces() -> AsyncIterator[bytes]:
                yield b"a" * 100_000
                await (await client.ping())
                yield b"b" * 100_000

            await client.send(pieces())
            assert await client.recv() == b"a" * 100_000 + b"b" * 100_000

    run(main())


def test_both_sides_speak_at_once():
    content = os.urandom(MIB)

    async def main() -> None:
        async with running() as plane, joined(plane) as client:

            async def send() -> None:
                for _ in range(16):
                    await client.send(content)

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(send())
                for _ in range(16):
                    assert await client.recv() == content

    run(main())


def test_many_talk_at_once_and_nobody_hears_another():
    async def main() -> None:
        async with running() as plane:

            async def talk(number: int) -> None:
                async with joined(plane) as client:
                    for turn in range(10):
                        await client.send(f"{number}/{turn}")
                        assert await client.recv() == f"{number}/{turn}"

            await asyncio.gather(*[talk(number) for number in range(60)])
            assert count(plane, "bfe_tunnel_opened_total") == 60

    run(main())


def test_messages_are_compressed_between_the_ends_where_they_agree_to():
    async def main() -> None:
        async with (
            running() as plane,
            connect(f"ws://shop.test:{plane.port}/", host="127.0.0.1", port=plane.port) as client,
        ):
            await client.send("z" * 100_000)
            assert await client.recv() == "z" * 100_000
            assert count(plane, "bfe_tunnel_bytes_sent_total") < 1000

    run(main())


def test_a_connection_over_tls_is_no_different():
    async def main() -> None:
        async with (
            running(tls=server_context()) as plane,
            joined(plane, ssl=client_context(), server_hostname="shop.test") as client,
        ):
            await client.send(b"x" * MIB)
            assert await client.recv() == b"x" * MIB

    run(main())


def test_a_subprotocol_is_agreed_upon_by_the_ends():
    async def main() -> None:
        async with serve(echo, "127.0.0.1", 0, subprotocols=["chat"]) as server:
            port = server.sockets[0].getsockname()[1]
            async with (
                running_plane([("127.0.0.1", port)]) as plane,
                joined(plane, subprotocols=["other", "chat"]) as client,
            ):
                assert client.subprotocol == "chat"

    run(main())


# --- the end


def test_a_client_closes_in_order():
    codes: list[tuple[int, str]] = []

    async def note(socket: ServerConnection) -> None:
        await socket.wait_closed()
        codes.append((socket.close_code, socket.close_reason))

    async def main() -> None:
        async with running(note) as plane, joined(plane) as client:
            await client.close(4001, "enough")
            assert client.close_code == 4001
            await until(lambda: codes)

    run(main())
    assert codes == [(4001, "enough")]


def test_a_server_closes_in_order():
    async def dismiss(socket: ServerConnection) -> None:
        await socket.send("last words")
        await socket.close(4002, "enough")

    async def main() -> None:
        async with running(dismiss) as plane, joined(plane) as client:
            assert await client.recv() == "last words"
            await closed(client)
            assert (client.close_code, client.close_reason) == (4002, "enough")

    run(main())


def test_a_client_that_is_killed_is_noticed_by_the_server():
    lost: list[ConnectionClosed] = []

    async def listen(socket: ServerConnection) -> None:
        try:
            await socket.recv()
        except ConnectionClosed as error:
            lost.append(error)

    async def main() -> None:
        async with running(listen) as plane, joined(plane) as client:
            client.transport.abort()
            await until(lambda: lost)

    run(main())
    assert isinstance(lost[0], ConnectionClosedError)


def test_a_server_that_is_killed_is_noticed_by_the_client():
    async def die(socket: ServerConnection) -> None:
        await socket.recv()
        socket.transport.abort()

    async def main() -> None:
        async with running(die) as plane, joined(plane) as client:
            await client.send("now")
            assert isinstance(await closed(client), ConnectionClosedError)

    run(main())


def test_a_server_that_speaks_no_websocket_answers_as_ever():
    async def main() -> None:
        async with (
            running_backend(answer_all) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            with pytest.raises(InvalidStatus) as caught:
                async with joined(plane):
                    pass
            assert caught.value.response.status_code == 200
            assert caught.value.response.body == b"GET /chat HTTP/1.1\n"
            await settle(plane)

    run(main())
