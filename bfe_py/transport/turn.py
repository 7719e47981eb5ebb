"""Turn: what one turn of the event loop brings is worked on in batches, by kind of work.

Everything that came in is read, then what is to be said is written, then what is over is finished.
One after the other, each kind of work finds the memory of the processor full of the others'; and a
system that gets bytes for a program that sleeps wakes it, which costs the writer as much as all the
rest of a small exchange. Written in one go, nearly all messages find their readers awake.
"""

import asyncio
from typing import Protocol


class Reader(Protocol):
    """Who has received something."""

    def read(self) -> None:
        """Work on what came."""

    def abort(self) -> None:
        """End, for that has failed."""


class Over(Protocol):
    """What is over but for the work behind it."""

    def finish(self) -> None:
        """Do that work."""


class Turn:
    """The work of the turn at hand; `number` counts those in which something was written, from 1.

    All of it is done behind the callbacks that are due, before the loop asks for more.
    """

    __slots__ = ("_is_due", "_loop", "_messages", "_over", "_readers", "number")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._is_due = False
        self._readers: list[Reader] = []
        self._messages: list[tuple[asyncio.Transport, bytes]] = []
        self._over: list[Over] = []
        self.number = 1

    def take(self, reader: Reader) -> None:
        """Have `reader` read."""
        if not self._is_due:
            self._begin()
        self._readers.append(reader)

    def post(self, transport: asyncio.Transport, out: bytes) -> int:
        """Write `out` behind all that is read; the number of the turn in which that will be.

        A transport that is closed before then is sent nothing.
        """
        if not self._is_due:
            self._begin()
        self._messages.append((transport, out))
        return self.number

    def finish(self, one: Over) -> None:
        """Finish `one` behind all that is written."""
        if not self._is_due:
            self._begin()
        self._over.append(one)

    def flush(self) -> None:
        """Write at once what was posted."""
        messages, self._messages = self._messages, []
        self.number += 1
        for transport, out in messages:
            if not transport.is_closing():
                transport.write(out)

    def _begin(self) -> None:
        self._is_due = True
        self._loop.call_soon(self._run)

    def _run(self) -> None:
        while self._readers:
            readers, self._readers = self._readers, []
            for reader in readers:
                try:
                    reader.read()
                except Exception as error:
                    self._failed(reader, error)
        self._is_due = False  # what follows may bring more
        self.flush()
        over, self._over = self._over, []
        for one in over:
            one.finish()

    def _failed(self, reader: Reader, error: Exception) -> None:
        context = {"message": "reading failed", "exception": error, "protocol": reader}
        self._loop.call_exception_handler(context)
        reader.abort()
