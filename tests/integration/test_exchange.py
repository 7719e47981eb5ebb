"""The way of one request over real sockets, in this process."""

import asyncio
import contextlib

import pytest

from tests.kit.answers import body, count, status, values
from tests.kit.plane import ask, run, running_backend, running_plane, until

GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"


def test_connections_are_kept_on_both_sides():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            two = b"GET /1 HTTP/1.1\r\nHost: shop.test\r\n\r\n" + GET
            answer = await ask(plane.port, two)
            assert answer.count(b"HTTP/1.1 200 OK") == 2
            assert answer.index(b"GET /1") < answer.index(b"GET /a")
            await ask(plane.port, GET)
            assert backend.connections == 1
            assert count(plane, "bfe_upstream_reused_total") == 2

    run(main())


def test_fields_of_the_hop_stay_on_their_hop():
    async def backend_script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
            b"X-Kept: 2\r\nContent-Length: 0\r\n\r\n"
        )
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(backend_script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            request = (
                b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close, X-Secret\r\n"
                b"X-Secret: 1\r\nX-Open: 2\r\nProxy-Connection: x\r\nTE: gzip\r\nUpgrade: foo\r\n\r\n"
            )
            answer = await ask(plane.port, request)
            sent = backend.heads[0].lower()
            for hop in (b"x-secret", b"proxy-connection", b"\r\nte:", b"upgrade", b"connection"):
                assert hop not in sent
            assert b"x-open: 2" in sent
            assert b"X-Hop" not in answer
            assert b"Keep-Alive" not in answer
            assert b"X-Kept: 2" in answer

    run(main())


def test_an_unknown_host_gets_an_answer_and_is_counted():
    async def main() -> None:
        async with running_plane([]) as plane:
            answer = await ask(plane.port, GET.replace(b"shop.test", b"other.test"))
            assert status(answer) == 500
            assert values(plane, "bfe_tenant_faults_exchanges_total") == {
                ("-", "proxy", "no_tenant"): 1
            }

    run(main())


@pytest.mark.parametrize(
    ("request_bytes", "word"),
    [
        (b"GET / HTTP/1.1\r\nHost : shop.test\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\nHost: shop.test\n\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (
            b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"400",
        ),
        (b"GET /%zz HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET /a%2fb HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n", b"400"),
    ],
)
def test_a_malformed_head_is_refused_and_goes_nowhere(request_bytes: bytes, word: bytes):
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            answer = await ask(plane.port, request_bytes)
            assert answer.startswith(b"HTTP/1.1 " + word)
            assert backend.connections == 0

    run(main())


def test_a_refused_head_is_counted_by_its_kind():
    async def main() -> None:
        async with running_plane([]) as plane:
            await ask(plane.port, b"GET / HTTP/1.1\nHost: shop.test\n\n")
            assert values(plane, "bfe_client_refused_requests_total") == {("bare-lf",): 1}
            assert count(plane, "bfe_client_bad_requests_total") == 1

    run(main())


def test_a_malformed_body_aborts_the_upstream_request_and_never_ends_it():
    seen = bytearray()
    ended = asyncio.Event()

    async def backend_script(backend, reader, writer) -> None:
        await backend.head(reader)
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(4096):
                seen.extend(piece)
        ended.set()

    async def main() -> None:
        async with (
            running_backend(backend_script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            request = (
                b"POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"5\r\nhello\r\nZZ\r\nworld\r\n0\r\n\r\n"
            )
            answer = await ask(plane.port, request)
            assert status(answer) == 400
            async with asyncio.timeout(5):
                await ended.wait()
            assert b"hello" in seen
            assert not seen.endswith(b"0\r\n\r\n")
            assert count(plane, "bfe_backend_failures_total") == 0

    run(main())


def test_a_client_that_leaves_during_an_upload_is_no_failure_of_the_backend():
    ended = asyncio.Event()

    async def backend_script(backend, reader, writer) -> None:
        await backend.head(reader)
        with contextlib.suppress(ConnectionError):
            while await reader.read(4096):
                pass
        ended.set()

    async def main() -> None:
        async with (
            running_backend(backend_script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 10\r\n\r\nhalf")
            await writer.drain()
            await until(lambda: backend.heads)
            writer.close()
            async with asyncio.timeout(5):
                await ended.wait()
            assert count(plane, "bfe_backend_failures_total") == 0
            assert plane.down == []

    run(main())


def test_a_client_that_expects_it_is_told_to_continue():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(
                b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n"
                b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
            )
            async with asyncio.timeout(5):
                assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
                writer.write(b"hi")
                assert status(await reader.read()) == 200
            assert b"expect" not in backend.heads[0].lower()
            writer.close()

    run(main())


def test_early_hints_are_passed_on_and_an_unasked_continue_is_not():
    async def backend_script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        )
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(backend_script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            answer = await ask(plane.port, GET)
            assert answer.startswith(
                b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK"
            )

    run(main())


def test_answers_have_a_date_and_it_is_that_of_the_backend_if_there_is_one():
    async def dated(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nDate: yesterday\r\nContent-Length: 0\r\n\r\n")
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(dated) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            assert b"\r\nDate: yesterday\r\n" in await ask(plane.port, GET)
            own = await ask(plane.port, GET.replace(b"shop.test", b"other.test"))
            assert own.count(b"\r\nDate: ") == 1
            assert b" GMT\r\n" in own

    run(main())


def test_an_empty_answer_to_head_keeps_its_length():
    async def backend_script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(backend_script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            answer = await ask(plane.port, GET.replace(b"GET", b"HEAD"))
            assert b"Content-Length: 1234" in answer
            assert body(answer) == b""

    run(main())
