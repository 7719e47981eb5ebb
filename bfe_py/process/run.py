"""What children share: an event loop with signals and the lifeline."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import uvloop

from bfe_py.process.folders import LOCK


def run_loop(main: Callable[[asyncio.AbstractEventLoop], Awaitable[int]]) -> int:
    """Run `main` on a new uvloop; answers what it answers."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main(loop))
    finally:
        with suppress(RuntimeError):
            loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def watch_lifeline(loop: asyncio.AbstractEventLoop, lifeline: int, path: str) -> None:
    """End this process at once when the parent is gone, which cannot remove the socket at `path`
    and its folder any more. If the kernel is faster to end this process the next start does it."""
    loop.add_reader(lifeline, _parent_gone, lifeline, path)


def _parent_gone(lifeline: int, path: str) -> None:
    if not os.read(lifeline, 1):
        with suppress(OSError):  # others do the same
            Path(path).unlink(missing_ok=True)
            Path(path).with_name(LOCK).unlink(missing_ok=True)
            Path(path).parent.rmdir()
        os._exit(1)


def watch_gate(loop: asyncio.AbstractEventLoop, gate: int, opened: Callable[[], None]) -> None:
    """Call `opened` once clients may be accepted."""

    def pass_on() -> None:
        loop.remove_reader(gate)
        opened()

    loop.add_reader(gate, pass_on)


def on_signal(
    loop: asyncio.AbstractEventLoop, number: signal.Signals, act: Callable[[], None]
) -> None:
    """Call `act` in the loop at each signal `number`."""
    loop.add_signal_handler(number, act)
