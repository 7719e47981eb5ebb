"""Adopting: a worker compiles what it is sent, and uses it when it is told to."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from bfe_py.config import Changes
from bfe_py.control import Applied, Channel, Down, Drop, Inbox, Prepare, Prepared, PutParts, Use

_log = logging.getLogger("bfe.process")


class Expecting(Protocol):
    """Health of backends."""

    def expect(self, down: list[Down]) -> None:
        """These are known to be down in what is used next."""


class Plane(Protocol):
    """What is configured."""

    @property
    def health(self) -> Expecting:
        """Which backends are down."""

    async def prepare(self, changes: Changes) -> str:
        """Compile; why that cannot be, if so."""

    async def use(self) -> str:
        """Serve with what was prepared; why that cannot be, if so."""

    def drop(self) -> None:
        """What was prepared is not wanted."""


class Adopting:
    """Does one thing after the other: what is sent next is prepared behind what comes first.

    Args:
        cannot_use: told when there is something that cannot be used.
    """

    def __init__(self, plane: Plane, worker: int, cannot_use: Callable[[], None]) -> None:
        self._plane = plane
        self._worker = worker
        self._cannot_use = cannot_use
        self._inbox = Inbox()
        self._queue: deque[tuple[Channel, Changes | None, Prepare | Use]] = deque()
        self._is_wanted = asyncio.Event()
        self._using = asyncio.Lock()
        self._preparing = 0
        """Generation that is being compiled; 0 if it is not wanted any more."""
        self._ready: tuple[int, str, str] = (0, "", "")
        """Generation and version that were prepared last, and why they cannot be used, if so."""
        self.version = ""
        """Of the configuration in use."""

    def connected(self) -> None:
        """There is a new connection: what came over the one before is void."""
        self._inbox.clear()
        self._queue.clear()
        self._preparing = 0
        self._forget()

    async def settled(self) -> None:
        """Wait until `version` is that of what is in use."""
        async with self._using:
            pass

    def received(self, channel: Channel, message: PutParts | Prepare | Use | Drop) -> None:
        """The controller wants something."""
        match message:
            case PutParts():
                self._inbox.put(message)
            case Drop(generation):
                if self._preparing == generation:
                    self._preparing = 0
                kept = [one for one in self._queue if one[2].generation != generation]
                self._queue = deque(kept)
                if self._ready[0] == generation:
                    self._forget()
            case Prepare():
                self._queue.append((channel, self._inbox.take(message), message))
                self._is_wanted.set()
            case Use(_, down):
                self._plane.health.expect(down)  # now: what is told of them next comes behind it
                self._queue.append((channel, None, message))
                self._is_wanted.set()

    async def follow(self) -> None:
        """Do what is wanted, for ever."""
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            while self._queue:
                channel, changes, message = self._queue.popleft()
                if isinstance(message, Use):
                    async with self._using:
                        await self._use(channel, message)
                elif changes is not None:
                    await self._prepare(channel, message, changes)

    async def _prepare(self, channel: Channel, message: Prepare, changes: Changes) -> None:
        self._forget()
        self._preparing = message.generation
        if message.is_whole or message.base == self.version:
            error = await self._plane.prepare(changes)
        else:
            error = f"it is what changed since {message.base!r}, and {self.version!r} is in use"
        if not self._preparing:
            self._forget()
            return
        self._preparing = 0
        self._ready = message.generation, message.version, error
        if error:
            _log.error("configuration refused generation=%d error=%s", message.generation, error)
        channel.send(Prepared(self._worker, message.generation, error))

    async def _use(self, channel: Channel, message: Use) -> None:
        (generation, version, error), self._ready = self._ready, (0, "", "")
        if generation != message.generation:
            error = "it was not prepared"
        if not error:
            error = await self._plane.use()
        if error:
            _log.error("configuration not used generation=%d error=%s", message.generation, error)
            self._cannot_use()
        else:
            self.version = version
        channel.send(Applied(self._worker, message.generation, error))

    def _forget(self) -> None:
        self._ready = 0, "", ""
        self._plane.drop()
