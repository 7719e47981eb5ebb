"""Pace: what a client connection waits for, how long, and whether it is read."""

import asyncio
from collections.abc import Callable
from enum import Enum

from bfe_py.downstream.overdue import Answer, Ends, Overdue
from bfe_py.downstream.terms import Terms
from bfe_py.model import Session
from bfe_py.transport import Deadline, Progress, Stall


class Waiting(Enum):
    """What the deadline of a connection is for."""

    HEAD = "first request"
    IDLE = "next request"
    REST_OF_HEAD = "rest of a head"
    BODY = "body"
    TAKING = "client to take what is written"
    END = "client to close"
    NOTHING = "nothing"


def _nothing() -> None:
    """What happens when nobody waits any more."""


class Pace:
    """What the client owes us has a deadline with its reason; what it does not take is watched.

    A body, and what is written, has to move on at the least rate besides. Reading pauses
    (`is_paused`) and resumes, and a body that nobody reads has no deadline.

    Args:
        expired: the deadline has passed, or the client is too slow.
        session: counts what is read, and says what the cluster in use grants.
    """

    __slots__ = (
        "_deadline",
        "_expired",
        "_loop",
        "_overdue",
        "_progress",
        "_received",
        "_seconds",
        "_session",
        "_set",
        "_stall",
        "_terms",
        "_transport",
        "is_paused",
        "waiting",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.Transport,
        expired: Callable[[], None],
        terms: Terms,
        session: Session,
    ) -> None:
        self._loop = loop
        self._transport = transport
        self._expired = expired
        self._terms = terms
        self._session = session
        self._deadline: Deadline[None] = Deadline(loop, self._is_late)
        self._set = self._deadline.set
        self._progress: Progress | None = None
        self._received = 0
        self._stall: Stall | None = None
        self._overdue: Overdue | None = None
        self.is_paused = False
        self._seconds: float | None = None
        self.waiting = Waiting.NOTHING

    def wait(self, waiting: Waiting, seconds: float | None) -> None:
        """Wait for something other than a body, at most `seconds`."""
        self.waiting = waiting
        self._seconds = seconds
        self._set(seconds)

    def touch(self) -> None:
        """What is waited for moved on: its time begins anew."""
        self._deadline.set(self._seconds)

    def wait_body(self, *, is_asked_for: bool = True) -> None:
        """Wait for a body; one that may wait to be asked for is given time for that as well."""
        self.waiting = Waiting.BODY
        self._received = self._session.bytes_read
        if self.is_paused:
            self._deadline.set(None)
        else:
            self._await_body(0.0 if is_asked_for else self._body_seconds)

    def renew_body(self) -> None:
        """What is granted for a body may have changed: if it is waited for, that begins anew."""
        if self.waiting is Waiting.BODY:
            self.wait_body()

    def limit_exchange(self, task: Ends, answer: Answer) -> None:
        """The exchange at hand has to be over in time."""
        if self._overdue is None:
            self._overdue = Overdue(self._loop)
        self._overdue.watch(task, answer, self._terms.exchange_seconds)

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
                self._await_body()
            self._transport.resume_reading()

    def watch_writes(self) -> None:
        """What is left to write, if anything, the client has to take."""
        if not self._transport.get_write_buffer_size():
            return
        stall = self._stall
        if stall is None:
            terms = self._terms
            seconds, rate = terms.write_seconds, terms.least_rate
            stall = Stall(self._loop, self._transport, seconds, self._is_stuck, rate)
            self._stall = stall
        if self._session.write_seconds is not None:
            stall.seconds = self._session.write_seconds
        stall.watch()

    def rest_writes(self) -> None:
        """It has caught up; there may be more at the end of the connection, which has to go out."""
        if self._stall is not None and self.waiting is not Waiting.END:
            self._stall.rest()

    def end(self) -> None:
        """The connection is gone, and let go of: nothing of it holds another part in a circle."""
        self._deadline.cancel()
        self._expired = _nothing
        if self._stall is not None:
            self._stall.end()
        if self._overdue is not None:
            self._overdue.end()

    @property
    def _body_seconds(self) -> float:
        seconds = self._session.read_seconds
        return self._terms.body_seconds if seconds is None else seconds

    def _await_body(self, grants: float = 0.0) -> None:
        now, moved, seconds = self._loop.time(), self._newly_received(), self._body_seconds
        progress = self._progress
        if progress is None:
            progress = self._progress = Progress(self._terms.least_rate)
        self._deadline.set(progress.begin(now, seconds, moved=moved, grants=grants))

    def _newly_received(self) -> int:
        """Bytes since this was last asked."""
        before, self._received = self._received, self._session.bytes_read
        return self._received - before

    def _is_late(self) -> None:
        if self.waiting is Waiting.BODY and self._progress is not None:
            now, moved = self._loop.time(), self._newly_received()
            left = self._progress.look(now, moved, self._body_seconds)
            if left:
                self._deadline.set(left)
                return
        self._expired()

    def _is_stuck(self) -> None:
        self.waiting = Waiting.TAKING
        self._expired()
