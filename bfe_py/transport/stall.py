"""Stall: notices a peer that takes nothing of what is written to it, or less than it has to."""

import asyncio
import socket
from collections.abc import Callable

from bfe_py.transport.deadline import Deadline
from bfe_py.transport.progress import NO_RATE, LeastRate, Progress

_BYTES_ACKNOWLEDGED = slice(120, 128)
"""Where `struct tcp_info` of Linux has `tcpi_bytes_acked`."""

_UNREAD = 4096
"""Bytes that the system of any peer takes by itself: they say nothing of who should read them."""


class Stall:
    """Calls `stalled` when a transport has something to send and its peer takes too little of it.

    Watching ends when `rest` is called, or by itself once nothing is left to send.

    Args:
        seconds: without a byte taken; may be set anew before `watch`.
        rate: how fast bytes have to be taken.
    """

    __slots__ = (
        "_deadline",
        "_is_watching",
        "_loop",
        "_progress",
        "_stalled",
        "_taken",
        "_transport",
        "seconds",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.Transport,
        seconds: float,
        stalled: Callable[[], None],
        rate: LeastRate = NO_RATE,
    ) -> None:
        self._loop = loop
        self._transport = transport
        self._stalled = stalled
        self._deadline: Deadline[None] = Deadline(loop, self._check)
        self._progress = Progress(rate, free=_UNREAD)
        self._is_watching = False
        self._taken = 0
        self.seconds = seconds

    def watch(self) -> None:
        """Watch from now on, if not already."""
        if not self._is_watching:
            self._is_watching = True
            now, moved = self._loop.time(), self._newly_taken()
            self._deadline.set(self._progress.begin(now, self.seconds, moved=moved))

    def rest(self) -> None:
        """Watch no longer."""
        self._is_watching = False
        self._deadline.set(None)

    def end(self) -> None:
        """The connection is gone."""
        self._deadline.cancel()

    def _check(self) -> None:
        if not self._transport.get_write_buffer_size():
            self._is_watching = False
            return
        left = self._progress.look(self._loop.time(), self._newly_taken(), self.seconds)
        if left:
            self._deadline.set(left)
        else:
            self._is_watching = False
            self._stalled()

    def _newly_taken(self) -> int:
        """Bytes since this was last asked."""
        before, self._taken = self._taken, bytes_taken(self._transport)
        return max(self._taken - before, 0)


def bytes_taken(transport: asyncio.Transport) -> int:
    """A number that grows as the peer takes what was written; only its growth means something."""
    raw = transport.get_extra_info("socket")
    try:
        told = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKNOWLEDGED.stop)
    except (AttributeError, OSError):
        # No TCP: what the transport still holds tells as much, unless more is written meanwhile.
        return -transport.get_write_buffer_size()
    return int.from_bytes(told[_BYTES_ACKNOWLEDGED], "little")
