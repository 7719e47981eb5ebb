"""Stall: notices a peer that takes nothing of what is written to it."""

import asyncio
import socket
from collections.abc import Callable

from bfe_py.transport.deadline import Deadline

_BYTES_ACKNOWLEDGED = slice(120, 128)
"""Where `struct tcp_info` of Linux has `tcpi_bytes_acked`."""


class Stall:
    """Calls `stalled` when a transport has something to send and its peer takes none of it.

    Watching ends when `rest` is called, or by itself once nothing is left to send.

    Args:
        seconds: without a byte taken.
    """

    __slots__ = ("_deadline", "_is_watching", "_seconds", "_stalled", "_taken", "_transport")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.Transport,
        seconds: float,
        stalled: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._seconds = seconds
        self._stalled = stalled
        self._deadline = Deadline(loop, self._check)
        self._is_watching = False
        self._taken = 0

    def watch(self) -> None:
        """Watch from now on, if not already."""
        if not self._is_watching:
            self._is_watching = True
            self._taken = bytes_taken(self._transport)
            self._deadline.set(self._seconds)

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
        taken = bytes_taken(self._transport)
        if taken > self._taken:
            self._taken = taken
            self._deadline.set(self._seconds)
        else:
            self._is_watching = False
            self._stalled()


def bytes_taken(transport: asyncio.Transport) -> int:
    """A number that grows as the peer takes what was written; only its growth means something."""
    raw = transport.get_extra_info("socket")
    try:
        told = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKNOWLEDGED.stop)
    except (AttributeError, OSError):
        # No TCP: what the transport still holds tells as much, unless more is written meanwhile.
        return -transport.get_write_buffer_size()
    return int.from_bytes(told[_BYTES_ACKNOWLEDGED], "little")
