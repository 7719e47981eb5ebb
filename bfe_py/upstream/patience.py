"""Patience: how long a connection to a backend waits, and whose fault it is if that is in vain."""

import asyncio
from collections.abc import Callable

from bfe_py.model import Fault, Kind
from bfe_py.transport import Deadline, Stall

IDLE_SECONDS = 60.0
"""How long a connection is kept without use, and an attempt without progress."""


def _nothing(_fault: Fault | None) -> None:
    """What happens when nobody waits any more."""


class Patience:
    """One deadline with its reason, and a watch over what the backend does not take.

    `expired` is given the fault of the attempt at hand, None if there is none.
    """

    __slots__ = ("_deadline", "_expired", "_loop", "_stall", "wait")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, expired: Callable[[Fault | None], None]
    ) -> None:
        self._loop = loop
        self._expired = expired
        self._deadline: Deadline[tuple[Kind, str]] = Deadline(loop, self._is_late)
        self.wait = self._deadline.set
        """Wait at most so many seconds from now, None: as long as it takes; and the reason."""
        self._stall: Stall | None = None

    def rest(self) -> None:
        """What was waited for is there; the connection may wait as long again as is left."""
        self._deadline.reason = None

    def watch_writes(self, transport: asyncio.Transport) -> None:
        """More is written than the backend takes: it must take some within `IDLE_SECONDS`."""
        if self._stall is None:
            self._stall = Stall(self._loop, transport, IDLE_SECONDS, self._is_stuck)
        self._stall.watch()

    def rest_writes(self) -> None:
        """The backend takes what is written."""
        if self._stall is not None:
            self._stall.rest()

    def end(self) -> None:
        """The connection is gone."""
        self._deadline.cancel()
        self._expired = _nothing
        if self._stall is not None:
            self._stall.end()

    def _is_late(self) -> None:
        reason = self._deadline.reason
        self._expired(None if reason is None else Fault(*reason, request_sent=True))

    def _is_stuck(self) -> None:
        self._expired(Fault(Kind.WRITE_REQUEST, "no progress", request_sent=True))
