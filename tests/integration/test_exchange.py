"""The way of one request over real sockets, in this process."""

import asyncio
import contextlib
import json

import pytest

from bfe_py.balance import Probe, Retry, Timeouts
from bfe_py.downstream import Terms
from bfe_py.model import Exchange, Headers, ResponseHead
from bfe_py.pipeline import Close, Phase, Respond
from bfe_py.proxy import Policy
from tests.kit.plane import Plane, ask, run, running_backend, running_plane, until

GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"


def values(plane: Plane, name: str) -> dict[tuple[str, ...], float]:
    for sample in plane.registry.read().samples:
        if sample.name == name:
            return dict(sample.values)
    raise AssertionError(f"no metric {name}")


def count(plane: Plane, name: str) -> float:
    return sum(values(plane, name).values())


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


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


def test_a_handler_that_waits_can_answer_for_the_backend():
    async def decide(exchange: Exchange) -> Respond | None:
        await asyncio.sleep(0)
        if exchange.path != "/secret":
            return None
        return Respond(ResponseHead(403, Headers(), body_length=4), b"no!\n")

    async def main() -> None:
        handlers = {Phase.TENANT: (decide,)}
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], handlers=handlers) as plane,
        ):
            answer = await ask(plane.port, GET.replace(b"/a", b"/secret"))
            assert status(answer) == 403
            assert body(answer) == b"no!\n"
            assert status(await ask(plane.port, GET)) == 200
            assert len(backend.heads) == 1

    run(main())


class Upper:
    def feed(self, piece: bytes) -> bytes:
        return piece.upper()

    def finish(self) -> bytes:
        return b"!"


def test_a_body_is_transformed_as_it_streams():
    def attach(exchange: Exchange) -> None:
        assert exchange.response is not None
        exchange.response.body_length = None
        exchange.transforms = [Upper()]

    async def main() -> None:
        handlers = {Phase.RESPONSE: (attach,)}
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], handlers=handlers) as plane,
        ):
            answer = await ask(plane.port, GET)
            assert b"Transfer-Encoding: chunked" in answer
            assert body(answer) == b"10\r\nGET /A HTTP/1.1\n\r\n1\r\n!\r\n0\r\n\r\n"

    run(main())


def test_a_module_that_closes_says_nothing():
    async def main() -> None:
        handlers = {Phase.TENANT: (lambda _: Close("test"),)}
        async with running_plane([], handlers=handlers) as plane:
            with contextlib.suppress(ConnectionError):
                assert await ask(plane.port, GET) == b""

    run(main())


def test_a_module_that_fails_ends_only_its_exchange():
    def fail(exchange: Exchange) -> None:
        raise RuntimeError("broken")

    async def main() -> None:
        async with running_plane([], handlers={Phase.TENANT: (fail,)}) as plane:
            assert status(await ask(plane.port, GET)) == 500
            assert values(plane, "bfe_module_failures_total") == {("test",): 1}

    run(main())


def test_a_rule_that_reads_the_body_sees_it_and_the_backend_gets_all_of_it():
    rules = (('req_body_json_in("kind", "big", false)', "web"),)

    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], rules=rules) as plane,
        ):
            content = json.dumps({"kind": "big"}).encode()
            head = b"POST / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            assert status(await ask(plane.port, head % len(content) + content)) == 200
            other = content.replace(b"big", b"tin")
            assert status(await ask(plane.port, head % len(other) + other)) == 500
            assert len(backend.heads) == 1

    run(main())


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
