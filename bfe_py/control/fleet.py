"""Fleet: all workers as the controller sees them."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

from bfe_py.control.channel import Channel
from bfe_py.control.inheritance import Counted
from bfe_py.control.member import NOTHING, Member
from bfe_py.control.messages import (
    Alive,
    Applied,
    BackendCameUp,
    BackendsFailing,
    BackendWentDown,
    Claims,
    Down,
    Grants,
    Hello,
    Message,
    Prepared,
    ReadAll,
    ReadingTaken,
)
from bfe_py.control.rollout import Rollout
from bfe_py.control.sharing import Sharing, SharingCounters
from bfe_py.control.suspicion import Suspicion
from bfe_py.observe import Reading
from bfe_py.shares import Grant

_log = logging.getLogger("bfe.control")

READING_SECONDS = 0.2
"""The longest that anybody waits for a worker's numbers."""

Merge = Callable[[Reading, Reading], Reading]


class Fleet:
    """Sends configuration to every worker and collects what they tell.

    Args:
        down: told of a backend that a worker marked down.
        applied: told of a worker after each of its answers to a configuration.
        merge: counters of two processes together, without gauges.
        wall: wall clock.
        suspicion: told of failures of backends.
        shared: takes the numbers of `sharing`.
    """

    def __init__(  # noqa: PLR0913 - the composition root names them all
        self,
        loop: asyncio.AbstractEventLoop,
        size: int,
        down: Callable[[Down], None],
        applied: Callable[[Member], None],
        merge: Merge,
        wall: Callable[[], float],
        suspicion: Suspicion | None = None,
        shared: SharingCounters | None = None,
    ) -> None:
        self._loop = loop
        self.members = [Member(worker) for worker in range(size)]
        self._down = down
        self._merge = merge
        self.rollout = Rollout(loop, self.members, lambda: self._known_down, applied, wall)
        """What workers use."""
        self.all_present = asyncio.Event()
        """Every worker is there."""
        self._suspicion = suspicion or Suspicion(lambda _: None, down)
        self.sharing = Sharing(size, self._grant, shared)
        """Limits of all workers together."""
        self._known_down: set[Down] = set()
        self._request = 0
        self._waiting: dict[int, asyncio.Future[None]] = {}

    def make_channel(self) -> Channel:
        """A protocol for a worker that connects."""
        return Channel(self._received, self._closed)

    @property
    def present(self) -> list[Member]:
        """Workers that are connected."""
        return [member for member in self.members if member.channel is not None]

    def expect_down(self, down: Iterable[Down]) -> None:
        """These backends are known to be down, and no others."""
        self._known_down = set(down)

    def backend_down(self, down: Down) -> None:
        """A backend is down; those who have not noticed need not try."""
        self._known_down.add(down)
        self._tell(BackendWentDown(*down))

    def backend_up(self, down: Down) -> None:
        """A backend passed its probe."""
        self._known_down.discard(down)
        self._tell(BackendCameUp(*down))

    @property
    def versions(self) -> dict[int, str]:
        """Version of the tree that each worker serves with, of those that are there."""
        return {member.worker: member.version for member in self.present}

    @property
    def is_serving(self) -> bool:
        """Every worker that is there uses what this controller sent, and there is one."""
        return self.rollout.has_applied(1)

    @property
    def is_complete(self) -> bool:
        """Every worker there is to be is there and does so."""
        return len(self.present) == len(self.members) and self.is_serving

    def hear_all(self, now: float) -> None:
        """Take every worker as heard of at `now`."""
        for member in self.members:
            member.heard = now

    # --- numbers

    async def read(self) -> frozenset[int]:
        """Ask every worker for its numbers; which of them did not answer in time."""
        self._request += 1
        request = self._request
        done = self._waiting[request] = self._loop.create_future()
        asked = self.present
        for member in asked:
            member.send(ReadAll(request))
        self._settle()
        try:
            await asyncio.wait([done], timeout=READING_SECONDS)
        finally:
            del self._waiting[request]
        late = [member.worker for member in asked if member.answered < request]
        return frozenset(late)

    def _settle(self) -> None:
        """End the wait of everybody whose workers have all answered, or left."""
        slowest = min([member.answered for member in self.present], default=self._request)
        for request, waiting in self._waiting.items():
            if request <= slowest and not waiting.done():
                waiting.set_result(None)

    # --- what a successor must know

    def counted(self) -> list[Counted]:
        """What every worker has counted so far."""
        return [
            Counted(member.worker, member.pid, member.reading, member.retired)
            for member in self.members
        ]

    def inherit(self, counted: Iterable[Counted]) -> None:
        """Go on from what was told to another controller."""
        for one in counted:
            if one.worker < len(self.members):
                member = self.members[one.worker]
                member.pid, member.reading, member.retired = one.pid, one.reading, one.retired
                member.heard = self._loop.time()

    # --- what workers tell

    def _received(self, channel: Channel, message: Message) -> None:
        if isinstance(message, Hello):
            self._join(channel, message)
            return
        member = self._find(channel)
        if member is None:  # from a process whose place was taken
            return
        member.heard = self._loop.time()
        match message:
            case Alive():
                pass
            case Prepared():
                self.rollout.prepared(member, message)
            case Applied():
                self.rollout.applied(member, message)
            case ReadingTaken():
                member.take(message)
                self._settle()
            case BackendWentDown(cluster, sub_cluster, host, port):
                self._down((cluster, sub_cluster, host, port))
            case BackendsFailing(failing):
                self._suspicion.note(member.worker, failing)
            case Claims(claims, is_answer):
                self.sharing.note(member.worker, claims, is_answer=is_answer)
            case _:
                _log.warning("unexpected message type=%s", type(message).__name__)

    def _join(self, channel: Channel, hello: Hello) -> None:
        if not 0 <= hello.worker < len(self.members):
            channel.close()
            return
        member = self.members[hello.worker]
        if member.channel is not None and member.channel is not channel:
            member.channel.close()
            self._leave(member)
        if member.pid != hello.pid:
            self._take_place(member, hello.pid)
        member.join(channel, hello.version, self._loop.time())
        _log.info("worker joined worker=%d pid=%d", hello.worker, hello.pid)
        self._grant(hello.worker, self.sharing.greet(hello.worker))  # before it serves
        self.rollout.joined(member)
        if len(self.present) == len(self.members):
            self.all_present.set()

    def _take_place(self, member: Member, pid: int) -> None:
        """Another process is this worker now; what the one before counted stays."""
        self.sharing.replaced(member.worker)
        if member.pid:
            member.retired = self._merge(member.retired, member.reading)
        member.reading, member.since = NOTHING, 0.0
        member.pid = pid

    def _closed(self, channel: Channel) -> None:
        member = self._find(channel)
        if member is not None:
            _log.warning("worker left worker=%d", member.worker)
            self._leave(member)

    def _leave(self, member: Member) -> None:
        member.leave()
        self.all_present.clear()
        self._suspicion.forget(member.worker)
        self.rollout.left(member)
        self._settle()

    def share(self) -> None:
        """Divide limits anew among the workers that are there."""
        self.sharing.divide([member.worker for member in self.present])

    def _grant(self, worker: int, grants: Sequence[Grant]) -> None:
        if grants:
            self.members[worker].send(Grants(list(grants)))

    def _find(self, channel: Channel) -> Member | None:
        return next((member for member in self.members if member.channel is channel), None)

    def _tell(self, message: Message) -> None:
        for member in self.present:
            member.send(message)
