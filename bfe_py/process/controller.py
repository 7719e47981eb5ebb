"""The controller: configuration to the workers, their numbers to the operator."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from bfe_py.config import render
from bfe_py.process.children import EXIT_BAD, EXIT_OK, Links, Ready
from bfe_py.process.run import on_signal, run_loop, watch_lifeline
from bfe_py.server import ControlOptions, ControlPlane

_log = logging.getLogger("bfe.process")


@dataclass(frozen=True, slots=True)
class ControllerOptions:
    """What the controller is made with.

    `talking` is the socket on which workers connect; `management` that of the management listener;
    `report` takes lines for the operator.
    """

    control: ControlOptions
    talking: socket.socket
    management: socket.socket | None
    report: Callable[[str], None]
    is_coloured: bool


class Controller:
    """Owns the control plane of its process."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, options: ControllerOptions, links: Links
    ) -> None:
        self._loop = loop
        self._options = options
        self._links = links
        self._is_stopping: asyncio.Future[int] = loop.create_future()
        watch_lifeline(loop, links.lifeline)
        on_signal(loop, signal.SIGTERM, self._stop)

    def _stop(self, status: int = EXIT_OK) -> None:
        if not self._is_stopping.done():
            self._is_stopping.set_result(status)

    async def run(self) -> int:
        """Load, watch and answer until told to end; answers the exit status."""
        options = self._options
        async with asyncio.TaskGroup() as tasks:
            plane = ControlPlane(self._loop, tasks, options.control, self)
            report = await plane.load_first()
            if len(report):
                self._say(render(report, colour=options.is_coloured))
            if not plane.is_loaded:
                return EXIT_BAD
            on_signal(self._loop, signal.SIGHUP, plane.reload_soon)
            on_signal(self._loop, signal.SIGUSR2, plane.drain)
            server = await self._loop.create_unix_server(
                plane.fleet.make_channel, sock=options.talking
            )
            if options.management is not None:
                await plane.listen(options.management)
            following = [
                tasks.create_task(plane.watch()),
                tasks.create_task(plane.follow_workers()),
            ]
            status = await self._is_stopping
            for task in following:
                task.cancel()
            plane.close()
            server.close()
        return status

    # --- server.ControlEvents

    def ready(self, text: str) -> None:
        """Every worker serves: tell the parent, who tells the operator."""
        with suppress(OSError):
            os.write(self._links.ready, msgspec.msgpack.encode(Ready(text)))

    def failed(self, text: str) -> None:
        """A worker cannot use the first configuration: say so, and end."""
        self._say(f"error: {text}")
        self._stop(EXIT_BAD)

    def _say(self, text: str) -> None:
        with suppress(OSError):  # nobody may be listening
            self._options.report(text)


def run_controller(options: ControllerOptions, links: Links) -> int:
    """Main function of the controller process; answers its exit status."""

    async def main(loop: asyncio.AbstractEventLoop) -> int:
        return await Controller(loop, options, links).run()

    return run_loop(main)
