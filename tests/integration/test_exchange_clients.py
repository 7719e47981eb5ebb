"""Clients that leave, linger, hurry or dawdle, over real sockets."""

import asyncio
import contextlib
import socket
import struct

import pytest

from bfe_py.balance import Timeouts
from bfe_py.downstream import Terms
from bfe_py.model import Exchange, Headers, ResponseHead
from bfe_py.pipeline import Close, Phase, Respond
from tests.kit.answers import body, count, in_flight, settle, status
from tests.kit.plane import ask, run, running_backend, running_plane, until

pytestmark = pytest.mark.usefixtures("quiet_log")

GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n"
LAST = b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nHost: shop.test\r\nContent-Length: %d\r\n%b\r\n"
BIG = 64 * 1024 * 1024  # more than the buffers of any kernel take


def reset(writer: asyncio.StreamWriter) -> None:
    """Leave with RST."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def narrow(port: int) -> socket.socket:
    """A client whose kernel takes little; it never blocks."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", port))
    raw.setblocking(False)
    return raw


async def silent(backend, reader, writer) -> None:
    """Takes requests and never answers."""
    await backend.head(reader)
    while await reader.read(65536):
        pass


async def big_answer(backend, reader, writer) -> None:
    await backend.head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG)
    piece = b"x" * 65536
    for _ in range(BIG // len(piece)):
        writer.write(piece)
        await writer.drain()
    await reader.read()


# --- leaving


@pytest.mark.parametrize("leave", [reset, lambda writer: writer.close()], ids=["reset", "close"])
@pytest.mark.parametrize(
    "request_bytes", [GET, POST % (4, b"") + b"body", POST % (10, b"") + b"half"], ids=str
)
def test_a_client_that_leaves_while_the_backend_thinks_leaves_nothing_behind(leave, request_bytes):
    async def main() -> None:
        timeouts = Timeouts(connect=1.0, response_header=0.3)
        async with (
            running_backend(silent) as backend,
            running_plane([("127.0.0.1", backend.port)], timeouts=timeouts) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(request_bytes)
            await until(lambda: backend.heads)
            assert in_flight(plane) == 1
            leave(writer)
            await settle(plane)

    run(main())


def test_a_client_that_resets_ends_the_attempt_at_once():
    ended = asyncio.Event()

    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        await reader.read()
        ended.set()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(GET)
            await until(lambda: backend.heads)
            reset(writer)
            async with asyncio.timeout(1):
                await ended.wait()
            await settle(plane)
            assert count(plane, "bfe_upstream_cancelled_total") == 1
            assert count(plane, "bfe_backend_failures_total") == 0
            assert count(plane, "bfe_client_resets_total") == 1

    run(main())


def test_a_client_that_left_before_the_backend_was_connected_is_not_asked_for():
    left = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        await left.wait()

    async def main() -> None:
        async with (
            running_backend(silent) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], handlers={Phase.FORWARD: (wait,)}
            ) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(GET)
            await until(lambda: in_flight(plane))
            reset(writer)
            await until(lambda: not plane.endpoint.connections)
            left.set()
            await settle(plane)
            assert backend.heads == []
            assert count(plane, "bfe_backend_failures_total") == 0

    run(main())


def test_a_client_may_count_as_gone_once_it_sends_no_more():
    ended = asyncio.Event()

    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        await reader.read()
        ended.set()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)], cancels_on_close=True) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(GET)
            await until(lambda: backend.heads)
            writer.close()
            async with asyncio.timeout(1):
                await ended.wait()
            await settle(plane)

    run(main())


@pytest.mark.parametrize("leave", [reset, lambda writer: writer.close()], ids=["reset", "close"])
def test_a_client_that_leaves_in_the_middle_of_a_response_leaves_nothing_behind(leave):
    async def main() -> None:
        async with (
            running_backend(big_answer) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(GET)
            await reader.readexactly(1000)
            leave(writer)
            await settle(plane)
            assert count(plane, "bfe_backend_failures_total") == 0
            assert count(plane, "bfe_upstream_open_connections") == 0

    run(main())


def test_a_client_that_leaves_while_it_blocks_the_response_leaves_nothing_behind():
    async def main() -> None:
        async with (
            running_backend(big_answer) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            raw = narrow(plane.port)
            raw.send(GET)
            connections = plane.endpoint.connections
            await until(lambda: connections and next(iter(connections))._wire.gate.is_blocked)
            raw.close()
            await settle(plane)

    run(main())


def test_a_client_that_does_not_read_is_cut_off():
    async def main() -> None:
        async with (
            running_backend(big_answer) as backend,
            running_plane([("127.0.0.1", backend.port)], terms=Terms(write_seconds=0.2)) as plane,
        ):
            raw = narrow(plane.port)
            raw.send(GET)
            await until(lambda: plane.endpoint.connections)
            await settle(plane)
            raw.close()

    run(main())


@pytest.mark.parametrize("request_bytes", [GET, LAST], ids=["keep", "last"])
def test_a_client_that_does_not_read_the_last_of_it_is_cut_off_too(request_bytes: bytes):
    length = 40_000

    async def script(backend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + b"x" * length)
        await reader.read()

    async def main() -> None:
        terms = Terms(write_seconds=0.2, idle_seconds=0.2)
        async with (
            running_backend(script) as backend,
            running_plane(
                [("127.0.0.1", backend.port)],
                terms=terms,
                timeouts=Timeouts(read_client_again=0.2, write_client=0.2),
                send_buffer=4096,
            ) as plane,
        ):
            raw = narrow(plane.port)
            raw.send(request_bytes)
            await until(lambda: count(plane, "bfe_client_requests_total"))
            # The plane has nothing left to do but to hand over what it holds.
            await until(lambda: count(plane, "bfe_client_requests_active") == 0)
            (connection,) = plane.endpoint.connections
            assert connection._wire._transport.get_write_buffer_size()
            await settle(plane)
            raw.close()

    run(main())


def test_a_slow_reader_gets_all_of_it():
    async def main() -> None:
        async with (
            running_backend(big_answer) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            raw = narrow(plane.port)
            raw.send(GET)
            answer = bytearray()
            async with asyncio.timeout(20):
                while len(body(bytes(answer[:200]))) + len(answer) - 200 < BIG:
                    try:
                        answer += raw.recv(65536)
                    except BlockingIOError:
                        await asyncio.sleep(0)
            raw.close()
            await settle(plane)

    run(main())


# --- half-closing


@pytest.mark.parametrize(
    "request_bytes",
    [GET, LAST, POST % (4, b"") + b"body", GET * 3],
    ids=["keep", "last", "body", "many"],
)
def test_a_client_that_half_closes_gets_its_answers(request_bytes: bytes):
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            answer = await ask(plane.port, request_bytes, half_close=True)
            assert answer.count(b"HTTP/1.1 200 OK") == request_bytes.count(b"HTTP/1.1")
            await settle(plane)

    run(main())


def test_a_client_that_half_closes_in_a_body_is_told_at_once():
    async def main() -> None:
        async with (
            running_backend(silent) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            async with asyncio.timeout(1):
                answer = await ask(plane.port, POST % (10, b"") + b"half", half_close=True)
            assert status(answer) == 400
            await settle(plane)

    run(main())


# --- pipelining


def test_a_body_that_follows_a_pipelined_request_is_read_to_its_end():
    async def main() -> None:
        release = asyncio.Event()

        async def script(backend, reader, writer) -> None:
            while True:
                head = await backend.head(reader)
                if head.startswith(b"GET"):
                    await release.wait()
                else:
                    await reader.readexactly(300_000)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(GET)
            await until(lambda: backend.heads)
            writer.write(POST % (300_000, b"Connection: close\r\n") + b"x" * 1000)
            await until(lambda: next(iter(plane.endpoint.connections))._wire.pace.is_paused)
            writer.write(b"x" * 299_000)
            release.set()
            async with asyncio.timeout(2):
                answer = await reader.read()
            assert answer.count(b"HTTP/1.1 200 OK") == 2
            writer.close()
            await settle(plane)

    run(main())


def test_requests_that_are_pipelined_are_answered_in_order():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            requests = [
                b"POST /%d HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhello" % number
                for number in range(20)
            ]
            answer = await ask(plane.port, b"".join(requests) + LAST)
            lines = [b"POST /%d HTTP" % number for number in range(20)]
            assert [answer.index(line) for line in lines] == sorted(
                answer.index(line) for line in lines
            )
            await settle(plane)

    run(main())


def test_answers_that_are_not_read_hold_back_pipelined_requests():
    count_of = 3000

    def answer(exchange: Exchange) -> Respond:
        headers = Headers([(b"X-Padding", b"x" * 8000)])
        return Respond(ResponseHead(204, headers))

    async def main() -> None:
        async with running_plane([], handlers={Phase.TENANT: (answer,)}) as plane:
            raw = narrow(plane.port)
            wire = GET * count_of
            with contextlib.suppress(BlockingIOError):
                while wire:
                    wire = wire[raw.send(wire) :]
            connections = plane.endpoint.connections
            await until(lambda: connections and next(iter(connections))._wire.gate.is_blocked)
            for _ in range(200):
                await asyncio.sleep(0)
            connection = next(iter(connections))
            assert connection._wire._transport.get_write_buffer_size() < 200_000
            raw.close()
            await settle(plane)

    run(main())


# --- the end


def test_the_last_answer_arrives_although_more_requests_were_sent():
    async def main() -> None:
        terms = Terms(requests=1)
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], terms=terms) as plane,
        ):
            for _ in range(20):
                reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
                writer.write(GET)
                answer = b""
                async with asyncio.timeout(2):
                    await until(lambda: count(plane, "bfe_client_requests_active") == 0)
                    writer.write(GET * 100)
                    await asyncio.sleep(0)
                    answer = await reader.read()
                assert status(answer) == 200
                writer.close()
            await settle(plane)

    run(main())


def test_a_module_may_end_the_connection_once_the_answer_is_out():
    async def main() -> None:
        handlers = {Phase.FINISH: (lambda _: Close("enough"),)}
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], handlers=handlers) as plane,
        ):
            answer = await ask(plane.port, GET)
            assert status(answer) == 200
            assert body(answer).startswith(b"GET /a")
            await settle(plane)

    run(main())


def test_a_head_that_is_on_its_way_may_still_end_while_we_drain():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(GET[:-2])
            await until(lambda: count(plane, "bfe_client_connections_active"))
            await until(lambda: next(iter(plane.endpoint.connections)).session.bytes_read)
            plane.endpoint.drain()
            writer.write(GET[-2:])
            async with asyncio.timeout(2):
                answer = await reader.read()
            assert b"Connection: close" in answer
            assert status(answer) == 200
            writer.close()
            await settle(plane)

    run(main())


# --- 100-continue


EXPECT = b"Expect: 100-continue\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def test_a_client_that_did_not_wait_is_not_told_to_continue():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            answer = await ask(plane.port, POST % (4, EXPECT + b"Connection: close\r\n") + b"body")
            assert status(answer) == 200
            await settle(plane)

    run(main())


def test_a_client_that_began_with_its_body_keeps_its_connection():
    def refuse(exchange: Exchange) -> Respond:
        return Respond(ResponseHead(403, body_length=0))

    async def main() -> None:
        async with running_plane([], handlers={Phase.TENANT: (refuse,)}) as plane:
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(POST % (4, EXPECT))
            head = await reader.readuntil(b"\r\n\r\n")
            # The body may follow or not, so the connection cannot go on.
            assert status(head) == 403
            assert b"Connection: close" in head
            assert await reader.read() == b""
            writer.close()
            await settle(plane)

    run(main())


def test_a_body_that_a_rule_looks_at_is_asked_for():
    async def main() -> None:
        rules = (('req_body_json_in("kind", "big", false)', "web"),)
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], rules=rules) as plane,
        ):
            content = b'{"kind": "big"}'
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(POST % (len(content), EXPECT + b"Connection: close\r\n"))
            async with asyncio.timeout(2):
                assert await reader.readuntil(b"\r\n\r\n") == CONTINUE
                writer.write(content)
                assert status(await reader.read()) == 200
            writer.close()
            await settle(plane)

    run(main())


def test_a_client_of_http_1_0_is_never_told_to_continue():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            request = (POST % (4, EXPECT)).replace(b"HTTP/1.1", b"HTTP/1.0") + b"body"
            answer = await ask(plane.port, request)
            assert answer.startswith(b"HTTP/1.0 200")
            await settle(plane)

    run(main())
