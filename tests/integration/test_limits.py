"""Every limit of a client does what it says, and counts what it did.

docs/limits.md has the same table, with keys and defaults.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from bfe_py.balance import Timeouts
from bfe_py.downstream import Terms
from bfe_py.protocol import Limits
from bfe_py.proxy import Policy
from bfe_py.transport import LeastRate
from tests.kit.answers import count, settle, status, values
from tests.kit.plane import Plane, ask, run, running_backend, running_plane, until
from tests.kit.wire_rules import get, post

LAST = get(b"Connection: close")
BRIEF = 0.1
HURRIED = LeastRate(bytes_per_second=20_000.0, grace_seconds=0.2)

Act = Callable[[Plane], Awaitable[object]]


async def serve(backend, reader, writer) -> None:
    """Answers by the path: at once, without end, in events, or not at all."""
    while True:
        head = await backend.head(reader)
        path = head.split(b" ")[1]
        if path == b"/silent":
            await reader.read()
        elif path == b"/endless":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        elif path == b"/events":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            await asyncio.sleep(4 * BRIEF)
            writer.write(b"data: last\n\n")
            return
        elif path == b"/stops":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
            await reader.read()
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()


def path(name: bytes) -> bytes:
    return LAST.replace(b"GET / ", b"GET /%b " % name)


def upload(*lines: bytes, body: bytes = b"") -> bytes:
    """A request that is answered no sooner than all of it is there."""
    return post(*lines, body=body).replace(b"POST /p ", b"POST /silent ")


def sends(request: bytes, wanted: int) -> Act:
    """A client that is answered with this status."""

    async def act(plane: Plane) -> None:
        assert status(await ask(plane.port, request)) == wanted

    return act


def drips(start: bytes, piece: bytes, wanted: int) -> Act:
    """A client that never stops sending, slowly."""

    async def act(plane: Plane) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(start)
        async with asyncio.TaskGroup() as tasks:
            answer = tasks.create_task(reader.read())
            while not answer.done():
                writer.write(piece)
                await asyncio.sleep(0.02)
        writer.transport.abort()
        assert status(answer.result()) == wanted

    return act


def sips(pause: float) -> Act:
    """A client that takes an endless answer in sips until it is cut off."""

    async def act(plane: Plane) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.connect(("127.0.0.1", plane.port))
            raw.setblocking(False)
            await loop.sock_sendall(raw, path(b"endless"))
            await until(lambda: plane.endpoint.connections)
            while plane.endpoint.connections:  # what was cut off can still be read
                await loop.sock_recv(raw, 5)
                await asyncio.sleep(pause)

    return act


async def takes_nothing(plane: Plane) -> None:
    """A client that asks for an endless answer and does not read it."""
    with socket.create_connection(("127.0.0.1", plane.port)) as raw:
        raw.send(path(b"endless"))
        await until(lambda: plane.endpoint.connections)
        await until(lambda: not plane.endpoint.connections)


async def stays(plane: Plane) -> None:
    """A client that asks once and then just stays."""
    reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
    writer.write(get())
    answer = await reader.read()
    assert status(answer) == 200
    assert b"Connection: close" not in answer
    writer.close()


async def asks_on(plane: Plane) -> None:
    """A client that asks more often than it may."""
    answer = await ask(plane.port, get() * 5)
    assert answer.count(b"HTTP/1.1 200 ") == 3
    assert answer.count(b"Connection: close") == 1


async def opens_another(plane: Plane) -> None:
    """A client that has one connection and opens another."""
    _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
    await until(lambda: plane.endpoint.connections)
    with contextlib.suppress(ConnectionError):
        assert await ask(plane.port, LAST) == b""
    assert len(plane.endpoint.connections) == 1
    writer.close()


@dataclass(frozen=True)
class Limit:
    """One row: what makes it small, what goes beyond it, and what counts that."""

    name: str
    act: Act
    metric: str
    labels: tuple[str, ...] = ()
    plane: dict[str, Any] = field(default_factory=dict)


def faults(side: str, reason: str, tenant: str = "shop") -> dict[str, Any]:
    return {
        "metric": "bfe_tenant_faults_exchanges_total",
        "labels": (tenant, side, reason),
    }


LIMITS = [
    Limit("request line", sends(get(start=b"GET /" + b"a" * 100 + b" HTTP/1.1"), 414), "bfe_client_target_too_long_total", plane={"terms": Terms(limits=Limits(target=20))}),
    Limit("header fields", sends(get(b"A: 1", b"B: 2", b"C: 3"), 431), "bfe_client_header_too_large_total", plane={"terms": Terms(limits=Limits(fields=3))}),
    Limit("header size", sends(get(b"A: " + b"a" * 300), 431), "bfe_client_header_too_large_total", plane={"terms": Terms(limits=Limits(header=200))}),
    Limit("body", sends(post(b"Content-Length: 5", body=b"hello"), 413), plane={"policy": Policy(body_limit=4)}, **faults("client", "body_too_large", "-")),
    Limit("body of a cluster", sends(post(b"Content-Length: 5", body=b"hello"), 413), plane={"body_limit": 4}, **faults("client", "body_too_large")),
    Limit("chunks of a cluster", sends(post(b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"), 413), plane={"body_limit": 4}, **faults("client", "body_too_large")),
    Limit("requests", asks_on, "bfe_client_over_requests_total", plane={"terms": Terms(requests=3)}),
    Limit("header time", drips(b"GET / HTTP/1.1\r\n", b"X: y\r\n", 408), "bfe_client_refused_requests_total", ("header-timeout",), plane={"terms": Terms(header_seconds=BRIEF)}),
    Limit("slow body", drips(upload(b"Content-Length: 99999"), b"x", 408), "bfe_client_refused_requests_total", ("body-timeout",), plane={"terms": Terms(least_rate=HURRIED)}),
    Limit("silent body", sends(upload(b"Content-Length: 9", body=b"x"), 408), "bfe_client_refused_requests_total", ("body-timeout",), plane={"timeouts": Timeouts(read_client=BRIEF)}),
    Limit("slow reader", sips(0.02), "bfe_client_stalled_total", plane={"terms": Terms(least_rate=HURRIED), "send_buffer": 4096}),
    Limit("silent reader", takes_nothing, "bfe_client_stalled_total", plane={"timeouts": Timeouts(write_client=BRIEF), "send_buffer": 4096}),
    Limit("idle", stays, "bfe_client_idle_ended_total", plane={"timeouts": Timeouts(read_client_again=BRIEF)}),
    Limit("response header", sends(path(b"silent"), 504), "bfe_exchange_timed_out_total", plane={"timeouts": Timeouts(response_header=BRIEF)}),
    Limit("total", sends(path(b"silent"), 504), plane={"terms": Terms(exchange_seconds=BRIEF)}, **faults("proxy", "exchange_timeout")),
    Limit("connections of an address", opens_another, "bfe_client_over_address_limit_total", plane={"terms": Terms(address_connections=1)}),
    Limit("connections", opens_another, "bfe_client_over_limit_total", plane={"terms": Terms(connections=1)}),
]  # fmt: skip


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_a_limit_holds_and_is_counted(limit: Limit):
    async def main() -> None:
        async with (
            running_backend(serve) as backend,
            running_plane([("127.0.0.1", backend.port)], **limit.plane) as plane,
        ):
            async with asyncio.timeout(8):
                await limit.act(plane)
            await settle(plane)
            counted = values(plane, limit.metric)
            assert counted == {limit.labels: 1}
            assert plane.down == []
            assert count(plane, "bfe_backend_failures_total") == (limit.name == "response header")

    run(main())


# --- the least rate: who is not meant


def test_a_body_that_we_do_not_read_is_not_too_slow():
    async def reluctant(backend, reader, writer) -> None:
        await backend.head(reader)
        await asyncio.sleep(5 * HURRIED.grace_seconds)
        while await reader.read(65536):
            pass

    async def main() -> None:
        size = 8 * 1024 * 1024
        async with (
            running_backend(reluctant) as backend,
            running_plane([("127.0.0.1", backend.port)], terms=Terms(least_rate=HURRIED)) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(post(b"Content-Length: %d" % (size + 1), body=b"x" * size))
            async with asyncio.timeout(5):
                await writer.drain()
            assert count(plane, "bfe_client_timeouts_total") == 0
            writer.close()
            await settle(plane)

    run(main())


def test_a_client_that_takes_its_answer_in_steps_is_not_too_slow():
    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with (
            running_backend(serve) as backend,
            running_plane([("127.0.0.1", backend.port)], terms=Terms(least_rate=HURRIED)) as plane,
        ):
            with socket.socket() as raw:
                raw.connect(("127.0.0.1", plane.port))
                raw.setblocking(False)
                await loop.sock_sendall(raw, path(b"endless"))
                # Twice as much as it has to, in steps that are longer than its grace.
                for _ in range(4):
                    step = 0
                    while step < 2 * 0.4 * HURRIED.bytes_per_second:
                        step += len(await loop.sock_recv(raw, 16_384))
                    await asyncio.sleep(0.4)
                assert count(plane, "bfe_client_stalled_total") == 0
            await settle(plane)

    run(main())


# --- the total time: who is not meant, and what has begun


def test_an_event_stream_may_take_longer_than_any_other_exchange():
    async def main() -> None:
        async with (
            running_backend(serve) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], terms=Terms(exchange_seconds=BRIEF)
            ) as plane,
        ):
            answer = await ask(plane.port, path(b"events"))
            assert b"data: last" in answer
            assert answer.endswith(b"0\r\n\r\n")
            await settle(plane)
            assert values(plane, "bfe_tenant_faults_exchanges_total") == {}

    run(main())


def test_an_answer_that_has_begun_is_cut_off_when_its_time_is_up():
    async def main() -> None:
        async with (
            running_backend(serve) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], terms=Terms(exchange_seconds=BRIEF)
            ) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(path(b"stops"))
            await reader.readuntil(b"\r\n\r\nx")
            with pytest.raises(ConnectionError):
                async with asyncio.timeout(5):
                    await reader.read()
            writer.close()
            await settle(plane)
            labels = ("shop", "proxy", "exchange_timeout")
            assert values(plane, "bfe_tenant_faults_exchanges_total") == {labels: 1}

    run(main())
