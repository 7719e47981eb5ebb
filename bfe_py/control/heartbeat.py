"""Heartbeat: ends workers that do not turn any more, so that the parent replaces them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bfe_py.control.fleet import Fleet
from bfe_py.control.member import Member
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
        self._expected: dict[int, tuple[int, float]] = {}
        """Workers that are yet to join: their process, and since when it is waited for."""

    def expect(self, worker: int, pid: int) -> None:
        """Process `pid` was started as this worker, and is to join."""
        self._expected[worker] = pid, self._now()

    async def follow(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            before = self._now()
            await self._sleep(self._beat)
            now = self._now()
            if now - before > 2 * self._beat:
                # It was us who hung: what workers said meanwhile is yet to be read.
                self._fleet.hear_all(now)
                self._expected = {who: (pid, now) for who, (pid, _) in self._expected.items()}
                continue
            for member in self._fleet.members:
                self._look(member, now)

    def _look(self, member: Member, now: float) -> None:
        pid, since = self._expected.get(member.worker, (0, now))
        if pid and pid != member.pid:
            if now - since > self._seconds:
                self._expected[member.worker] = pid, now
                if self._is_lost(pid):
                    self._end(member.worker, pid)
                else:
                    del self._expected[member.worker]
            return
        self._expected.pop(member.worker, None)
        if member.pid and now - member.heard > self._seconds:
            member.heard = now
            # Who is not connected may have ended, and have no successor yet.
            if member.channel is not None or self._is_lost(member.pid):
                self._end(member.worker, member.pid)

    def _end(self, worker: int, pid: int) -> None:
        _log.error("worker hangs worker=%d pid=%d", worker, pid)
        self._counters[(str(worker),)].hangs += 1
        self._kill(pid)
