"""WriteGate: waits while a transport holds more than its high-water mark."""

import asyncio

from bfe_py.model import Fault
from bfe_py.transport.eager import Signal


class WriteGate:
    """Open or shut; whoever wants to send more waits at it."""

    __slots__ = ("_fault", "_loop", "_waiters", "is_blocked")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiters: list[Signal] = []
        self._fault: Fault | None = None
        self.is_blocked = False

    def shut(self) -> None:
        """The transport is above its high-water mark."""
        self.is_blocked = True

    def open(self) -> None:
        """The transport is below its low-water mark again; has no effect on one that is gone.

        Whoever waits goes on before this returns.
        """
        if self._fault is None:
            self.is_blocked = False
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                waiter.give_now()

    def fail(self, fault: Fault) -> None:
        """The connection is gone: everybody who waits or will wait gets `fault`."""
        if self._fault is None:
            self._fault = fault
        self.is_blocked = True
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.give()

    async def wait(self) -> None:
        """Wait until it is open.

        Raises:
            Fault: the connection is gone.
        """
        while self.is_blocked:
            if self._fault is not None:
                raise self._fault
            waiter = Signal(self._loop)
            self._waiters.append(waiter)
            await waiter
