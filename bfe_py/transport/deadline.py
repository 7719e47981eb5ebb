"""Deadline: one coarse timer for a connection, re-armed by writing a number."""

import asyncio
import math
from collections.abc import Callable
from typing import Generic, TypeVar

_SLACK = 0.001
R = TypeVar("R")


def _nothing() -> None:
    """What happens when nobody waits any more."""


class Deadline(Generic[R]):
    """Calls `expired` once the deadline that was last set has passed.

    Setting a later deadline costs an assignment: the timer that is already armed finds, when it
    fires, that it is too early and arms itself again.
    """

    __slots__ = ("_at", "_expired", "_loop", "_now", "_timer", "_timer_at", "reason")

    def __init__(self, loop: asyncio.AbstractEventLoop, expired: Callable[[], None]) -> None:
        self._loop = loop
        self._now = loop.time
        self._expired = expired
        self._at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf
        self.reason: R | None = None

    def set(self, seconds: float | None, reason: R | None = None) -> None:
        """Expire in `seconds`, for this `reason`; None: not at all."""
        self.reason = reason
        if seconds is None:
            self._at = None
            return
        now = self._now
        at = self._at = now() + seconds
        if at + _SLACK < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._arm(at)

    def cancel(self) -> None:
        """Never expire again; for the end of the connection, which is let go of."""
        self._at = None
        self._expired = _nothing
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._timer_at = math.inf

    def _arm(self, at: float) -> None:
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._timer_at = math.inf
        at = self._at
        if at is None:
            return
        if self._loop.time() + _SLACK < at:
            self._arm(at)
            return
        self._at = None
        self._expired()
