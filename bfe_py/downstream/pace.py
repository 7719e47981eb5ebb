"""Pace: what a client connection waits for, how long, and whether it is read."""

import asyncio
from collections.abc import Callable
from enum import Enum

from bfe_py.transport import Deadline, Stall


class Waiting(Enum):
    """What the deadline of a connection is for."""

    HEAD = "first request"
    IDLE = "next request"
    REST_OF_HEAD = "rest of a head"
    BODY = "body"
    END = "client to close"
    NOTHING = "nothing"


class Pace:
    """What the client owes us has a deadline with its reason; what it does not take is watched.

    Reading pauses (`is_paused`) and resumes, and a body that nobody reads has no deadline.

    Args:
        expired: the deadline has passed.
        write_seconds: so long a client may take nothing of what is written; then it is `stalled`.
    """

    __slots__ = (
        "_deadline",
        "_loop",
        "_seconds",
        "_stall",
        "_stalled",
        "_transport",
        "_write_seconds",
        "is_paused",
        "waiting",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.Transport,
        expired: Callable[[], None],
        write_seconds: float,
        stalled: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._transport = transport
        self._deadline = Deadline(loop, expired)
        self._write_seconds = write_seconds
        self._stalled = stalled
        self._stall: Stall | None = None
        self.is_paused = False
        self._seconds: float | None = None
        self.waiting = Waiting.NOTHING

    def wait(self, waiting: Waiting, seconds: float | None) -> None:
        """Wait for something, at most `seconds`."""
        self.waiting = waiting
        self._seconds = seconds
        self._deadline.set(None if self.is_paused and waiting is Waiting.BODY else seconds)

    def touch(self) -> None:
        """What is waited for moved on: its time begins anew."""
        self._deadline.set(self._seconds)

    def pause(self) -> None:
        """Read no more; a body that nobody reads has no deadline."""
        if not self.is_paused and not self._transport.is_closing():
            self.is_paused = True
            if self.waiting is Waiting.BODY:
                self._deadline.set(None)
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self.is_paused and not self._transport.is_closing():
            self.is_paused = False
            if self.waiting is Waiting.BODY:
                self.touch()
            self._transport.resume_reading()

    def watch_writes(self) -> None:
        """There is something to write that the client has to take."""
        if self._stall is None:
            self._stall = Stall(self._loop, self._transport, self._write_seconds, self._stalled)
        self._stall.watch()

    def rest_writes(self) -> None:
        """It has caught up; there may be more at the end of the connection, which has to go out."""
        if self._stall is not None and self.waiting is not Waiting.END:
            self._stall.rest()

    def end(self) -> None:
        """The connection is gone."""
        self._deadline.cancel()
        if self._stall is not None:
            self._stall.end()
