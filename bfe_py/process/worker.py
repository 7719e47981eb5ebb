"""One worker: an event loop that serves traffic with what the controller sends."""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress

from bfe_py.control import (
    ROUND_SECONDS,
    Alive,
    BackendCameUp,
    BackendsFailing,
    BackendWentDown,
    Channel,
    Claims,
    Down,
    Drop,
    Grants,
    Hello,
    Message,
    Prepare,
    PutParts,
    ReadAll,
    Use,
)
from bfe_py.observe import count_lost_lines
from bfe_py.process.adopting import Adopting
from bfe_py.process.children import EXIT_BAD, EXIT_CUT, EXIT_OK, RETIRE, Links
from bfe_py.process.run import on_signal, run_loop, watch_gate, watch_lifeline
from bfe_py.process.telling import Telling
from bfe_py.server import DataPlane, PlaneOptions

_log = logging.getLogger("bfe.process")

_RETRY_SECONDS = 0.1
_DRAIN_TICK = 0.05
_LEAVE_SECONDS = 0.25
"""What clients that have their answer and were told to close get to do so."""
_GIVE_UP_SECONDS = 1.0
"""How long a worker without any configuration that it can use waits for another."""


class Worker:
    """Owns the data plane of one process and its connection to the controller."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, options: PlaneOptions, links: Links
    ) -> None:
        self._loop = loop
        self._options = options
        self._path = links.controller_path
        self._channel: Channel | None = None
        self._is_stopping: asyncio.Future[int] = loop.create_future()
        self._is_retired = False
        self._is_hurried = False
        self._opened = asyncio.Event()
        self._plane = DataPlane(loop, options, self._tell_down)
        count_lost_lines(self._plane.registry)
        self._telling = Telling(loop, self._plane, options.worker)
        watch_lifeline(loop, links.lifeline, links.controller_path)
        self._adopting = Adopting(self._plane, options.worker, self._cannot_use)
        if not links.is_open and links.gate is not None:
            self._plane.hold()
            watch_gate(loop, links.gate, self._opened.set)
        on_signal(loop, signal.SIGTERM, self._stop)
        on_signal(loop, signal.SIGUSR1, self._plane.reopen_logs)
        on_signal(loop, RETIRE, self._retire)

    async def run(self) -> int:
        """Serve until told to end; answers the exit status."""
        async with asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(self._talk())
            beating = tasks.create_task(self._beat())
            conferring = tasks.create_task(self._confer())
            working = tasks.create_task(self._adopting.follow())
            opening = tasks.create_task(self._accept())
            status = await self._is_stopping
            opening.cancel()
            if not self._plane.is_serving:
                working.cancel()  # else it takes what comes, as long as others wait for that
            if status == EXIT_OK:
                status = await self._leave()
            working.cancel()
            talking.cancel()
            beating.cancel()
            conferring.cancel()
        return status

    async def _accept(self) -> None:
        """Accept clients once the version before does no more."""
        await self._opened.wait()
        await self._plane.accept()

    def _stop(self, status: int = EXIT_OK) -> None:
        if not self._is_stopping.done():
            self._is_stopping.set_result(status)
        elif self._is_retired:
            self._is_hurried = True

    def _retire(self) -> None:
        """Another version accepts by now: leave when every client has what it asked for."""
        if not self._is_stopping.done():
            self._is_retired = True
            self._is_stopping.set_result(EXIT_OK)

    async def _leave(self) -> int:
        """End what goes on here; answers the exit status."""
        if not self._is_retired:
            return await self._drain(self._options.grace)
        plane = self._plane
        plane.drain(is_patient=True)
        await asyncio.sleep(_DRAIN_TICK)  # the loop may have accepted clients that it has not told
        await self._wait_while(
            lambda: plane.is_busy and not self._is_hurried, self._options.leave_seconds
        )
        return await self._drain(self._options.grace if self._is_hurried else 0.0)

    async def _drain(self, grace: float) -> int:
        """Accept no more, let exchanges end; answers the exit status."""
        plane = self._plane
        plane.drain()
        await self._wait_while(lambda: plane.is_busy, grace)
        is_cut = plane.is_busy
        if is_cut:
            plane.cut()
        await self._wait_while(lambda: bool(plane.connections), _LEAVE_SECONDS)
        plane.close()
        return EXIT_CUT if is_cut else EXIT_OK

    async def _wait_while(self, is_so: Callable[[], bool], seconds: float) -> None:
        end = self._loop.time() + seconds
        while is_so() and self._loop.time() < end:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(_DRAIN_TICK)

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
        _, channel = await self._loop.create_unix_connection(
            lambda: Channel(self._received, lambda _: lost.set()), self._path
        )
        try:
            await self._adopting.settled()
            self._channel = channel
            self._adopting.connected()
            channel.send(Hello(self._options.worker, self._options.pid(), self._adopting.version))
            self._plane.health.tell_all()
            await lost.wait()
        finally:
            channel.close()

    async def _beat(self) -> None:
        while True:
            self._send(Alive())
            await asyncio.sleep(self._options.beat_seconds)

    async def _confer(self) -> None:
        """Tell what is to be judged for all workers together."""
        plane = self._plane
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            if self._channel is None:
                continue
            if claims := plane.shares.claims():
                self._send(Claims(claims))
            if failing := plane.health.take_failing():
                self._send(BackendsFailing(failing))

    def _received(self, channel: Channel, message: Message) -> None:
        match message:
            case PutParts() | Prepare() | Use() | Drop():
                self._adopting.received(channel, message)
            case ReadAll(request):
                self._telling.tell(channel, request)
            case BackendWentDown(cluster, sub_cluster, host, port):
                self._plane.health.told_down((cluster, sub_cluster, host, port))
            case BackendCameUp(cluster, sub_cluster, host, port):
                self._plane.health.told_up((cluster, sub_cluster, host, port))
            case Grants(grants):
                channel.send(Claims(self._plane.shares.take(grants), is_answer=True))
            case _:
                _log.warning("unexpected message type=%s", type(message).__name__)

    def _cannot_use(self) -> None:
        if not self._plane.is_serving:
            # Another process may fare better: what is missing may be there by then.
            self._loop.call_later(_GIVE_UP_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if not self._plane.is_serving:
            self._stop(EXIT_BAD)

    def _send(self, message: Message) -> None:
        if self._channel is not None:
            self._channel.send(message)

    def _tell_down(self, down: Down) -> None:
        self._send(BackendWentDown(*down))


def run_worker(options: PlaneOptions, links: Links) -> int:
    """Main function of a worker process; answers its exit status."""

    async def main(loop: asyncio.AbstractEventLoop) -> int:
        return await Worker(loop, options, links).run()

    return run_loop(main)
