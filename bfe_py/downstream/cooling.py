"""Cooling: connections that are not used let go of what they only know to be quick.

A client that keeps its connection repeats itself, so its fields as they came and what followed from
them are kept with the connection. Of ten thousand clients that wait that is most of the memory.
"""

import asyncio
from typing import Protocol

_SECONDS = 1.0
_STEP_SECONDS = 0.005
_STEP = 200
"""Connections that are looked at without a pause."""


class Warm(Protocol):
    """A connection that knows its client."""

    def cool(self) -> bool:
        """Whether it has let go of what it knew: it was not used since it was last asked."""


class Cooling:
    """The connections that know their clients; each is asked about once a second."""

    __slots__ = ("_loop", "_timer", "_unasked", "_warm")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._warm: set[Warm] = set()
        self._unasked: list[Warm] = []
        self._timer: asyncio.TimerHandle | None = None

    def warm(self, one: Warm) -> None:
        """`one` begins to know its client."""
        self._warm.add(one)
        if self._timer is None:
            self._timer = self._loop.call_later(_SECONDS, self._begin)

    def lose(self, one: Warm) -> None:
        """`one` is gone."""
        self._warm.discard(one)

    def _begin(self) -> None:
        self._unasked, self._warm = list(self._warm), set()
        self._step()

    def _step(self) -> None:
        unasked, warm = self._unasked, self._warm
        for _ in range(min(len(unasked), _STEP)):
            one = unasked.pop()
            if not one.cool():
                warm.add(one)
        if unasked:
            self._timer = self._loop.call_later(_STEP_SECONDS, self._step)
        elif warm:
            self._timer = self._loop.call_later(_SECONDS, self._begin)
        else:
            self._timer = None
