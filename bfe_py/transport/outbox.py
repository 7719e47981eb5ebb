"""Outbox: what is written while the loop hands out what it has read leaves together, behind that.

A system that gets bytes for a program that sleeps wakes it, which costs the writer as much as all
the rest of a small exchange. Written one by one, between others' requests, nearly every message
finds its reader asleep again; written in one go, they find it awake.
"""

import asyncio


class Outbox:
    """Messages of this `turn` of the loop, each with the transport to which it will be written.

    Turns are numbered from 1, as far as anything was posted in them.
    """

    __slots__ = ("_loop", "_messages", "turn")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: list[tuple[asyncio.Transport, bytes]] = []
        self.turn = 1

    def post(self, transport: asyncio.Transport, out: bytes) -> int:
        """Write `out` behind the callbacks that are due, in the turn that is answered.

        A transport that is closed before then is sent nothing.
        """
        messages = self._messages
        if not messages:
            self._loop.call_soon(self.flush)
        messages.append((transport, out))
        return self.turn

    def flush(self) -> None:
        """Write what this turn has brought."""
        messages, self._messages = self._messages, []
        self.turn += 1
        for transport, out in messages:
            if not transport.is_closing():
                transport.write(out)
