"""Garbage: old snapshots and the cyclic collector, kept out of requests.

Snapshots have no cycles, so they go with their last reference; a large one takes long to go, so it
is let go in steps. The collector runs over young objects as it pleases. Full collections, which
look at every object there is, happen while nobody asks for anything; under load only when much has
gathered. In such a moment behind a reload everything is frozen anew: no collection looks at it
until the next time, when also what was frozen and died in a cycle since is found (connections do).
"""

import asyncio
import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

_TICK_SECONDS = 1.0
_YOUNG = 2_000
_MIDDLE = 10
_NEVER = 1_000_000
"""Thresholds of the collector: for the last one it would take billions of objects."""
_MUCH = 100
"""Collections of the middle generation behind which a full one does not wait for quiet."""
_LONGEST_SECONDS = 60.0
"""The longest that everything waits for quiet to be frozen anew."""
_STEP_SECONDS = 0.005
_STEP_PARTS = 50
_MOST_STEPS = 2000
"""With more parts than would go in so many steps, more go in each."""


class Collector(Protocol):
    """What is used of the module `gc`."""

    def set_threshold(self, threshold0: int, threshold1: int, threshold2: int, /) -> None:
        """When each generation is collected."""

    def get_threshold(self) -> tuple[int, int, int]:
        """What was set."""

    def get_count(self) -> tuple[int, int, int]:
        """How far each generation is from its threshold."""

    def collect(self) -> int:
        """A full collection."""

    def disable(self) -> None:
        """Collect nothing."""

    def enable(self) -> None:
        """Collect again."""

    def freeze(self) -> None:
        """Look no more at what there is."""

    def unfreeze(self) -> None:
        """Look at everything again."""


@contextmanager
def without_collector(collector: Collector = gc) -> Iterator[None]:
    """Makes what will stay, a whole configuration: nothing is to be gained by looking at it.

    Behind it the collector looks at none of what there is by then.
    """
    collector.disable()
    try:
        yield
    finally:
        collector.freeze()
        collector.enable()


class Garbage:
    """The collector of this process.

    Args:
        requests: how many requests have begun so far.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        requests: Callable[[], int],
        collector: Collector = gc,
    ) -> None:
        self._loop = loop
        self._requests = requests
        self._collector = collector
        self._before = collector.get_threshold()
        self._seen = -1
        self._unsettled_since: float | None = None
        self._tick: asyncio.TimerHandle | None = None
        self._step: asyncio.TimerHandle | None = None
        self._parts: deque[object] = deque()

    def start(self) -> None:
        """The first snapshot is there, and no request yet."""
        self._collector.set_threshold(_YOUNG, _MIDDLE, _NEVER)
        self._collector.collect()
        self._collector.freeze()
        self._tick = self._loop.call_later(_TICK_SECONDS, self._look)

    def stop(self) -> None:
        """The process ends, or does something else."""
        self._collector.set_threshold(*self._before)
        self._collector.unfreeze()
        for timer in (self._tick, self._step):
            if timer is not None:
                timer.cancel()
        self._parts.clear()

    def swapped(self, old_parts: Iterable[object]) -> None:
        """Another snapshot is in use; `old_parts` are those of the ones before that it has not.

        They are let go in this order: what holds many of the others should come before those.
        """
        self._parts.extend(old_parts)
        if self._step is None:
            self._step = self._loop.call_later(_STEP_SECONDS, self._let_go)
        if self._unsettled_since is None:
            self._unsettled_since = self._loop.time()

    def _let_go(self) -> None:
        waiting = len(self._parts)
        for _ in range(min(waiting, max(_STEP_PARTS, waiting // _MOST_STEPS))):
            self._parts.popleft()
        again = bool(self._parts)
        self._step = self._loop.call_later(_STEP_SECONDS, self._let_go) if again else None

    def _look(self) -> None:
        """Collect if it disturbs nobody, or has to be."""
        requests = self._requests()
        is_quiet, self._seen = requests == self._seen, requests
        since = self._unsettled_since
        if since is not None and not self._parts:
            if is_quiet or self._loop.time() - since >= _LONGEST_SECONDS:
                self._unsettled_since = None
                self._collector.unfreeze()
                self._collector.collect()
                self._collector.freeze()
        elif self._collector.get_count()[2] >= (1 if is_quiet else _MUCH):
            self._collector.collect()
        self._tick = self._loop.call_later(_TICK_SECONDS, self._look)
