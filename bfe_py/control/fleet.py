"""Fleet: the workers as the controller sees them."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from bfe_py.control.channel import (
    Applied,
    BackendCameUp,
    BackendReading,
    BackendWentDown,
    Channel,
    Configure,
    Hello,
    Message,
    ReadAll,
    ReadingTaken,
)
from bfe_py.observe import Reading

_log = logging.getLogger("bfe.control")

READING_SECONDS = 0.2
"""The longest that anybody waits for a worker's numbers."""

_NOTHING = Reading([], [])


@dataclass(slots=True)
class Member:
    """One worker: its connection while it has one, and the last that it told."""

    worker: int
    channel: Channel | None = None
    generation: int = 0
    error: str = ""
    answered: int = 0
    reading: Reading = _NOTHING
    retired: list[Reading] = field(default_factory=list)
    """Last readings of processes that were this worker before."""
    backends: list[BackendReading] = field(default_factory=list)


class Fleet:
    """Sends configuration to every worker and collects what they tell.

    Args:
        down: told of a backend that a worker marked down.
        applied: told after each answer to a configuration.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        size: int,
        down: Callable[[BackendWentDown], None],
        applied: Callable[[], None],
    ) -> None:
        self._loop = loop
        self.members = [Member(worker) for worker in range(size)]
        self._down = down
        self._applied = applied
        self._current: Configure | None = None
        self._request = 0
        self._waiting: asyncio.Future[None] | None = None

    def make_channel(self) -> Channel:
        """A protocol for a worker that connects."""
        return Channel(self._received, self._closed)

    def configure(self, generation: int, tree: bytes) -> None:
        """Every worker is to use `tree`, those that connect later too."""
        self._current = Configure(generation, tree)
        for member in self.members:
            if member.channel is not None:
                member.channel.send(self._current)

    def backend_up(self, cluster: str, sub_cluster: str, host: str, port: int) -> None:
        """A backend passed its probe."""
        for member in self.members:
            if member.channel is not None:
                member.channel.send(BackendCameUp(cluster, sub_cluster, host, port))

    def has_applied(self, generation: int) -> bool:
        """Whether every worker that is there uses `generation`, and there is one."""
        present = [member for member in self.members if member.channel is not None]
        return bool(present) and all(member.generation >= generation for member in present)

    async def read(self) -> None:
        """Ask every worker for its numbers; those who answer in time have new ones after this."""
        self._request += 1
        for member in self.members:
            if member.channel is not None:
                member.channel.send(ReadAll(self._request))
        waiting = self._waiting = self._loop.create_future()
        if not self._is_answered():
            await asyncio.wait([waiting], timeout=READING_SECONDS)
        if self._waiting is waiting:
            self._waiting = None

    def is_stale(self, member: Member) -> bool:
        """Whether the last answer of `member` is from an earlier request."""
        return member.answered < self._request

    def _is_answered(self) -> bool:
        return all(
            member.channel is None or member.answered >= self._request for member in self.members
        )

    def _received(self, channel: Channel, message: Message) -> None:
        match message:
            case Hello(worker, pid):
                self._join(channel, worker, pid)
            case Applied(worker, generation, error):
                member = self.members[worker]
                member.error = error
                if not error:
                    member.generation = generation
                self._applied()
            case ReadingTaken(worker, request, reading, backends):
                member = self.members[worker]
                member.answered, member.reading, member.backends = request, reading, backends
                if self._waiting is not None and not self._waiting.done() and self._is_answered():
                    self._waiting.set_result(None)
            case BackendWentDown():
                self._down(message)
            case _:
                _log.warning("unexpected message type=%s", type(message).__name__)

    def _join(self, channel: Channel, worker: int, pid: int) -> None:
        if not 0 <= worker < len(self.members):
            channel.close()
            return
        member = self.members[worker]
        if member.generation:  # another process has taken this worker's place
            member.retired.append(member.reading)
            member.reading, member.generation = _NOTHING, 0
        member.channel = channel
        _log.info("worker joined worker=%d pid=%d", worker, pid)
        if self._current is not None:
            channel.send(self._current)

    def _closed(self, channel: Channel) -> None:
        for member in self.members:
            if member.channel is channel:
                member.channel = None
                _log.warning("worker left worker=%d", member.worker)
