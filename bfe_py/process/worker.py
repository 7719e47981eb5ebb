"""One worker: an event loop that serves traffic with what the controller sends."""

import asyncio
import logging
import signal
from contextlib import suppress

from bfe_py.control import (
    Applied,
    BackendCameUp,
    BackendReading,
    BackendWentDown,
    Channel,
    Configure,
    Hello,
    Message,
    ReadAll,
    ReadingTaken,
)
from bfe_py.process.parent import EXIT_CUT, EXIT_OK, Links
from bfe_py.process.run import on_signal, run_loop, watch_lifeline
from bfe_py.server import DataPlane, DownBackend, PlaneOptions

_log = logging.getLogger("bfe.process")

_RETRY_SECONDS = 0.1
_DRAIN_TICK = 0.05


class Worker:
    """Owns the data plane of one process and its connection to the controller."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, options: PlaneOptions, links: Links
    ) -> None:
        self._loop = loop
        self._options = options
        self._path = links.controller_path
        self._channel: Channel | None = None
        self._generation = 0
        self._is_stopping = loop.create_future()
        self._arrived: asyncio.Queue[Message] = asyncio.Queue()
        self._plane = DataPlane(loop, options, self._backend_down)
        watch_lifeline(loop, links.lifeline)
        on_signal(loop, signal.SIGTERM, self._stop)
        on_signal(loop, signal.SIGUSR1, self._plane.reopen_logs)

    async def run(self) -> int:
        """Serve until told to end; answers the exit status."""
        async with asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(self._talk())
            working = tasks.create_task(self._work())
            await self._is_stopping
            talking.cancel()
            working.cancel()
        return await self._drain()

    def _stop(self) -> None:
        if not self._is_stopping.done():
            self._is_stopping.set_result(None)

    async def _drain(self) -> int:
        """Accept no more, let exchanges end; answers the exit status."""
        self._plane.drain()
        end = self._loop.time() + self._options.grace
        while self._plane.connections and self._loop.time() < end:  # noqa: ASYNC110 - no event
            await asyncio.sleep(_DRAIN_TICK)
        is_cut = bool(self._plane.connections)
        self._plane.close()
        return EXIT_CUT if is_cut else EXIT_OK

    # --- the controller

    async def _talk(self) -> None:
        """Keep a connection to the controller; serve on while it is away."""
        while True:
            with suppress(OSError):
                await self._talk_once()
            self._channel = None
            await asyncio.sleep(_RETRY_SECONDS)

    async def _talk_once(self) -> None:
        lost = asyncio.Event()
        _, self._channel = await self._loop.create_unix_connection(
            lambda: Channel(
                lambda _, message: self._arrived.put_nowait(message), lambda _: lost.set()
            ),
            self._path,
        )
        self._channel.send(Hello(self._options.worker, self._options.pid()))
        await lost.wait()

    async def _work(self) -> None:
        while True:
            await self._handle(await self._arrived.get())

    async def _handle(self, message: Message) -> None:
        match message:
            case Configure(generation, tree):
                error = await self._plane.apply(tree)
                if error:
                    _log.error("configuration refused generation=%d error=%s", generation, error)
                else:
                    self._generation = generation
                self._send(Applied(self._options.worker, generation, error))
            case ReadAll(request):
                reading = self._plane.registry.read()
                backends = [BackendReading(*backend) for backend in self._plane.backends()]
                self._send(ReadingTaken(self._options.worker, request, reading, backends))
            case BackendCameUp(cluster, sub_cluster, host, port):
                self._plane.backend_up(cluster, sub_cluster, host, port)
            case _:
                _log.warning("unexpected message type=%s", type(message).__name__)

    def _send(self, message: Message) -> None:
        if self._channel is not None:
            self._channel.send(message)

    def _backend_down(self, down: DownBackend) -> None:
        self._send(BackendWentDown(down.cluster, down.sub_cluster, down.host, down.port))


def run_worker(options: PlaneOptions, links: Links) -> int:
    """Main function of a worker process; answers its exit status."""

    async def main(loop: asyncio.AbstractEventLoop) -> int:
        return await Worker(loop, options, links).run()

    return run_loop(main)
