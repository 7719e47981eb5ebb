"""Backends that fail over real sockets: retries, time limits, faults."""

import asyncio
import contextlib

from bfe_py.balance import Probe, Retry, Timeouts
from bfe_py.proxy import Policy
from tests.kit.answers import count, status
from tests.kit.plane import ask, run, running_backend, running_plane

GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"


def test_another_backend_takes_over_from_a_dead_one():
    async def main() -> None:
        async with running_backend() as backend:
            backends = [("127.0.0.1", 1), ("127.0.0.1", backend.port)]
            async with running_plane(backends) as plane:
                for _ in range(4):
                    assert status(await ask(plane.port, GET)) == 200

    run(main())


def test_without_a_backend_that_answers_the_client_is_told():
    async def main() -> None:
        async with running_plane([("127.0.0.1", 1)]) as plane:
            assert status(await ask(plane.port, GET)) == 502
        async with running_plane([("127.0.0.1", 1)], policy=Policy(statuses_as_bfe=True)) as plane:
            assert status(await ask(plane.port, GET)) == 500

    run(main())


def test_failures_in_a_row_mark_a_backend_down():
    async def main() -> None:
        probe = Probe(failures=2)
        async with running_plane(
            [("127.0.0.1", 1)], probe=probe, retry=Retry(same_cluster=0)
        ) as plane:
            assert status(await ask(plane.port, GET)) == 502
            assert plane.down == []
            assert status(await ask(plane.port, GET)) == 502
            assert plane.down == ["127.0.0.1:1"]
            assert status(await ask(plane.port, GET)) == 503

    run(main())


def test_a_late_response_head_is_a_gateway_timeout():
    async def backend_script(backend, reader, writer) -> None:
        await backend.head(reader)
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(backend_script) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], timeouts=Timeouts(connect=1.0, response_header=0.05)
            ) as plane,
        ):
            assert status(await ask(plane.port, GET)) == 504

    run(main())


def test_a_kept_connection_that_was_closed_costs_nothing():
    async def once(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        with contextlib.suppress(asyncio.IncompleteReadError):
            await backend.head(reader)  # takes the next request, and hangs up on it

    async def main() -> None:
        async with (
            running_backend(once) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            assert status(await ask(plane.port, GET)) == 200
            assert status(await ask(plane.port, GET)) == 200
            assert backend.connections == 2
            assert len(backend.heads) == 3
            assert count(plane, "bfe_backend_failures_total") == 0

    run(main())


def test_a_response_that_breaks_off_is_cut_off_and_not_ended():
    async def backend_script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await writer.drain()

    async def main() -> None:
        async with (
            running_backend(backend_script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            try:
                answer = await ask(plane.port, GET)
            except ConnectionError:
                answer = b""
            assert not answer.endswith(b"0\r\n\r\n")

    run(main())


def test_garbage_instead_of_a_response_is_a_bad_gateway():
    async def backend_script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"SMTP ready\r\n\r\n")
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(backend_script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            assert status(await ask(plane.port, GET)) == 502

    run(main())
