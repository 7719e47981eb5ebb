"""The controller: configuration to the workers, their numbers to the operator."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from bfe_py.config import render
from bfe_py.control import BEAT_SECONDS, HeartbeatCounters
from bfe_py.manage import Upgraded
from bfe_py.observe import count_lost_lines
from bfe_py.process.asked import Asked
from bfe_py.process.children import CONTROLLER, DRAIN, EXIT_BAD, EXIT_OK, RETIRE, Links
from bfe_py.process.hangs import LOAD_SECONDS
from bfe_py.process.messages import (
    Alive,
    AskUpgrade,
    ControllerHung,
    FromController,
    LoadFailed,
    Ready,
    Reloaded,
    WorkerStarted,
    encode_line,
)
from bfe_py.process.options import first_error
from bfe_py.process.run import on_signal, run_loop, watch_gate, watch_lifeline
from bfe_py.server import ControlOptions, ControlPlane, import_in_steps

_log = logging.getLogger("bfe.process")

_ANSWER_SECONDS = 2.0
"""What clients of the management listener get to take their last answer."""
_TICK = 0.02
_SETTLE_SECONDS = 0.5
"""How long the management listener waits for workers to use their first configuration."""


@dataclass(frozen=True, slots=True)
class ControllerOptions:
    """What the controller is made with.

    `talking` is the socket on which workers connect; `management` that of the management listener;
    `report` takes lines for the operator. The parent is to hear of the controller again and again
    within `silence` seconds.
    """

    control: ControlOptions
    talking: socket.socket
    management: socket.socket | None
    report: Callable[[str], None]
    is_coloured: bool
    silence: float = 10.0


class Controller:
    """Owns the control plane of its process."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, options: ControllerOptions, links: Links
    ) -> None:
        self._loop = loop
        self._options = options
        self._links = links
        self._is_stopping: asyncio.Future[int] = loop.create_future()
        self._is_retired = False
        self._is_leaving = False
        """Workers leave: they are not to be given another configuration."""
        self._taking: set[asyncio.Task[None]] = set()
        """What brings configurations into use."""
        self._opened = asyncio.Event()
        self._settled = asyncio.Event()
        self._asked = Asked(loop)
        watch_lifeline(loop, links.lifeline, links.controller_path)
        on_signal(loop, signal.SIGTERM, self._stop)

    def _stop(self, status: int = EXIT_OK) -> None:
        if not self._is_stopping.done():
            self._is_stopping.set_result(status)

    async def run(self) -> int:
        """Load, watch and answer until told to end; answers the exit status."""
        options = self._options
        async with asyncio.TaskGroup() as tasks:
            plane = ControlPlane(self._loop, tasks, options.control, self)
            count_lost_lines(plane.registry)
            report = await plane.load_first()
            if len(report):
                self._say(render(report, colour=options.is_coloured))
            if not plane.is_loaded:
                self._tell(LoadFailed(first_error(report)))
                return EXIT_BAD
            self._follow_parent(plane)
            server = await self._loop.create_unix_server(
                plane.fleet.make_channel, sock=options.talking
            )
            if self._links.is_open:
                self._opened.set()
            self._take(tasks.create_task(plane.watch()))
            following = [
                tasks.create_task(self._beat()),
                tasks.create_task(self._listen(plane)),
                tasks.create_task(plane.follow_workers()),
            ]
            status = await self._is_stopping
            self._take_no_more()
            if self._is_retired:
                await self._let_finish(plane)
            for task in following:
                task.cancel()
            plane.close()
            server.close()
        return status

    def _follow_parent(self, plane: ControlPlane) -> None:
        """Do what its signals, the gate and the news from it are for."""
        loop, links = self._loop, self._links
        on_signal(loop, signal.SIGHUP, lambda: self._reload(plane))
        on_signal(loop, DRAIN, lambda: self._drain(plane))
        on_signal(loop, RETIRE, lambda: self._retire(plane))
        if links.news is not None:
            self._asked.follow(links.news, plane.registry, partial(self._told, plane))
        if links.gate is not None:
            watch_gate(loop, links.gate, self._opened.set)

    @staticmethod
    def _told(plane: ControlPlane, message: WorkerStarted | ControllerHung) -> None:
        if isinstance(message, WorkerStarted):
            plane.heartbeat.expect(message.worker, message.pid)
        else:
            plane.registry.family(HeartbeatCounters)[CONTROLLER,].hangs += 1

    async def _beat(self) -> None:
        """Tell the parent that the loop turns."""
        silence = self._options.silence
        while True:
            self._tell(Alive(silence))
            await asyncio.sleep(min(BEAT_SECONDS, silence / 4))

    async def _listen(self, plane: ControlPlane) -> None:
        """Answer on the management listener once the version before does no more.

        Workers that wait for their first configuration come first: what the pages need takes longer
        to import than they take to serve. They have a moment, for they may be gone or hang.
        """
        management = self._options.management
        if management is not None and self._links.is_open:
            management.listen()  # who comes meanwhile waits, and is not refused
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_SECONDS):
                await self._settled.wait()
        self.loading()
        for _ in import_in_steps():
            await asyncio.sleep(0)
            self.loading()
        await self._opened.wait()
        if management is not None:
            await plane.management.start(self._loop, management)

    def _reload(self, plane: ControlPlane) -> None:
        if not self._is_leaving:
            self._take(plane.reload_soon(self._reloaded))

    def _take(self, task: asyncio.Task[None]) -> None:
        """Let `task` bring configurations into use as long as workers stay."""
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)
        if self._is_leaving:
            task.cancel()

    def _take_no_more(self) -> None:
        """Begin no rollout, and wait for none: workers that leave do not answer."""
        self._is_leaving = True
        for task in self._taking:
            task.cancel()

    def _drain(self, plane: ControlPlane) -> None:
        self._take_no_more()
        plane.drain()

    def _retire(self, plane: ControlPlane) -> None:
        self._take_no_more()
        self._is_retired = True
        plane.management.retire()

    async def _let_finish(self, plane: ControlPlane) -> None:
        """Wait for the answers at hand; among them may be the one about the upgrade."""
        end = self._loop.time() + _ANSWER_SECONDS
        while plane.management.is_answering and self._loop.time() < end:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(_TICK)

    # --- server.ControlEvents

    def loading(self) -> None:
        """The loop may not turn for a while."""
        self._tell(Alive(LOAD_SECONDS))
        self._loop.call_soon(self._tell, Alive(self._options.silence))

    def ready(self, text: str) -> None:
        """Every worker serves: tell the parent, who tells the operator."""
        self._settled.set()
        self._tell(Ready(text))

    def failed(self, text: str) -> None:
        """A worker cannot use the first configuration: say so, and end."""
        self._say(f"error: {text}")
        self._tell(LoadFailed(text))
        self._stop(EXIT_BAD)

    async def upgrade(self) -> Upgraded:
        """Have another version take over, and say what became of it."""
        number, ended = self._asked.ask()
        self._tell(AskUpgrade(number))
        return await ended

    def _reloaded(self, error: str) -> None:
        self._tell(Reloaded(error))

    def _tell(self, message: FromController) -> None:
        with suppress(OSError):
            os.write(self._links.ready, encode_line(message))

    def _say(self, text: str) -> None:
        with suppress(OSError):  # nobody may be listening
            self._options.report(text)


def run_controller(options: ControllerOptions, links: Links) -> int:
    """Main function of the controller process; answers its exit status."""

    async def main(loop: asyncio.AbstractEventLoop) -> int:
        return await Controller(loop, options, links).run()

    return run_loop(main)
