"""Rollout: a configuration comes into use in every worker, or in none.

First all workers compile it beside the one that they use (`Prepare`); when the last of them has,
all are told to use it (`Use`). If one cannot, or does not outlive it, all forget it (`Drop`).
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

from bfe_py.config import PackedTree
from bfe_py.control.attempt import Attempt, Release
from bfe_py.control.delivery import deliver
from bfe_py.control.member import Member
from bfe_py.control.messages import Applied, Down, Drop, Prepared, Use

_log = logging.getLogger("bfe.control")

ABSENCE_SECONDS = 5.0
"""How long a worker that is not there is waited for: another process takes its place."""
_MOST_LOSSES = 2
"""So often one worker is not lost over a version by coincidence."""
_LOST = "it was lost over it, and did not come back in time"
_LOST_TWICE = "it was lost over it, twice"


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
        self._attempt: Attempt | None = None

    async def prepare(self, packed: PackedTree) -> str:
        """Have every worker that is there compile `packed`; empty once all have, or why not.

        Unless it is refused, `use` or `abandon` ends what this begins.
        """
        assert self._attempt is None
        loop = self._loop
        attempt = self._attempt = Attempt(
            self._next(packed), self._current, loop.create_future(), loop.create_future()
        )
        for member in self._members:
            if member.channel is None and member.pid and self._current is not None:
                self._await(attempt, member)
        for member in self._present():
            self._prepare(member, attempt.version)
        self._settle()
        try:
            refusal = await attempt.ready
        except BaseException:
            self.abandon()
            raise
        if refusal:
            self._close(attempt)
        return refusal

    async def use(self) -> str:
        """Have all use what they prepared; empty once they do, or why none does."""
        attempt = self._attempt
        assert attempt is not None
        attempt.is_wanted = True
        self._settle()
        try:
            return await attempt.done
        finally:
            self._close(attempt)

    def abandon(self) -> None:
        """What was prepared is not to be used."""
        attempt = self._attempt
        if attempt is not None:
            self._refuse(attempt, "abandoned")
            self._close(attempt)

    def _close(self, attempt: Attempt) -> None:
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
        attempt = self._attempt
        if attempt is not None:
            self._stop_awaiting(attempt, member)
        if self._current is not None:
            self._prepare(member, self._current)
            self._use(member, self._current)
        if attempt is not None and not attempt.is_used and not attempt.is_over:
            self._prepare(member, attempt.version)

    def left(self, member: Member) -> None:
        """A worker is not there any more."""
        attempt = self._attempt
        if attempt is None or attempt.is_over:
            return
        if not attempt.is_used:
            is_loss = member.worker not in attempt.prepared
        else:
            is_loss = member.generation < attempt.generation
        attempt.prepared.discard(member.worker)
        if is_loss:
            attempt.losses[member.worker] += 1
            if attempt.losses[member.worker] >= _MOST_LOSSES:
                self._note_failure(member, _LOST_TWICE)
                self._fail(attempt, f"worker {member.worker}: {_LOST_TWICE}")
                return
        if is_loss or not attempt.is_used:
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
            member.sent = None  # it has not what was sent: what comes next has to be whole
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
        before = member.sent
        if before is None and member.version == packed.version:
            before = packed
        for message in deliver(version.generation, packed, before):
            member.send(message)
        member.sent = packed

    def _use(self, member: Member, version: Release) -> None:
        member.send(Use(version.generation, sorted(self._down())))

    def _settle(self) -> None:
        """Go on as far as it goes."""
        attempt = self._attempt
        if attempt is None or attempt.is_over or attempt.awaited:
            return
        present = self._present()
        if not attempt.is_used:
            if any(one.worker not in attempt.prepared for one in present):
                return
            if not attempt.ready.done():
                attempt.ready.set_result("")
            if not attempt.is_wanted:
                return
            attempt.is_used = True
            self._current = attempt.version
            for member in present:
                self._use(member, attempt.version)
        if not attempt.is_over and all(
            member.generation >= attempt.generation for member in present
        ):
            attempt.end("")

    def _fail(self, attempt: Attempt, reason: str) -> None:
        (self._roll_back if attempt.is_used else self._refuse)(attempt, reason)

    def _refuse(self, attempt: Attempt, reason: str) -> None:
        if attempt.is_over:
            return
        before = attempt.before
        for member in self._present():
            member.send(Drop(attempt.generation))
            is_used = before is not None and member.version == before.packed.version
            member.sent = before.packed if before is not None and is_used else None
        attempt.end(reason)

    def _roll_back(self, attempt: Attempt, reason: str) -> None:
        """Some may use it by now: all use the one before again."""
        if attempt.is_over:
            return
        if attempt.before is not None:
            self._current = self._next(attempt.before.packed)
            for member in self._present():
                self._prepare(member, self._current)
                self._use(member, self._current)
        attempt.end(reason)

    def _note_failure(self, member: Member, error: str) -> None:
        member.error, member.failed_at, member.is_ok = error, self._wall(), False

    # --- workers that are not there

    def _await(self, attempt: Attempt, member: Member) -> None:
        self._stop_awaiting(attempt, member)
        attempt.awaited[member.worker] = self._loop.call_later(
            ABSENCE_SECONDS, self._give_up, attempt, member
        )

    def _give_up(self, attempt: Attempt, member: Member) -> None:
        """It will find the version in use when it comes; unless this one may have ended it."""
        del attempt.awaited[member.worker]
        if attempt.losses[member.worker]:
            self._note_failure(member, _LOST)
            self._fail(attempt, f"worker {member.worker}: {_LOST}")
            return
        _log.warning("worker not waited for worker=%d", member.worker)
        self._settle()

    @staticmethod
    def _stop_awaiting(attempt: Attempt, member: Member) -> None:
        timer = attempt.awaited.pop(member.worker, None)
        if timer is not None:
            timer.cancel()
