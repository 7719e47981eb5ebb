"""Pace: what a client connection waits for, how long, and whether it is read."""

import asyncio
from collections.abc import Callable
from enum import Enum

from bfe_py.transport import Deadline


class Waiting(Enum):
    """What the deadline of a connection is for."""

    HEAD = "first request"
    IDLE = "next request"
    REST_OF_HEAD = "rest of a head"
    BODY = "body"
    WRITE = "client to read"
    LINGER = "client to close"
    NOTHING = "nothing"


class Pace:
    """One deadline with its reason, and reading that pauses and resumes."""

    __slots__ = ("_deadline", "_is_paused", "_seconds", "_transport", "waiting")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.Transport,
        expired: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._deadline = Deadline(loop, expired)
        self._is_paused = False
        self._seconds: float | None = None
        self.waiting = Waiting.NOTHING

    def wait(self, waiting: Waiting, seconds: float | None) -> None:
        """Wait for something, at most `seconds`."""
        self.waiting = waiting
        self._seconds = seconds
        self._deadline.set(None if self._is_paused and waiting is Waiting.BODY else seconds)

    def touch(self) -> None:
        """What is waited for moved on: its time begins anew."""
        self._deadline.set(self._seconds)

    def pause(self) -> None:
        """Read no more; a body that nobody reads has no deadline."""
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            if self.waiting is Waiting.BODY:
                self._deadline.set(None)
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._is_paused:
            self._is_paused = False
            if self.waiting is Waiting.BODY:
                self.touch()
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def end(self) -> None:
        """The connection is gone."""
        self._deadline.cancel()
