"""Heartbeat: ends workers that do not turn any more, so that the parent replaces them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bfe_py.control.fleet import Fleet

_log = logging.getLogger("bfe.control")

BEAT_SECONDS = 1.0
"""How often a worker says that it is alive."""

SILENCE_SECONDS = 10.0
"""A worker that says nothing for so long hangs."""


class Heartbeat:
    """Watches a fleet.

    Args:
        now: monotonic seconds, of the clock that the fleet goes by.
        kill: ends the process of that number at once.
    """

    def __init__(
        self,
        fleet: Fleet,
        now: Callable[[], float],
        kill: Callable[[int], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._fleet = fleet
        self._now = now
        self._kill = kill
        self._sleep = sleep

    async def follow(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            before = self._now()
            await self._sleep(BEAT_SECONDS)
            now = self._now()
            if now - before > 2 * BEAT_SECONDS:
                # It was us who hung: what workers said meanwhile is yet to be read.
                self._fleet.hear_all(now)
                continue
            for member in self._fleet.present:
                if now - member.heard > SILENCE_SECONDS:
                    _log.error("worker hangs worker=%d pid=%d", member.worker, member.pid)
                    self._kill(member.pid)
                    member.heard = now
