"""Attempt: a version on its way into every worker."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from bfe_py.config import PackedTree


@dataclass(frozen=True, slots=True)
class Release:
    """A configuration with the number under which workers know it."""

    generation: int
    packed: PackedTree


@dataclass(slots=True)
class Attempt:
    """A version on its way; `before` is what is in use until all have prepared it."""

    version: Release
    before: Release | None
    ready: asyncio.Future[str]
    """All have prepared it; or why not."""
    done: asyncio.Future[str]
    """All use it; or why not."""
    prepared: set[int] = field(default_factory=set)
    awaited: dict[int, asyncio.TimerHandle] = field(default_factory=dict)
    """Workers that are not there and may come."""
    losses: Counter[int] = field(default_factory=Counter)
    is_wanted: bool = False
    """All may use it."""
    is_used: bool = False
    """All were told to use it."""

    @property
    def generation(self) -> int:
        """The number of the version."""
        return self.version.generation

    @property
    def is_over(self) -> bool:
        """It is used, or refused."""
        return self.done.done()

    def end(self, reason: str) -> None:
        """It is used, or for that reason it is not."""
        for future in (self.ready, self.done):
            if not future.done():
                future.set_result(reason)
