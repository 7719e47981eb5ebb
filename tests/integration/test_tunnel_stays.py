"""What does not end a tunnel: limits of requests, a reload, a listener that drains."""

import asyncio
import gc
import weakref

import pytest

from bfe_py.balance import Timeouts
from bfe_py.downstream import Terms
from bfe_py.model import Exchange
from bfe_py.pipeline import Phase
from tests.kit.answers import in_flight, settle
from tests.kit.plane import (
    FakeBackend,
    make_snapshot,
    run,
    running_backend,
    running_plane,
    until,
)
from tests.kit.upgrades import (
    agree,
    echo,
    upgraded,
    write_until_stuck,
)

pytestmark = pytest.mark.usefixtures("quiet_log")


def test_limits_of_requests_are_none_of_tunnels():
    turns: list[int] = []

    async def flood(backend: FakeBackend, reader, writer) -> None:
        await agree(backend, reader, writer)
        turns.append(await write_until_stuck(writer))
        await writer.drain()
        writer.close()

    async def main() -> None:
        seconds = 0.1
        terms = Terms(
            header_seconds=seconds,
            idle_seconds=seconds,
            body_seconds=seconds,
            write_seconds=seconds,
            requests=1,
        )
        timeouts = Timeouts(connect=1.0, response_header=seconds, read_client_again=seconds)
        async with (
            running_backend(flood) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], terms=terms, timeouts=timeouts, send_buffer=65536
            ) as plane,
        ):
            async with upgraded(plane.port) as client:
                client.reader._limit = 1
                await until(lambda: turns)
                await asyncio.sleep(5 * seconds)
                size = 0
                while piece := await client.reader.read(65536):
                    size += len(piece)
                assert size == turns[0]
            await settle(plane)

    run(main())


def test_a_reload_leaves_a_tunnel_alone_and_the_tunnel_holds_no_old_snapshot():
    class Note:
        """A handler that can be watched."""

        def __init__(self) -> None:
            self.seen: list[Exchange] = []

        def __call__(self, exchange: Exchange) -> None:
            self.seen.append(exchange)

    async def main() -> None:
        old, new = Note(), Note()
        async with (
            running_backend(echo) as backend,
            running_plane([]) as plane,
        ):
            backends = [("127.0.0.1", backend.port)]

            def swap(backends: list[tuple[str, int]], note: Note) -> None:
                handlers = {Phase.FINISH: (note,)}
                plane.store.swap(
                    make_snapshot(backends, plane.live, plane.registry, handlers=handlers)
                )

            swap(backends, old)
            async with upgraded(plane.port) as client:
                assert await client.say(b"before") == b"before"
                swap([], new)
                plane.upstream.retain(frozenset())
                watched = weakref.ref(old)
                del old
                gc.collect()
                assert watched() is None
                assert await client.say(b"after") == b"after"
                assert in_flight(plane) == 1
            await settle(plane)
            assert [exchange.status for exchange in new.seen] == [101]

    run(main())


def test_a_listener_that_drains_leaves_tunnels_alone_until_they_are_cut():
    async def main() -> None:
        async with (
            running_backend(echo) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            async with upgraded(plane.port) as client:
                plane.endpoint.drain()
                assert await client.say(b"still") == b"still"
                (connection,) = plane.endpoint.connections
                assert not connection.is_ending
                connection.abort()
                assert await client.reader.read() == b""
            await settle(plane)

    run(main())
