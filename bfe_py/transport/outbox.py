"""Outbox: what is written while the loop hands out what it has read leaves together, behind that.

A system that gets bytes for a program that sleeps wakes it, which costs the writer as much as all
the rest of a small exchange. Written one by one, between others' requests, nearly every message
finds its reader asleep again; written in one go, they find it awake.
"""

import asyncio
from typing import Protocol


class Held(Protocol):
    """Who has something to write."""

    def flush(self) -> None:
        """Write it."""


class Outbox:
    """Who has something to write in this turn of the loop."""

    __slots__ = ("_held", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._held: list[Held] = []

    def hold(self, one: Held) -> None:
        """Have `one` flush behind the callbacks that are due."""
        held = self._held
        if not held:
            self._loop.call_soon(self.flush)
        held.append(one)

    def flush(self) -> None:
        """Have everybody write what they have."""
        held, self._held = self._held, []
        for one in held:
            one.flush()
