"""Heartbeat: ends workers that do not turn any more, so that the parent replaces them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bfe_py.control.fleet import Fleet, Member
from bfe_py.observe import Counters, Family, counter

_log = logging.getLogger("bfe.control")

BEAT_SECONDS = 1.0
"""How often a worker says that it is alive."""

SILENCE_SECONDS = 10.0
"""A worker that says nothing for so long hangs, unless it is configured otherwise."""


class HeartbeatCounters(Counters, prefix="bfe_worker", labels=("worker",)):
    """What became of one worker."""

    hangs: int = counter("Times that a worker hung and was killed.")


class Heartbeat:
    """Watches a fleet.

    Args:
        now: monotonic seconds, of the clock that the fleet goes by.
        kill: ends the process of that number at once.
        is_lost: whether a worker that is not connected runs and could connect.
        seconds: how long a worker may be silent.
    """

    def __init__(  # noqa: PLR0913 - the composition root names them all
        self,
        fleet: Fleet,
        now: Callable[[], float],
        kill: Callable[[int], None],
        is_lost: Callable[[int], bool] = lambda _: False,
        *,
        seconds: float = SILENCE_SECONDS,
        counters: Family[HeartbeatCounters] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._fleet = fleet
        self._now = now
        self._kill = kill
        self._is_lost = is_lost
        self._seconds = seconds
        self._beat = min(BEAT_SECONDS, seconds / 4)
        self._counters = counters or Family(HeartbeatCounters)
        self._sleep = sleep

    async def follow(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            before = self._now()
            await self._sleep(self._beat)
            now = self._now()
            if now - before > 2 * self._beat:
                # It was us who hung: what workers said meanwhile is yet to be read.
                self._fleet.hear_all(now)
                continue
            for member in self._fleet.members:
                if member.pid and now - member.heard > self._seconds:
                    self._judge(member)
                    member.heard = now

    def _judge(self, member: Member) -> None:
        """A worker says nothing; who is not connected may have ended, and have no successor yet."""
        if member.channel is None and not self._is_lost(member.pid):
            return
        _log.error("worker hangs worker=%d pid=%d", member.worker, member.pid)
        self._counters[(str(member.worker),)].hangs += 1
        self._kill(member.pid)
