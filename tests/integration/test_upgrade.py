"""Who may upgrade a connection to another protocol, and what is made of the answer."""

import asyncio

import pytest

from bfe_py.balance import Timeouts
from tests.kit.answers import count, settle, status
from tests.kit.plane import FakeBackend, answer_all, ask, run, running_backend, running_plane, until
from tests.kit.upgrades import HANDSHAKE, LAST, SWITCHED, echo, fields, upgraded

pytestmark = pytest.mark.usefixtures("quiet_log")


def get(*lines: bytes, version: bytes = b"1.1", method: bytes = b"GET") -> bytes:
    head = [b"%b /chat HTTP/%b" % (method, version), b"Host: shop.test", *lines, b"", b""]
    return b"\r\n".join(head)


def answering(raw: bytes):
    async def script(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(raw)
        await reader.read()

    return script


def test_behind_a_101_bytes_go_both_ways():
    async def main() -> None:
        async with (
            running_backend(echo) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            async with upgraded(plane.port) as client:
                assert client.head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
                assert fields(client.head) == {b"connection": b"Upgrade", b"upgrade": b"chat/1"}
                assert await client.say(b"GET / HTTP/1.1\r\n\r\n") == b"GET / HTTP/1.1\r\n\r\n"
                assert await client.say(b"\x00\xff") == b"\x00\xff"
            await settle(plane)
            (head,) = backend.heads
            assert fields(head)[b"connection"] == b"Upgrade"
            assert fields(head)[b"upgrade"] == b"chat/1"

    run(main())


@pytest.mark.parametrize(
    "request_head",
    [
        pytest.param(
            get(b"Connection: Upgrade", b"Upgrade: chat/1", version=b"1.0"), id="HTTP/1.0"
        ),
        pytest.param(get(b"Upgrade: chat/1"), id="not nominated"),
        pytest.param(get(b"Connection: Upgrade"), id="no protocol"),
        pytest.param(get(b"Connection: Upgrade", b"Upgrade: ,"), id="an empty list"),
        pytest.param(get(b"Connection: Upgrade", b"Upgrade: chat 1"), id="no token"),
        pytest.param(get(b"Connection: Upgrade, close", b"Upgrade: h2c"), id="h2c"),
        pytest.param(get(b"Connection: Upgrade", b"Upgrade: HTTP/2.0"), id="HTTP"),
        pytest.param(get(b"Connection: Upgrade", b"Upgrade: TLS/1.3"), id="TLS"),
        pytest.param(get(b"Connection: Upgrade", b"Upgrade: chat/1, h2c"), id="h2c in a list"),
        pytest.param(
            get(b"Connection: Upgrade", b"Upgrade: chat/1", b"Content-Length: 0", method=b"POST"),
            id="POST",
        ),
        pytest.param(
            get(b"Connection: Upgrade", b"Upgrade: chat/1", b"Content-Length: 2") + b"ab",
            id="a body",
        ),
        pytest.param(
            get(b"Connection: Upgrade", b"Upgrade: chat/1", b"Transfer-Encoding: chunked")
            + b"0\r\n\r\n",
            id="chunks",
        ),
    ],
)
def test_what_may_not_upgrade_is_a_plain_request(request_head: bytes):
    async def main() -> None:
        async with (
            running_backend(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            assert status(await ask(plane.port, request_head, half_close=True)) == 200
            (head,) = backend.heads
            assert b"upgrade" not in head.lower()
            await settle(plane)

    run(main())


def test_of_several_protocols_the_backend_takes_one():
    async def main() -> None:
        async with (
            running_backend(echo) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            request = get(
                b"Connection: keep-alive, Upgrade, HTTP2-Settings",
                b"HTTP2-Settings: AAMAAABk",
                b"Upgrade: websocket",
                b"Upgrade: chat/1",
            )
            async with upgraded(plane.port, request) as client:
                assert await client.say(b"hi") == b"hi"
            (head,) = backend.heads
            assert b"\r\nUpgrade: websocket\r\n" in head
            assert b"\r\nUpgrade: chat/1\r\n" in head
            assert fields(head)[b"connection"] == b"Upgrade"
            assert b"http2" not in head.lower()
            await settle(plane)

    run(main())


def test_any_request_of_a_connection_may_upgrade_it():
    async def main() -> None:
        async with (
            running_backend(answer_all) as plain,
            running_backend(echo) as talking,
            running_plane([("127.0.0.1", plain.port), ("127.0.0.1", talking.port)]) as plane,
        ):
            first = get()
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
                writer.write(first)
                assert status(await reader.readuntil(b"/chat HTTP/1.1\n")) == 200
                writer.write(HANDSHAKE)
                assert status(await reader.readuntil(b"\r\n\r\n")) == 101
                writer.write(b"hi")
                assert await reader.readexactly(2) == b"hi"
                writer.transport.abort()
            await settle(plane)

    run(main())


@pytest.mark.parametrize("code", [200, 403, 426])
def test_an_upgrade_that_the_backend_declines_is_an_exchange_like_any(code: int):
    async def decline(backend: FakeBackend, reader, writer) -> None:
        while True:
            await backend.head(reader)
            writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 2\r\n\r\nno" % code)

    async def main() -> None:
        async with (
            running_backend(decline) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            answer = await ask(plane.port, HANDSHAKE + LAST)
            assert answer.count(b"HTTP/1.1 %d No" % code) == 2
            assert backend.connections == 1  # it is kept
            assert count(plane, "bfe_tunnel_opened_total") == 0
            await settle(plane)

    run(main())


# --- what comes too early


def test_bytes_behind_the_handshake_wait_for_the_101():
    async def main() -> None:
        agreed = asyncio.Event()

        async def hesitate(backend: FakeBackend, reader, writer) -> None:
            await backend.head(reader)
            async with asyncio.timeout(5):
                await agreed.wait()
            writer.write(SWITCHED + b"hello")
            while piece := await reader.read(65536):
                writer.write(piece)

        async with (
            running_backend(hesitate) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
                writer.write(HANDSHAKE + LAST)
                await until(lambda: backend.heads)
                writer.write(b"more")
                agreed.set()
                await reader.readuntil(b"\r\n\r\n")
                told = await reader.readexactly(len(b"hello" + LAST + b"more"))
                assert told == b"hello" + LAST + b"more"
                writer.transport.abort()
            await settle(plane)
            assert count(plane, "bfe_client_requests_total") == 1

    run(main())


def test_bytes_behind_a_declined_handshake_are_the_next_request():
    async def main() -> None:
        async with (
            running_backend(answer_all) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            answer = await ask(plane.port, HANDSHAKE + LAST)
            assert answer.count(b"HTTP/1.1 200 OK") == 2
            assert answer.endswith(b"GET /z HTTP/1.1\n")
            await settle(plane)

    run(main())


# --- answers that are no agreement


@pytest.mark.parametrize(
    ("request_head", "answer"),
    [
        pytest.param(LAST, SWITCHED, id="unasked"),
        pytest.param(HANDSHAKE, SWITCHED.replace(b"chat/1", b"chat/2"), id="another protocol"),
        pytest.param(HANDSHAKE, SWITCHED.replace(b"Upgrade: chat/1\r\n", b""), id="no protocol"),
        pytest.param(HANDSHAKE, b"HTTP/1.1 101 \xff\r\nno\r\n\r\n", id="malformed"),
    ],
)
def test_a_101_that_nobody_asked_for_is_the_fault_of_the_backend(
    request_head: bytes, answer: bytes
):
    async def main() -> None:
        async with (
            running_backend(answering(answer)) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            got = await ask(plane.port, request_head, half_close=True)
            assert status(got) == 502
            assert count(plane, "bfe_tunnel_opened_total") == 0
            await settle(plane)

    run(main())


def test_fields_of_the_connection_to_the_backend_stay_there():
    answer = (
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade, X-Hop\r\nX-Hop: 1\r\n"
        b"Upgrade: Chat/1\r\nKeep-Alive: 5\r\nTransfer-Encoding: chunked\r\nX-End: 2\r\n\r\n"
    )

    async def main() -> None:
        async with (
            running_backend(answering(answer)) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            async with upgraded(plane.port) as client:
                assert fields(client.head) == {
                    b"connection": b"Upgrade",
                    b"upgrade": b"Chat/1",
                    b"x-end": b"2",
                }
            await settle(plane)

    run(main())


def test_the_handshake_has_the_time_of_a_response_head():
    async def silent(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        await reader.read()

    async def main() -> None:
        timeouts = Timeouts(connect=1.0, response_header=0.1)
        async with (
            running_backend(silent) as backend,
            running_plane([("127.0.0.1", backend.port)], timeouts=timeouts) as plane,
        ):
            assert status(await ask(plane.port, HANDSHAKE, half_close=True)) == 504
            await settle(plane)

    run(main())


def test_a_client_that_leaves_during_the_handshake_takes_the_backend_along():
    async def main() -> None:
        left = asyncio.Event()

        async def silent(backend: FakeBackend, reader, writer) -> None:
            await backend.head(reader)
            await reader.read()
            left.set()

        async with (
            running_backend(silent) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(HANDSHAKE)
            await until(lambda: backend.heads)
            writer.transport.abort()
            async with asyncio.timeout(5):
                await left.wait()
            await settle(plane)

    run(main())
