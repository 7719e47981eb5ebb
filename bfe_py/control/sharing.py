"""Sharing: divides limits of all workers together by need, once a second.

The theory is in `shares.limit`. Here every key that some worker claims has, for each worker, the
most that it may have by now (its bound). A round divides the limit anew. Parts that shrink are
granted at once, and their bounds fall when the worker confirms; only then parts grow, out of what
is free below the limit. A worker that is away keeps its bound: whoever takes its place is granted
it before it serves. Nothing is divided before every worker has told what it has.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bfe_py.observe import Counters, counter, gauge
from bfe_py.shares import Claim, Grant, divide, first_part

ROUND_SECONDS = 1.0
"""How often limits are divided."""

_CALM_ROUNDS = 10
"""So long must a key be far from its limit until nobody needs to claim it any more."""
_MOST_KEYS = 10_000
"""Keys beyond that are divided equally, as at first."""


class SharingCounters(Counters, prefix="bfe_shares"):
    """Limits of all workers together."""

    keys: int = gauge("Limits that are divided by need now, each client address by itself.")
    moves: int = counter("Parts of limits that were granted to workers.")


@dataclass(slots=True)
class _Key:
    """One thing that is limited; lists are by worker."""

    name: tuple[str, str]
    total: int
    bounds: list[int]
    """The most that each worker may have by now."""
    held: list[int]
    wanted: list[int]
    numbers: list[int]
    """Of the last grant for each."""
    heard: set[int] = field(default_factory=set)
    """Workers whose bound is known to be true."""
    lowering: set[int] = field(default_factory=set)
    """Workers that have yet to confirm that their part is smaller."""
    targets: list[int] = field(default_factory=list)
    calm: int = 0

    @classmethod
    def new(cls, claim: Claim, workers: int) -> "_Key":
        bounds = [first_part(claim.total, workers, worker) for worker in range(workers)]
        name = claim.limit, claim.key
        none = [0] * workers
        return cls(name, claim.total, bounds, list(none), list(none), none)

    def is_pressed(self) -> bool:
        """A worker refuses, or soon will."""
        rows = zip(self.bounds, self.held, self.wanted, strict=True)
        return any(10 * (held + wanted) >= 8 * bound for bound, held, wanted in rows)

    def is_calm(self) -> bool:
        """Every worker could do with half of its first part."""
        workers = len(self.bounds)
        return all(
            2 * (held + wanted) < first_part(self.total, workers, worker)
            for worker, (held, wanted) in enumerate(zip(self.held, self.wanted, strict=True))
        )


class Sharing:
    """Parts of every limit that is claimed.

    Args:
        workers: how many there are to be.
        send: takes grants for a worker; one that is not there gets none.
    """

    def __init__(
        self,
        workers: int,
        send: Callable[[int, Sequence[Grant]], None],
        counters: SharingCounters | None = None,
    ) -> None:
        self._workers = workers
        self._send = send
        self._counters = counters or SharingCounters()
        self._keys: dict[tuple[str, str], _Key] = {}
        self._grants: dict[int, list[Grant]] = {}

    # --- what workers tell

    def note(self, worker: int, claims: Iterable[Claim], *, is_answer: bool) -> None:
        """A worker claims; `is_answer`: to a grant, otherwise for the second that has passed."""
        for claim in claims:
            self._note(worker, claim, is_answer=is_answer)
        self._counters.keys = len(self._keys)
        self._flush()

    def _note(self, worker: int, claim: Claim, *, is_answer: bool) -> None:
        name = claim.limit, claim.key
        key = self._keys.get(name)
        if key is None or (key.total != claim.total and claim.is_asked):
            if key is None and len(self._keys) >= _MOST_KEYS:
                return
            key = self._keys[name] = _Key.new(claim, self._workers)
            for other in range(self._workers):
                if other != worker:
                    self._tell(key, other, None)
        if key.total != claim.total:  # it does not know the newer total yet
            self._tell(key, worker, key.bounds[worker])
            return
        key.held[worker] = claim.held
        if not is_answer or worker not in key.heard:
            key.wanted[worker] = claim.wanted
        if claim.number != key.numbers[worker]:
            return  # there is a grant that it did not have yet
        key.bounds[worker] = claim.part
        key.heard.add(worker)
        if worker in key.lowering:
            key.lowering.discard(worker)
            if not key.lowering:
                self._raise(key)

    def greet(self, worker: int) -> list[Grant]:
        """What a worker that comes must know before it serves."""
        for key in self._keys.values():
            key.lowering.discard(worker)
            self._tell(key, worker, key.bounds[worker] if worker in key.heard else None)
        return self._grants.pop(worker, [])

    def replaced(self, worker: int) -> None:
        """The process that was this worker is gone, and all that it held."""
        for key in self._keys.values():
            key.held[worker] = key.wanted[worker] = 0

    # --- rounds

    def divide(self, present: Iterable[int]) -> None:
        """Divide everything anew among the workers; only those that are there can be told."""
        here = frozenset(present)
        for key in list(self._keys.values()):
            for worker in sorted(here - key.heard):
                self._tell(key, worker, None)
            if len(key.heard) == self._workers:
                self._divide(key, here)
        self._counters.keys = len(self._keys)
        self._flush()

    def _divide(self, key: _Key, here: frozenset[int]) -> None:
        key.calm = key.calm + 1 if key.is_calm() else 0
        if key.calm >= _CALM_ROUNDS:
            workers = range(self._workers)
            key.targets = [first_part(key.total, self._workers, worker) for worker in workers]
            if key.bounds == key.targets:
                self._forget(key, here)
                return
        elif key.is_pressed():
            away = [
                0 if worker in here else bound for worker, bound in enumerate(key.bounds)
            ]  # who is away cannot give anything back
            held = [max(pair) for pair in zip(key.held, away, strict=True)]
            key.targets = divide(key.total, held, key.wanted)
        else:
            return
        key.lowering.clear()
        for worker in sorted(here):
            if key.targets[worker] < key.bounds[worker]:
                key.lowering.add(worker)
                self._tell(key, worker, key.targets[worker])
        if not key.lowering:
            self._raise(key)

    def _raise(self, key: _Key) -> None:
        """Grant greater parts, out of what is free."""
        free = key.total - sum(key.bounds)
        for worker, target in enumerate(key.targets):
            more = min(target - key.bounds[worker], free)
            if more > 0:
                free -= more
                key.bounds[worker] += more
                self._tell(key, worker, key.bounds[worker])

    def _forget(self, key: _Key, here: frozenset[int]) -> None:
        for worker in sorted(here):
            self._queue(worker, Grant(*key.name, key.total, 0, is_over=True))
        del self._keys[key.name]

    def _tell(self, key: _Key, worker: int, part: int | None) -> None:
        key.numbers[worker] += 1
        self._counters.moves += part is not None
        self._queue(worker, Grant(*key.name, key.total, key.numbers[worker], part))

    def _queue(self, worker: int, grant: Grant) -> None:
        self._grants.setdefault(worker, []).append(grant)

    def _flush(self) -> None:
        grants, self._grants = self._grants, {}
        for worker, own in grants.items():
            self._send(worker, own)
