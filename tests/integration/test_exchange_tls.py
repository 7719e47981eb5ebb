"""TLS on either side of an exchange, over real sockets."""

import asyncio
import contextlib
import socket
import ssl
import struct

import pytest

from bfe_py.balance import Timeouts, UpstreamTls
from bfe_py.downstream import Terms
from bfe_py.model import Exchange, Session
from bfe_py.pipeline import Close, Phase
from tests.kit.answers import body, count, settle, status
from tests.kit.pki import client_context, own_certificate, server_context
from tests.kit.plane import ask, run, running_backend, running_plane, until

pytestmark = pytest.mark.usefixtures("quiet_log")

GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n"
LAST = b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
BIG = 4 * 1024 * 1024


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(
        "127.0.0.1", port, ssl=client_context(), server_hostname="shop.test"
    )


async def ask_securely(port: int, request: bytes) -> bytes:
    reader, writer = await connect(port)
    try:
        writer.write(request)
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


async def big_answer(backend, reader, writer) -> None:
    await backend.head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG)
    piece = b"x" * 65536
    for _ in range(BIG // len(piece)):
        writer.write(piece)
        await writer.drain()


def over_tls() -> UpstreamTls:
    return UpstreamTls("shop.test", authorities=(own_certificate().chain,))


# --- clients


def test_an_exchange_goes_over_tls_as_in_clear():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], tls=server_context()) as plane,
        ):
            answer = await ask_securely(plane.port, GET + LAST)
            assert answer.count(b"HTTP/1.1 200 OK") == 2
            assert count(plane, "bfe_tls_succeeded_total") == 1
            assert count(plane, "bfe_client_https_requests_total") == 2
            await settle(plane)

    run(main())


@pytest.mark.parametrize(
    "hello", [LAST, b"\x16\x03\x01\x00\x05hello", b"\x00" * 100], ids=["http", "bad", "zeros"]
)
def test_what_is_no_handshake_is_counted_and_closed(hello: bytes):
    ended: list[Session] = []

    async def main() -> None:
        handlers = {Phase.CLOSE: (ended.append,)}
        async with running_plane([], tls=server_context(), handlers=handlers) as plane:
            with contextlib.suppress(ConnectionError):
                assert b"HTTP" not in await ask(plane.port, hello)
            await until(lambda: ended)
            assert count(plane, "bfe_tls_handshakes_total") == 1
            assert count(plane, "bfe_tls_succeeded_total") == 0
            await settle(plane)

    run(main())
    (session,) = ended
    assert session.fault_code == "CLIENT_TLS_HANDSHAKE"
    assert session.ended >= session.started


def test_a_client_that_never_shakes_hands_is_let_go_and_its_place_is_free():
    async def main() -> None:
        terms = Terms(handshake_seconds=0.1, connections=1)
        async with running_plane([], tls=server_context(), terms=terms) as plane:
            with contextlib.suppress(ConnectionError):
                assert await ask(plane.port, b"") == b""
            answer = await ask_securely(plane.port, LAST.replace(b"shop", b"other"))
            assert status(answer) == 500
            await settle(plane)

    run(main())


def test_connections_that_still_shake_hands_count_towards_the_limit():
    async def main() -> None:
        terms = Terms(address_connections=1)
        async with running_plane([], tls=server_context(), terms=terms) as plane:
            _, first = await asyncio.open_connection("127.0.0.1", plane.port)
            await until(lambda: count(plane, "bfe_tls_handshakes_total"))
            with contextlib.suppress(ConnectionError):
                assert await ask(plane.port, b"") == b""
            assert count(plane, "bfe_client_over_address_limit_total") == 1
            first.close()
            await settle(plane)

    run(main())


def test_a_client_that_a_module_refuses_after_the_handshake_is_let_go():
    async def main() -> None:
        handlers = {Phase.HANDSHAKE: (lambda _: Close("test"),)}
        async with running_plane([], tls=server_context(), handlers=handlers) as plane:
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                assert await ask_securely(plane.port, LAST) == b""
            await settle(plane)
            assert count(plane, "bfe_client_requests_total") == 0
            assert count(plane, "bfe_client_closed_total") == 0

    run(main())


def test_a_slow_reader_holds_back_the_backend():
    async def main() -> None:
        async with (
            running_backend(big_answer) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], tls=server_context(), send_buffer=65536
            ) as plane,
        ):
            reader, writer = await connect(plane.port)
            writer.transport.pause_reading()
            writer.write(LAST)
            await until(lambda: plane.endpoint.connections)
            (connection,) = plane.endpoint.connections
            await until(lambda: connection._wire.gate.is_blocked)
            assert connection._wire._transport.get_write_buffer_size() < 2 * 1024 * 1024
            writer.transport.resume_reading()
            async with asyncio.timeout(20):
                assert len(body(await reader.read())) == BIG
            writer.close()
            await settle(plane)

    run(main())


def test_a_client_that_does_not_read_is_cut_off():
    async def main() -> None:
        async with (
            running_backend(big_answer) as backend,
            running_plane(
                [("127.0.0.1", backend.port)],
                tls=server_context(),
                terms=Terms(write_seconds=0.2),
                send_buffer=65536,
            ) as plane,
        ):
            _, writer = await connect(plane.port)
            writer.transport.pause_reading()
            writer.write(LAST)
            await until(lambda: count(plane, "bfe_client_requests_total"))
            await settle(plane)
            writer.transport.abort()

    run(main())


@pytest.mark.parametrize("size", [100_000, 20 * 1024 * 1024])
def test_an_early_answer_reaches_a_client_that_is_uploading(size: int):
    async def refuse(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nbig\n")
        await writer.drain()

    async def main() -> None:
        async with (
            running_backend(refuse) as backend,
            running_plane([("127.0.0.1", backend.port)], tls=server_context()) as plane,
        ):
            reader, writer = await connect(plane.port)
            writer.write(
                b"POST / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n" % size
            )
            rest = memoryview(b"x" * size)
            async with asyncio.timeout(20):
                while rest:
                    writer.write(rest[:65536])
                    rest = rest[65536:]
                    await writer.drain()
                # Its own length ends the answer: over TLS there is no half-close.
                head = await reader.readuntil(b"\r\n\r\n")
                assert status(head) == 413
                assert await reader.readexactly(4) == b"big\n"
            writer.close()
            await settle(plane)

    run(main())


@pytest.mark.parametrize("is_graceful", [True, False])
def test_a_client_that_leaves_during_a_response_leaves_nothing_behind(is_graceful: bool):
    async def main() -> None:
        async with (
            running_backend(big_answer) as backend,
            running_plane([("127.0.0.1", backend.port)], tls=server_context()) as plane,
        ):
            reader, writer = await connect(plane.port)
            writer.write(GET)
            await reader.readexactly(1000)
            if is_graceful:
                writer.close()
            else:
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            await settle(plane)

    run(main())


def test_a_client_that_leaves_while_the_backend_thinks_ends_the_attempt():
    ended = asyncio.Event()

    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        await reader.read()
        ended.set()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)], tls=server_context()) as plane,
        ):
            _, writer = await connect(plane.port)
            writer.write(GET)
            await until(lambda: backend.heads)
            writer.close()  # TLS has no half-close: that is the end
            async with asyncio.timeout(5):
                await ended.wait()
            await settle(plane)
            assert count(plane, "bfe_upstream_cancelled_total") == 1

    run(main())


def test_an_idle_connection_is_closed_with_a_notice():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], tls=server_context()) as plane,
        ):
            reader, writer = await connect(plane.port)
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n")
            plane.endpoint.drain()
            async with asyncio.timeout(5):
                await reader.read()
            writer.close()
            await settle(plane)

    run(main())


# --- backends


def test_a_backend_is_verified_and_asked_over_tls():
    async def main() -> None:
        async with (
            running_backend(tls=server_context()) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], protocol="https", tls_settings=over_tls()
            ) as plane,
        ):
            for _ in range(3):
                assert status(await ask(plane.port, LAST)) == 200
            assert backend.connections == 1
            await settle(plane)

    run(main())


@pytest.mark.parametrize(
    "settings", [UpstreamTls("other.test", authorities=(own_certificate().chain,)), UpstreamTls()]
)
def test_a_backend_that_is_not_who_it_should_be_gets_nothing(settings: UpstreamTls):
    async def main() -> None:
        async with (
            running_backend(tls=server_context()) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], protocol="https", tls_settings=settings
            ) as plane,
        ):
            assert status(await ask(plane.port, LAST)) == 502
            assert backend.heads == []
            await settle(plane)
            assert count(plane, "bfe_upstream_open_connections") == 0

    run(main())


def test_a_backend_that_shakes_no_hands_is_a_timeout():
    async def script(backend, reader, writer) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane(
                [("127.0.0.1", backend.port)],
                protocol="https",
                tls_settings=over_tls(),
                timeouts=Timeouts(connect=0.1),
            ) as plane,
        ):
            assert status(await ask(plane.port, LAST)) == 504
            await settle(plane)

    run(main())


@pytest.mark.parametrize("length", [400_000, 1_500_000])
def test_a_slow_client_gets_all_that_a_backend_sent_before_it_closed(length: int):
    held = asyncio.Event()

    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.transport.set_write_buffer_limits(0)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + b"x" * length)
        await writer.drain()
        writer.transport.abort()  # as servers do that do not wait for our part of the goodbye

    async def wait(exchange: Exchange) -> None:
        await held.wait()

    async def main() -> None:
        async with (
            running_backend(script, tls=server_context()) as backend,
            running_plane(
                [("127.0.0.1", backend.port)],
                protocol="https",
                tls_settings=over_tls(),
                handlers={Phase.RESPONSE: (wait,)},
            ) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(LAST)
            await until(lambda: backend.heads)
            # The backend sends and closes; nobody reads on meanwhile.
            for _ in range(200):
                await asyncio.sleep(0.001)
            held.set()
            async with asyncio.timeout(10):
                assert len(body(await reader.read())) == length
            writer.close()
            await settle(plane)

    run(main())


def test_a_response_that_is_cut_off_over_tls_is_not_taken_for_whole():
    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        await writer.drain()
        writer.transport.abort()  # without the notice that TLS ends with

    async def main() -> None:
        async with (
            running_backend(script, tls=server_context()) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], protocol="https", tls_settings=over_tls()
            ) as plane,
        ):
            with contextlib.suppress(ConnectionError):
                assert not (await ask(plane.port, LAST)).endswith(b"0\r\n\r\n")
            await settle(plane)

    run(main())
