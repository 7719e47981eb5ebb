"""Time limits on the way, and server-sent events, which are exempt from them.

An event stream may be silent for hours: neither of its sides is late then. Nothing but its client
going away ends it, so that has to be noticed at once.
"""

import asyncio

import pytest

from bfe_py.balance import Timeouts
from bfe_py.downstream import Terms
from tests.kit.answers import count, settle, status
from tests.kit.leaving import LEAVES, Leave
from tests.kit.plane import FakeBackend, run, running_backend, running_plane, until
from tests.kit.wire_rules import get, post

NO_PROGRESS = "bfe_py.upstream.held.IDLE_SECONDS"
"""How long a response may stand still."""

LIMIT, SILENCE = 0.05, 0.3
HURRIED = Terms(header_seconds=LIMIT, idle_seconds=LIMIT, body_seconds=LIMIT, write_seconds=LIMIT)
EVENT = b"data: 1\n\n"

TYPES = [
    b"text/event-stream",
    b"Text/Event-Stream",
    b"text/event-stream; charset=utf-8",
    b"application/sse",
    b"application/x-sse",
]


def streaming(media_type: bytes, silence: float, *, ended: list[bool] | None = None):
    """Sends an event, is silent, sends another one and ends; all in one chunk each."""

    async def script(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: " + media_type + b"\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n9\r\n" + EVENT + b"\r\n"
        )
        try:
            async with asyncio.timeout(silence):
                await reader.read()
            if ended is not None:
                ended.append(True)
        except TimeoutError:
            writer.write(b"9\r\n" + EVENT + b"\r\n0\r\n\r\n")
            await writer.drain()

    return script


async def watch(media_type: bytes, **plane) -> bytes:
    """All that a client gets of a stream that is silent in the middle."""
    async with (
        running_backend(streaming(media_type, SILENCE)) as backend,
        running_plane([("127.0.0.1", backend.port)], **plane) as running,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        try:
            writer.write(get(b"Accept: text/event-stream", b"Connection: close"))
            async with asyncio.timeout(5):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.transport.abort()
            await settle(running)


@pytest.mark.parametrize("media_type", TYPES, ids=lambda name: name.decode())
def test_an_event_stream_may_be_silent_for_longer_than_any_other_response(
    media_type: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(NO_PROGRESS, LIMIT)
    assert run(watch(media_type)).count(EVENT) == 2


@pytest.mark.parametrize("media_type", [b"text/plain", b"text/event-streams", b"application/json"])
def test_any_other_response_that_stands_still_is_cut_off(
    media_type: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(NO_PROGRESS, LIMIT)
    assert not run(watch(media_type)).endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("media_type", TYPES, ids=lambda name: name.decode())
def test_the_limits_of_clients_do_not_end_a_silent_stream(media_type: bytes):
    timeouts = Timeouts(
        connect=1.0,
        response_header=LIMIT,
        read_client=LIMIT,
        write_client=LIMIT,
        read_client_again=LIMIT,
    )
    assert run(watch(media_type, terms=HURRIED, timeouts=timeouts)).count(EVENT) == 2


@pytest.mark.parametrize("leave", LEAVES, ids=lambda leave: leave.__name__)
def test_a_client_that_leaves_a_silent_stream_ends_it_at_once(leave: Leave):
    ended: list[bool] = []

    async def main() -> None:
        script = streaming(b"text/event-stream", 1.0, ended=ended)
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(get(b"Accept: text/event-stream"))
            await reader.readuntil(EVENT)
            leave(writer)
            await settle(plane)
            assert count(plane, "bfe_upstream_cancelled_total") == 1
            assert count(plane, "bfe_backend_failures_total") == 0

    run(main())
    assert ended == [True]


def test_every_event_is_passed_on_as_it_comes():
    async def script(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for _ in range(5):
            writer.write(EVENT)
            await backend.turns.get()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            backend.turns = asyncio.Queue()
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(get(b"Connection: close"))
            async with asyncio.timeout(5):
                for _ in range(5):
                    await reader.readuntil(EVENT)
                    backend.turns.put_nowait(None)  # only now the backend goes on
                assert (await reader.read()).endswith(b"0\r\n\r\n")
            writer.close()
            await settle(plane)

    run(main())


# --- limits that a cluster sets for its clients


def test_a_cluster_limits_the_time_for_a_body():
    async def silent(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        await reader.read()

    async def main() -> None:
        timeouts = Timeouts(connect=1.0, read_client=LIMIT)
        async with (
            running_backend(silent) as backend,
            running_plane([("127.0.0.1", backend.port)], timeouts=timeouts) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            try:
                writer.write(post(b"Content-Length: 100", body=b"x"))
                await until(lambda: backend.heads)
                async with asyncio.timeout(1):
                    assert status(await reader.read()) == 408
            finally:
                writer.transport.abort()
                await settle(plane)

    run(main())


def test_a_cluster_limits_the_time_to_take_a_response():
    async def endless(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async def main() -> None:
        timeouts = Timeouts(connect=1.0, write_client=LIMIT)
        async with (
            running_backend(endless) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], timeouts=timeouts, send_buffer=4096
            ) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port, limit=1)
            try:
                writer.transport.pause_reading()
                writer.write(get())
                await until(lambda: plane.endpoint.connections)
                (connection,) = plane.endpoint.connections
                async with asyncio.timeout(1):
                    while connection in plane.endpoint.connections:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
            finally:
                writer.transport.abort()
                await settle(plane)

    run(main())
