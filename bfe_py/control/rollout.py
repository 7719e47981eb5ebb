"""Rollout: a configuration comes into use in every worker, or in none.

First all workers compile it beside the one that they use (`Prepare`); when the last of them has,
all are told to use it (`Use`). If one cannot, or does not outlive it, all forget it (`Drop`).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bfe_py.config import PackedTree
from bfe_py.control.delivery import deliver
from bfe_py.control.member import Member
from bfe_py.control.messages import Applied, Down, Drop, Prepared, Use

_log = logging.getLogger("bfe.control")

ABSENCE_SECONDS = 5.0
"""How long a worker that is not there is waited for: another process takes its place."""
_MOST_LOSSES = 2
"""So many processes of one worker that end while they compile are not a coincidence."""


@dataclass(frozen=True, slots=True)
class Release:
    """A configuration with the number under which workers know it."""

    generation: int
    packed: PackedTree


@dataclass(slots=True)
class _Attempt:
    """A version on its way; `before` is what is in use until all have prepared it."""

    version: Release
    before: Release | None
    done: asyncio.Future[str]
    prepared: set[int] = field(default_factory=set)
    awaited: dict[int, asyncio.TimerHandle] = field(default_factory=dict)
    """Workers that are not there and may come."""
    losses: Counter[int] = field(default_factory=Counter)
    is_used: bool = False
    """All were told to use it."""

    @property
    def generation(self) -> int:
        return self.version.generation


class Rollout:
    """What workers use, and what they are to use next.

    Args:
        down: backends that are known to be down.
        applied: told of a worker after each answer that it uses a version, or cannot.
        wall: wall clock.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        members: Sequence[Member],
        down: Callable[[], Iterable[Down]],
        applied: Callable[[Member], None],
        wall: Callable[[], float],
    ) -> None:
        self._loop = loop
        self._members = members
        self._down = down
        self._applied = applied
        self._wall = wall
        self._generation = 0
        self._current: Release | None = None
        self._attempt: _Attempt | None = None

    async def begin(self, packed: PackedTree) -> str:
        """Bring `packed` into use; empty once every worker that is there uses it, or why none does.

        The next one may begin when that is answered.
        """
        assert self._attempt is None
        attempt = self._attempt = _Attempt(
            self._next(packed), self._current, self._loop.create_future()
        )
        for member in self._members:
            if member.channel is None and member.pid and self._current is not None:
                self._await(attempt, member)
        for member in self._present():
            self._prepare(member, attempt.version)
        self._settle()
        try:
            return await attempt.done
        finally:
            self._attempt = None
            for timer in attempt.awaited.values():
                timer.cancel()

    def has_applied(self, generation: int) -> bool:
        """Whether every worker that is there uses `generation` or a later one, and there is one."""
        present = self._present()
        return bool(present) and all(member.generation >= generation for member in present)

    # --- what becomes of workers

    def joined(self, member: Member) -> None:
        """A worker is there: it is to have what is in use, and what is on its way."""
        if self._current is not None:
            self._prepare(member, self._current)
            self._use(member, self._current)
        attempt = self._attempt
        if attempt is not None and not attempt.is_used:
            self._stop_awaiting(attempt, member)
            self._prepare(member, attempt.version)

    def left(self, member: Member) -> None:
        """A worker is not there any more."""
        attempt = self._attempt
        if attempt is None:
            return
        if not attempt.is_used and member.worker not in attempt.prepared:
            attempt.losses[member.worker] += 1
            if attempt.losses[member.worker] >= _MOST_LOSSES:
                self._refuse(attempt, f"worker {member.worker}: its process ended over it, twice")
                return
        attempt.prepared.discard(member.worker)
        if not attempt.is_used:
            self._await(attempt, member)
        self._settle()

    def prepared(self, member: Member, message: Prepared) -> None:
        """A worker has compiled a version, or cannot."""
        attempt = self._attempt
        if attempt is None or attempt.is_used or message.generation != attempt.generation:
            return  # `Use` follows, or `Drop` went to it: either says all
        if message.error:
            self._note_failure(member, message.error)
            self._refuse(attempt, f"worker {member.worker}: {message.error}")
            return
        attempt.prepared.add(member.worker)
        self._settle()

    def applied(self, member: Member, message: Applied) -> None:
        """A worker uses a version, or cannot."""
        attempt, current = self._attempt, self._current
        if message.error:
            self._note_failure(member, message.error)
            if attempt is not None and attempt.is_used:
                self._roll_back(attempt, f"worker {member.worker}: {message.error}")
        elif current is not None and message.generation == current.generation:
            member.generation, member.is_ok = current.generation, True
            if member.version != current.packed.version or not member.since:
                member.version, member.since = current.packed.version, self._wall()
        self._applied(member)
        self._settle()

    # --- the way

    def _next(self, packed: PackedTree) -> Release:
        self._generation += 1
        return Release(self._generation, packed)

    def _present(self) -> list[Member]:
        return [member for member in self._members if member.channel is not None]

    @staticmethod
    def _prepare(member: Member, version: Release) -> None:
        packed = version.packed
        before = member.parts
        if before is None and member.version == packed.version:
            before = packed.parts
        for message in deliver(version.generation, packed, before):
            member.send(message)
        member.parts = packed.parts

    def _use(self, member: Member, version: Release) -> None:
        member.send(Use(version.generation, sorted(self._down())))

    def _settle(self) -> None:
        """Go on as far as it goes."""
        attempt = self._attempt
        if attempt is None or attempt.done.done():
            return
        present = self._present()
        if not attempt.is_used:
            if attempt.awaited or any(one.worker not in attempt.prepared for one in present):
                return
            attempt.is_used = True
            self._current = attempt.version
            for member in present:
                self._use(member, attempt.version)
        if not attempt.done.done() and all(
            member.generation >= attempt.generation for member in present
        ):
            attempt.done.set_result("")

    def _refuse(self, attempt: _Attempt, reason: str) -> None:
        if attempt.done.done():
            return
        before = None if attempt.before is None else attempt.before.packed.parts
        for member in self._present():
            member.send(Drop(attempt.generation))
            member.parts = before
        attempt.done.set_result(reason)

    def _roll_back(self, attempt: _Attempt, reason: str) -> None:
        """Some may use it by now: all use the one before again."""
        if attempt.done.done():
            return
        if attempt.before is not None:
            self._current = self._next(attempt.before.packed)
            for member in self._present():
                self._prepare(member, self._current)
                self._use(member, self._current)
        attempt.done.set_result(reason)

    def _note_failure(self, member: Member, error: str) -> None:
        member.error, member.failed_at, member.is_ok = error, self._wall(), False

    # --- workers that are not there

    def _await(self, attempt: _Attempt, member: Member) -> None:
        self._stop_awaiting(attempt, member)
        attempt.awaited[member.worker] = self._loop.call_later(
            ABSENCE_SECONDS, self._give_up, attempt, member
        )

    def _give_up(self, attempt: _Attempt, member: Member) -> None:
        """It will find the version in use when it comes."""
        _log.warning("worker not waited for worker=%d", member.worker)
        del attempt.awaited[member.worker]
        self._settle()

    @staticmethod
    def _stop_awaiting(attempt: _Attempt, member: Member) -> None:
        timer = attempt.awaited.pop(member.worker, None)
        if timer is not None:
            timer.cancel()
