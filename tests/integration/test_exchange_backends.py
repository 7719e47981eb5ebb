"""Backends that answer early, late, oddly or not at all, over real sockets."""

import asyncio
import contextlib
import socket
import struct

import pytest

from bfe_py.balance import Timeouts
from bfe_py.downstream import Terms
from bfe_py.model import Exchange
from bfe_py.pipeline import Phase
from tests.kit.answers import body, count, in_flight, settle, status
from tests.kit.plane import ask, run, running_backend, running_plane, until

pytestmark = pytest.mark.usefixtures("quiet_log")

GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n"
LAST = b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
HUGE = 50 * 1024 * 1024


def answering(wire: bytes, *, closes: bool = False):
    async def script(backend, reader, writer) -> None:
        while True:
            await backend.head(reader)
            writer.write(wire)
            if closes:
                return

    return script


# --- answers before the request is whole


async def refuse_and_close(backend, reader, writer) -> None:
    await backend.head(reader)
    writer.write(
        b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbig\n"
    )
    await writer.drain()


async def refuse_and_stay(backend, reader, writer) -> None:
    await backend.head(reader)
    writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nbig\n")
    await asyncio.Event().wait()


async def upload(port: int, size: int) -> bytes:
    """Sends all it can, then reads: as simple clients do."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /p HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        % size
    )
    rest = memoryview(b"x" * size)
    try:
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                while rest:
                    writer.write(rest[:65536])
                    rest = rest[65536:]
                    await writer.drain()
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("script", "size"),
    [
        (refuse_and_close, 100_000),
        (refuse_and_close, 300_000),
        (refuse_and_close, HUGE),
        (refuse_and_stay, HUGE),
    ],
)
def test_an_early_answer_reaches_a_client_that_is_uploading(script, size: int):
    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            for _ in range(3):
                answer = await upload(plane.port, size)
                assert status(answer) == 413
                assert body(answer) == b"big\n"
            await settle(plane)
            assert count(plane, "bfe_upstream_open_connections") == 0
            assert backend.connections == 3

    run(main())


def test_an_early_answer_is_not_lost_to_a_write_that_fails():
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            async with running_plane([("127.0.0.1", port)]) as plane:
                reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
                writer.write(
                    b"POST /p HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n"
                    b"Content-Length: 100\r\n\r\nfirst"
                )
                await until(lambda: count(plane, "bfe_upstream_connected_total"))
                backend, _ = listening.accept()
                await until(lambda: backend.recv(4096, socket.MSG_PEEK).endswith(b"first"))
                # While the loop is held up, the client goes on, then the backend has enough.
                writer.write(b"second")
                backend.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nbig\n")
                backend.close()
                async with asyncio.timeout(5):
                    answer = await reader.read()
                assert status(answer) == 413
                assert body(answer) == b"big\n"
                writer.close()
                await settle(plane)

    run(main())


def test_an_answer_that_streams_while_the_request_does_is_passed_on_both_ways():
    async def echo(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while (size := int(await reader.readline(), 16)) > 0:
            piece = await reader.readexactly(size + 2)
            writer.write(b"%x\r\n" % size + piece)
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(echo) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(
                b"POST /p HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n"
                b"Connection: close\r\n\r\n"
            )
            async with asyncio.timeout(5):
                assert status(await reader.readuntil(b"\r\n\r\n")) == 200
                for number in range(5):
                    piece = b"1\r\n%d\r\n" % number
                    writer.write(piece)
                    assert await reader.readexactly(len(piece)) == piece
                writer.write(b"0\r\n\r\n")
                assert await reader.read() == b"0\r\n\r\n"
            writer.close()
            await settle(plane)

    run(main())


def test_a_backend_that_takes_nothing_holds_back_the_client():
    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        reader._transport.pause_reading()
        await asyncio.Event().wait()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)], terms=Terms(body_seconds=0.2)) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(
                b"POST /p HTTP/1.1\r\nHost: shop.test\r\nContent-Length: %d\r\n\r\n" % HUGE
            )
            writer.write(b"x" * HUGE)
            await until(lambda: plane.endpoint.connections)
            (connection,) = plane.endpoint.connections
            await until(lambda: connection._wire.pace.is_paused)
            assert connection._body._size < 1_000_000
            # The client is not the one who is late.
            async with asyncio.timeout(2):
                await asyncio.sleep(0.3)
            assert in_flight(plane) == 1
            writer.transport.abort()
            connection.abort()
            await settle(plane)

    run(main())


# --- the forms of a response


@pytest.mark.parametrize(
    ("wire", "request_bytes", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", LAST.replace(b"GET", b"HEAD"), b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", LAST, b""),
        (b"HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 5\r\n\r\n", LAST, b""),
    ],
)
def test_a_response_without_a_body_keeps_its_connection(wire, request_bytes, expected):
    async def main() -> None:
        async with (
            running_backend(answering(wire)) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            for _ in range(3):
                answer = await ask(plane.port, request_bytes)
                assert answer.startswith(wire[:12])
                assert body(answer) == expected
            await settle(plane)
            assert backend.connections == 1

    run(main())


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_response_that_ends_with_its_connection_is_passed_on(version: bytes):
    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.%c 200 OK\r\n\r\n" % version[2:])
        for _ in range(100):
            writer.write(b"y" * 10_000)
            await writer.drain()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            answer = await ask(plane.port, LAST.replace(b"HTTP/1.1", b"HTTP/" + version))
            if version == b"1.0":
                assert body(answer) == b"y" * 1_000_000
            else:
                assert answer.count(b"y") == 1_000_000
                assert answer.endswith(b"0\r\n\r\n")
            await settle(plane)

    run(main())


def test_a_response_that_ends_with_its_connection_is_not_whole_if_that_is_reset():
    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        await writer.drain()
        await reader.readexactly(1)
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(b"POST /p HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\n")
            await reader.readuntil(b"half")
            writer.write(b"x")
            with contextlib.suppress(ConnectionError):
                assert not (await reader.read()).endswith(b"0\r\n\r\n")
            writer.close()
            await settle(plane)

    run(main())


def test_fields_of_the_hop_are_taken_out_of_interim_responses_too():
    wire = (
        b"HTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: 1\r\nLink: </a>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    )

    async def main() -> None:
        async with (
            running_backend(answering(wire)) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            answer = await ask(plane.port, LAST)
            assert answer.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")

    run(main())


# --- connections to backends


def test_a_backend_that_closes_at_once_is_a_bad_gateway():
    async def script(backend, reader, writer) -> None:
        writer.transport.abort()

    async def main() -> None:
        timeouts = Timeouts(connect=1.0, response_header=None)
        async with (
            running_backend(script) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], timeouts=timeouts, counts_failures=False
            ) as plane,
        ):
            for _ in range(50):
                assert status(await ask(plane.port, LAST)) == 502
            await settle(plane)

    run(main())


def test_a_backend_that_speaks_unasked_loses_its_connection():
    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await asyncio.sleep(0.01)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            assert body(await ask(plane.port, LAST)) == b"ok"
            assert body(await ask(plane.port, LAST)) == b"ok"
            await until(lambda: count(plane, "bfe_upstream_open_connections") == 0)
            assert body(await ask(plane.port, LAST)) == b"ok"
            assert backend.connections == 2

    run(main())


def test_a_backend_that_goes_on_behind_its_response_is_not_listened_to():
    hold = asyncio.Event()

    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"z" * 65536)
                await writer.drain()
        hold.set()

    class Slow:
        def feed(self, piece: bytes) -> bytes:
            return piece

        def finish(self) -> bytes:
            return b""

    async def main() -> None:
        async def wait(exchange: Exchange) -> None:
            await hold.wait()

        async with (
            running_backend(script) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], handlers={Phase.RESPONSE: (wait,)}
            ) as plane,
        ):
            assert body(await ask(plane.port, LAST)) == b"ok"
            await settle(plane)

    run(main())


def test_no_connection_is_kept_where_none_may_be():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], idle_connections=0) as plane,
        ):
            for _ in range(3):
                assert status(await ask(plane.port, LAST)) == 200
            assert backend.connections == 3
            await settle(plane)
            assert count(plane, "bfe_upstream_open_connections") == 0

    run(main())


def test_a_backend_gets_no_more_connections_than_allowed():
    release = asyncio.Event()

    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        await release.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)], connections=2) as plane,
        ):
            asking = [asyncio.ensure_future(ask(plane.port, LAST)) for _ in range(2)]  # noqa: TID251
            await until(lambda: len(backend.heads) == 2)
            assert status(await ask(plane.port, LAST)) == 503
            release.set()
            assert [status(answer) for answer in await asyncio.gather(*asking)] == [200, 200]
            await settle(plane)
            assert count(plane, "bfe_backend_failures_total") == 0

    run(main())


def test_a_request_whose_body_was_malformed_from_the_start_costs_no_connection():
    request = b"POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"

    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], connections=2) as plane,
        ):
            for _ in range(5):
                assert status(await ask(plane.port, request)) == 400
            await settle(plane)
            assert count(plane, "bfe_upstream_open_connections") == 0
            assert status(await ask(plane.port, LAST)) == 200

    run(main())


def test_another_backend_gets_a_request_whose_body_a_rule_has_read():
    async def main() -> None:
        rules = (('req_body_json_in("kind", "big", false)', "web"),)
        async with running_backend() as backend:
            backends = [("127.0.0.1", 1), ("127.0.0.1", backend.port)]
            async with running_plane(backends, rules=rules) as plane:
                content = b'{"kind": "big"}'
                request = (
                    b"POST / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n"
                    b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
                )
                for _ in range(4):
                    assert status(await ask(plane.port, request)) == 200
                await settle(plane)

    run(main())
