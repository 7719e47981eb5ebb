"""What clients are granted, and what happens at the limit."""

import asyncio
import contextlib

from bfe_py.downstream import Terms
from bfe_py.proxy import Policy
from tests.kit.answers import body, count, status
from tests.kit.plane import ask, run, running_backend, running_plane, until

GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"


def test_idle_connections_end_when_we_drain_and_busy_ones_after_their_answer():
    release = asyncio.Event()

    async def backend_script(backend, reader, writer) -> None:
        await backend.head(reader)
        await release.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(backend_script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            idle, first = await asyncio.open_connection("127.0.0.1", plane.port)
            busy, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            await until(lambda: backend.heads)
            plane.endpoint.drain()
            async with asyncio.timeout(5):
                assert await idle.read() == b""
                release.set()
                answer = await busy.read()
            first.close()
            writer.close()
            assert b"Connection: close" in answer
            assert body(answer) == b"ok"

    run(main())


def test_a_connection_carries_no_more_requests_than_granted():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], terms=Terms(requests=2)) as plane,
        ):
            three = b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n" * 3
            answer = await ask(plane.port, three)
            assert answer.count(b"HTTP/1.1 200") == 2

    run(main())


def test_a_head_that_never_ends_is_given_up():
    async def main() -> None:
        async with running_plane([], terms=Terms(header_seconds=0.05)) as plane:
            assert status(await ask(plane.port, b"GET / HTTP/1.1\r\nHost:")) == 408

    run(main())


def test_a_client_that_says_nothing_is_let_go():
    async def main() -> None:
        async with running_plane([], terms=Terms(header_seconds=0.05)) as plane:
            assert await ask(plane.port, b"") == b""
            assert count(plane, "bfe_client_timeouts_total") == 1

    run(main())


def test_a_body_that_is_too_long_is_refused_before_or_while_it_comes():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], policy=Policy(body_limit=4)) as plane,
        ):
            head = b"POST / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n"
            answer = await ask(plane.port, head + b"Content-Length: 5\r\n\r\nhello")
            assert status(answer) == 413
            assert backend.connections == 0
            answer = await ask(plane.port, head + b"Content-Length: 4\r\n\r\nhell")
            assert status(answer) == 200
            chunked = b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            assert status(await ask(plane.port, head + chunked)) == 413

    run(main())


def test_connections_beyond_the_limit_are_refused_and_counted():
    async def main() -> None:
        terms = Terms(address_connections=1)
        async with running_plane([], terms=terms) as plane:
            first, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            async with asyncio.timeout(5):
                assert await ask(plane.port, GET) == b""
                assert count(plane, "bfe_client_over_address_limit_total") == 1
                writer.write(GET.replace(b"shop.test", b"other.test"))
                assert status(await first.read()) == 500
            writer.close()

    run(main())


def test_an_upload_is_answered_early_and_ends_there():
    async def early(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nbig\n")
        await writer.drain()

    async def main() -> None:
        async with (
            running_backend(early) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(
                b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 10000000\r\n\r\n"
                + b"x" * 1000
            )
            async with asyncio.timeout(10):
                answer = await reader.read()
            writer.close()
            assert status(answer) == 413
            assert body(answer) == b"big\n"

    run(main())


def test_a_slow_reader_holds_back_the_backend_and_not_the_memory():
    sent = 0

    async def endless(backend, reader, writer) -> None:
        nonlocal sent
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    async def main() -> None:
        async with (
            running_backend(endless) as backend,
            running_plane([("127.0.0.1", backend.port)], terms=Terms(write_seconds=0.3)) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port, limit=1024)
            writer.transport.pause_reading()
            writer.write(GET)
            await until(lambda: backend.heads and not plane.endpoint.connections)
            assert sent < 64 * 1024 * 1024
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    run(main())
