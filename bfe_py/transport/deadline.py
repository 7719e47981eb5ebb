"""Deadline: one coarse timer for a connection, re-armed by writing a number."""

import asyncio
from collections.abc import Callable

_SLACK = 0.001


class Deadline:
    """Calls `expired` once the deadline that was last set has passed.

    Setting a later deadline costs an assignment: the timer that is already armed finds, when it
    fires, that it is too early and arms itself again.
    """

    __slots__ = ("_at", "_expired", "_loop", "_timer", "_timer_at")

    def __init__(self, loop: asyncio.AbstractEventLoop, expired: Callable[[], None]) -> None:
        self._loop = loop
        self._expired = expired
        self._at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    def set(self, seconds: float | None) -> None:
        """Expire in `seconds`; None: not at all."""
        if seconds is None:
            self._at = None
            return
        at = self._at = self._loop.time() + seconds
        if self._timer is None:
            self._arm(at)
        elif self._timer_at > at + _SLACK:
            self._timer.cancel()
            self._arm(at)

    def cancel(self) -> None:
        """Never expire again; for the end of the connection."""
        self._at = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, at: float) -> None:
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._fire)

    def _fire(self) -> None:
        self._timer = None
        at = self._at
        if at is None:
            return
        if self._loop.time() + _SLACK < at:
            self._arm(at)
            return
        self._at = None
        self._expired()
