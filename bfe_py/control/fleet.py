"""Fleet: the workers as the controller sees them."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bfe_py.config import PackedTree, Part, PartKey
from bfe_py.control.channel import Channel
from bfe_py.control.delivery import deliver
from bfe_py.control.inheritance import Counted
from bfe_py.control.messages import (
    Alive,
    Applied,
    BackendCameUp,
    BackendReading,
    BackendsFailing,
    BackendWentDown,
    Claims,
    Down,
    Grants,
    Hello,
    Message,
    ReadAll,
    ReadingTaken,
)
from bfe_py.control.sharing import Sharing, SharingCounters
from bfe_py.control.suspicion import Suspicion
from bfe_py.observe import Reading
from bfe_py.shares import Grant

_log = logging.getLogger("bfe.control")

READING_SECONDS = 0.2
"""The longest that anybody waits for a worker's numbers."""

NOTHING = Reading([], [])
"""What a process has counted that has counted nothing."""

Merge = Callable[[Reading, Reading], Reading]


@dataclass(slots=True)
class Member:
    """One worker: its connection while it has one, and the last that it told."""

    worker: int
    pid: int = 0
    channel: Channel | None = None
    parts: Mapping[PartKey, Part] | None = None
    """Those of the configuration that was sent last over this channel; None: nothing is known."""
    generation: int = 0
    error: str = ""
    """Why the newest configuration is not in use there; empty if it is."""
    answered: int = 0
    heard: float = 0.0
    """When it told anything last; the loop's clock."""
    reading: Reading = NOTHING
    retired: Reading = NOTHING
    """Last readings of the processes that were this worker before, merged."""
    backends: list[BackendReading] = field(default_factory=list)
    _pieces: list[ReadingTaken] = field(default_factory=list)

    def take(self, piece: ReadingTaken) -> None:
        """A piece of its numbers came; they count when all are there."""
        if self._pieces and self._pieces[0].request != piece.request:
            self._pieces.clear()
        pieces = self._pieces
        pieces.append(piece)
        if piece.is_last:
            self.answered = piece.request
            self.reading = Reading(
                [sample for one in pieces for sample in one.reading.samples],
                [histogram for one in pieces for histogram in one.reading.histograms],
            )
            self.backends = [backend for one in pieces for backend in one.backends]
            pieces.clear()

    def leave(self) -> None:
        """It has no connection any more."""
        self.channel = None
        self.backends = []
        self._pieces.clear()


class Fleet:
    """Sends configuration to every worker and collects what they tell.

    Args:
        down: told of a backend that a worker marked down.
        applied: told of a worker after each of its answers to a configuration.
        merge: counters of two processes together, without gauges.
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
        suspicion: Suspicion | None = None,
        shared: SharingCounters | None = None,
    ) -> None:
        self._loop = loop
        self.members = [Member(worker) for worker in range(size)]
        self._down = down
        self._applied = applied
        self._merge = merge
        self._sent: tuple[int, PackedTree] | None = None
        self._suspicion = suspicion or Suspicion(lambda _: None, down)
        self.sharing = Sharing(size, self._grant, shared)
        """Limits of all workers together."""
        self._versions: dict[int, str] = {}
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

    def configure(self, generation: int, packed: PackedTree, down: Iterable[Down] = ()) -> None:
        """Every worker is to use this tree, those that connect later too; `down` are down in it."""
        self._sent = generation, packed
        self._known_down = set(down)
        used = [member.generation for member in self.present if member.generation]
        oldest = min(used, default=generation)
        self._versions = {old: name for old, name in self._versions.items() if old >= oldest}
        self._versions[generation] = packed.version
        for member in self.present:
            self._configure(member)

    def _configure(self, member: Member) -> None:
        if self._sent is not None:
            generation, packed = self._sent
            for message in deliver(generation, packed, member.parts, self._known_down):
                self._send(member, message)
            member.parts = packed.parts

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
        return {member.worker: self._versions.get(member.generation, "") for member in self.present}

    def has_applied(self, generation: int) -> bool:
        """Whether every worker that is there uses `generation`, and there is one."""
        present = self.present
        return bool(present) and all(member.generation >= generation for member in present)

    def is_complete(self, generation: int) -> bool:
        """Whether every worker there is to be uses `generation`."""
        return len(self.present) == len(self.members) and self.has_applied(generation)

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
            self._send(member, ReadAll(request))
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
            case Applied(_, generation, error):
                self._note_applied(member, generation, error)
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

    def _note_applied(self, member: Member, generation: int, error: str) -> None:
        member.error = error
        if not error:
            member.generation = generation
        self._applied(member)

    def _join(self, channel: Channel, hello: Hello) -> None:
        if not 0 <= hello.worker < len(self.members):
            channel.close()
            return
        member = self.members[hello.worker]
        if member.channel is not None and member.channel is not channel:
            member.channel.close()
        member.leave()
        if member.pid != hello.pid:
            self._take_place(member, hello.pid)
        member.channel, member.answered = channel, 0
        packed = None if self._sent is None else self._sent[1]
        has_all = packed is not None and packed.version == hello.version
        member.parts = packed.parts if packed is not None and has_all else None
        member.heard = self._loop.time()
        _log.info("worker joined worker=%d pid=%d", hello.worker, hello.pid)
        self._grant(hello.worker, self.sharing.greet(hello.worker))  # before it serves
        self._configure(member)

    def _take_place(self, member: Member, pid: int) -> None:
        """Another process is this worker now; what the one before counted stays."""
        self.sharing.replaced(member.worker)
        if member.pid:
            member.retired = self._merge(member.retired, member.reading)
        member.reading, member.generation, member.error = NOTHING, 0, ""
        member.pid = pid

    def _closed(self, channel: Channel) -> None:
        member = self._find(channel)
        if member is not None:
            member.leave()
            self._suspicion.forget(member.worker)
            _log.warning("worker left worker=%d", member.worker)
            self._settle()

    def share(self) -> None:
        """Divide limits anew among the workers that are there."""
        self.sharing.divide([member.worker for member in self.present])

    def _grant(self, worker: int, grants: Sequence[Grant]) -> None:
        if grants:
            self._send(self.members[worker], Grants(list(grants)))

    def _find(self, channel: Channel) -> Member | None:
        return next((member for member in self.members if member.channel is channel), None)

    def _tell(self, message: Message) -> None:
        for member in self.present:
            self._send(member, message)

    @staticmethod
    def _send(member: Member, message: Message) -> None:
        if member.channel is not None:
            member.channel.send(message)
