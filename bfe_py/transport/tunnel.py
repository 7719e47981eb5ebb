"""Tunnel: two connections that are one, for as long as either has something to say.

    client ──received──▶ write ──▶ backend        each way by itself:
      ▲                              │            open ──end of what comes──▶ ended
      └──────── write ◀──received────┘            both ended, or one side lost: both are closed

A side that takes less than it is sent blocks the other one's reading, so that no more waits here
than the transports hold below their marks. The end of what one side sends is passed on as such;
what comes the other way still arrives.
"""

import asyncio
from collections.abc import Callable

from bfe_py.model import TunnelSide
from bfe_py.observe import TunnelCounters
from bfe_py.transport.deadline import Deadline
from bfe_py.transport.eager import Signal


class Tunnel:
    """Bytes from each side to the other, without a look at them.

    `received` and `sent` count those from the client and those to it. Made inside of a running
    loop.

    Args:
        seconds: so long both sides may be silent; then the tunnel ends.
    """

    __slots__ = (
        "_backend",
        "_client",
        "_counters",
        "_deadline",
        "_seconds",
        "_signal",
        "_standing",
        "received",
        "sent",
    )

    def __init__(
        self, client: TunnelSide, backend: TunnelSide, seconds: float, counters: TunnelCounters
    ) -> None:
        loop = asyncio.get_running_loop()
        self._client = client
        self._backend = backend
        self._seconds = seconds
        self._counters = counters
        self._deadline: Deadline[None] = Deadline(loop, self._expired)
        self._signal = Signal(loop)
        self._standing = 2
        self.received = 0
        self.sent = 0

    async def run(self) -> None:
        """Carry bytes until both connections are gone."""
        counters = self._counters
        counters.opened += 1
        counters.active += 1
        self._deadline.set(self._seconds)
        up = _Flow(self._client, self._backend, self._count_received, self._lost)
        down = _Flow(self._backend, self._client, self._count_sent, self._lost)
        up.back, down.back = down, up
        try:
            self._client.open(up)
            self._backend.open(down)
            if not down.is_blocked:
                self._client.resume()
            if not up.is_blocked:
                self._backend.resume()
            while self._standing:
                await self._signal
        finally:
            counters.active -= 1
            self._deadline.cancel()

    def _count_received(self, size: int) -> None:
        self._deadline.set(self._seconds)
        self.received += size
        self._counters.bytes_received += size

    def _count_sent(self, size: int) -> None:
        self._deadline.set(self._seconds)
        self.sent += size
        self._counters.bytes_sent += size

    def _lost(self) -> None:
        self._standing -= 1
        if not self._standing:
            self._signal.give_now()

    def _expired(self) -> None:
        self._counters.idle += 1
        self._client.close()
        self._backend.close()


class _Flow:
    """What comes from the side `near` goes to `far`; `back` is the flow the other way."""

    __slots__ = ("_count", "_far", "_lost", "_near", "back", "has_ended", "is_blocked")

    back: "_Flow"

    def __init__(
        self,
        near: TunnelSide,
        far: TunnelSide,
        count: Callable[[int], None],
        lost: Callable[[], None],
    ) -> None:
        self._near = near
        self._far = far
        self._count = count
        self._lost = lost
        self.has_ended = False
        self.is_blocked = False
        """The side `near` takes no more of what comes the other way."""

    def received(self, piece: bytes) -> None:
        """Bytes for the other side."""
        self._count(len(piece))
        self._far.write(piece)

    def ended(self) -> None:
        """The other side gets no more; both are done once it has nothing to say either."""
        self.has_ended = True
        self._far.end_writing()
        if self.back.has_ended:
            self._near.close()
            self._far.close()

    def blocked(self) -> None:
        """The other side is not read until this one has caught up."""
        self.is_blocked = True
        self._far.pause()

    def unblocked(self) -> None:
        """The other side is read again."""
        self.is_blocked = False
        self._far.resume()

    def lost(self) -> None:
        """Without this side the other one is of no use."""
        self._far.close()
        self._lost()
