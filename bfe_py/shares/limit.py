"""Limit: one worker's part of something that all workers together may have so much of.

A worker never asks anybody before it admits or refuses: it looks at its own part, which is an equal
one at first. Once a second it claims what it holds and what more it would have taken, of those keys
only where it is near its part. The controller (`control.Sharing`) divides by need and grants
other parts: it raises none before the parts that it lowered are confirmed, so that they never add
up to more than the limit. A worker that is alone has all of it and tells nobody.

What is held is counted by whoever holds it: this only says how much may be.
"""

from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

import msgspec

from bfe_py.shares.dividing import first_part

MOST_CLAIMS = 1000
"""Keys that a worker claims at a time: those that are nearest to their part."""


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """What one worker has of one key.

    `is_asked`: somebody asked with this `total` since the claim before; where workers know
    different totals, that is the newer one. `number` is that of the last grant for it, 0 if there
    was none.
    """

    limit: str
    key: str
    total: int
    part: int
    held: int
    wanted: int
    is_asked: bool
    number: int


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """The part that a worker has from now on; it answers with a claim, and claims it on and on.

    `part` None: what it has; a claim is all that is asked for. `is_over`: it has its first part
    again, and need not claim it any more.
    """

    limit: str
    key: str
    total: int
    number: int
    part: int | None = None
    is_over: bool = False


K = TypeVar("K")


class Named(Protocol[K]):
    """How keys of a limit are written between processes."""

    def write(self, key: K, /) -> str:
        """A key as text."""

    def read(self, text: str, /) -> K:
        """The key that was written so."""


class Plain:
    """Keys that are text."""

    def write(self, key: str, /) -> str:
        """As it is."""
        return key

    def read(self, text: str, /) -> str:
        """As it is."""
        return text


class Numbered:
    """Keys that are whole numbers of any size."""

    def write(self, key: int, /) -> str:
        """In hexadecimal digits."""
        return f"{key:x}"

    def read(self, text: str, /) -> int:
        """Raises ValueError if it is no number."""
        return int(text, 16)


class Limit(Generic[K]):
    """A worker's part of one limit, for each key.

    Where things are held, like connections: ask `admits`. Where they pass, like requests: tell
    `ask` of each, and let `part` pass in the time that the total is for. `held` tells how much is
    held for a key; of what passes, nothing. `place` is the number of this worker, and of how many.
    """

    __slots__ = ("_held", "_is_alone", "_names", "_noted", "_parts", "_place", "_wanted", "name")

    def __init__(
        self,
        name: str,
        place: tuple[int, int],
        names: Named[K],
        held: Callable[[K], int],
    ) -> None:
        self.name = name
        self._place = place
        self._is_alone = place[1] == 1
        self._names = names
        self._held = held
        self._parts: dict[K, tuple[int, int, int]] = {}
        """Total, part and number of the grant, of keys that are divided by need."""
        self._noted: dict[K, int] = {}
        """Total of keys that were asked for near their part."""
        self._wanted: dict[K, int] = {}

    def part(self, key: K, total: int) -> int:
        """How much of `total` this worker may have."""
        if self._is_alone:
            return total
        known = self._parts.get(key)
        if known is not None and known[0] == total:
            return known[1]
        worker, workers = self._place
        return first_part(total, workers, worker)

    def admits(self, key: K, held: int, total: int) -> bool:
        """Whether one more may be held beside `held`; one that may not counts as wanted."""
        part = self.part(key, total)
        if self._is_alone or held + held < part:
            return held < part
        self._noted[key] = total
        if held < part:
            return True
        self._wanted[key] = self._wanted.get(key, 0) + 1
        return False

    def ask(self, key: K, total: int, amount: int = 1) -> None:
        """So much more would pass, whether it may or not."""
        if not self._is_alone:
            self._noted[key] = total
            self._wanted[key] = self._wanted.get(key, 0) + amount

    def claims(self) -> list[Claim]:
        """What there is to claim since the last call."""
        keys = {**dict.fromkeys(self._parts), **self._noted}
        found = [self._claim(key) for key in keys]
        self._noted.clear()
        self._wanted.clear()
        near = [one for one in found if _is_near(one) or self._names.read(one.key) in self._parts]
        if len(near) > MOST_CLAIMS:
            near.sort(key=_nearness, reverse=True)
        return near[:MOST_CLAIMS]

    def _claim(self, key: K) -> Claim:
        granted_total, _, number = self._parts.get(key, (0, 0, 0))
        total = self._noted.get(key, granted_total)
        return Claim(
            self.name,
            self._names.write(key),
            total,
            self.part(key, total),
            self._held(key),
            self._wanted.get(key, 0),
            key in self._noted,
            number if total == granted_total else 0,
        )

    def take(self, grant: Grant) -> Claim | None:
        """Have another part from now on; what to answer."""
        key = self._names.read(grant.key)
        if grant.is_over:
            self._parts.pop(key, None)
            return None
        part = self.part(key, grant.total) if grant.part is None else grant.part
        self._parts[key] = grant.total, part, grant.number
        return self._claim(key)


def _is_near(claim: Claim) -> bool:
    return 2 * max(claim.held, claim.wanted) >= claim.part


def _nearness(claim: Claim) -> float:
    return (claim.held + claim.wanted) / claim.part


class Shares:
    """All limits of this worker: who limits something makes its own here."""

    __slots__ = ("_limits", "_place")

    def __init__(self, worker: int = 0, workers: int = 1) -> None:
        self._place = worker, workers
        self._limits: dict[str, Limit[object]] = {}

    def limit(self, name: str, held: Callable[[str], int] = lambda _: 0) -> Limit[str]:
        """The limit called `name`, of keys that are text."""
        return self.named(name, Plain(), held)

    def numbered(self, name: str, held: Callable[[int], int]) -> Limit[int]:
        """The limit called `name`, of keys that are numbers."""
        return self.named(name, Numbered(), held)

    def named(self, name: str, names: Named[K], held: Callable[[K], int]) -> Limit[K]:
        """The limit called `name`, of keys that are written as `names` says."""
        made = Limit(name, self._place, names, held)
        self._limits[name] = made  # type: ignore[assignment]  # each gets only keys of its own
        return made

    def claims(self) -> list[Claim]:
        """What there is to claim since the last call, of all limits."""
        return [claim for limit in self._limits.values() for claim in limit.claims()]

    def take(self, grants: Iterable[Grant]) -> list[Claim]:
        """Have other parts from now on; what to answer."""
        known = [(self._limits.get(grant.limit), grant) for grant in grants]
        answers = [limit.take(grant) for limit, grant in known if limit is not None]
        return [answer for answer in answers if answer is not None]
