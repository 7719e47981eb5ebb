"""Workers that hold things under one limit, and the controller that divides it among them."""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bfe_py.control import Sharing
from bfe_py.shares import Claim, Grant, Limit, Shares


@dataclass
class Holder:
    """One worker: how much it holds by key, and its part of the limit `things`."""

    worker: int
    workers: int
    held: dict[str, int] = field(default_factory=dict)
    limit: Limit[str] = field(init=False)
    shares: Shares = field(init=False)

    def __post_init__(self) -> None:
        self.shares = Shares(self.worker, self.workers)
        self.limit = self.shares.limit("things", lambda key: self.held.get(key, 0))

    def take(self, total: int, key: str = "k") -> bool:
        """Hold one more if that may be."""
        is_admitted = self.limit.admits(key, self.held.get(key, 0), total)
        self.held[key] = self.held.get(key, 0) + is_admitted
        return is_admitted

    def leave(self, key: str = "k", count: int = 1) -> None:
        self.held[key] -= count
        assert self.held[key] >= 0


class Company:
    """`size` workers and their controller; messages between them wait until they are delivered."""

    def __init__(self, size: int, seed: int = 0) -> None:
        self.size = size
        self.random = random.Random(seed)
        self.holders = [Holder(worker, size) for worker in range(size)]
        self.present = set(range(size))
        self.up: deque[tuple[int, list[Claim], bool]] = deque()
        self.down: list[deque[list[Grant]]] = [deque() for _ in range(size)]
        self.sharing = Sharing(size, self._send)

    def _send(self, worker: int, grants: Sequence[Grant]) -> None:
        if worker in self.present:
            self.down[worker].append(list(grants))

    def total(self, key: str = "k") -> int:
        """How much all of them hold."""
        return sum([holder.held.get(key, 0) for holder in self.holders])

    def parts(self, total: int, key: str = "k") -> list[int]:
        return [holder.limit.part(key, total) for holder in self.holders]

    # --- messages

    def claim(self, worker: int) -> None:
        """A second has passed for a worker: it claims."""
        claims = self.holders[worker].shares.claims()
        if claims and worker in self.present:
            self.up.append((worker, claims, False))

    def deliver_up(self) -> None:
        """The oldest word of a worker arrives."""
        if self.up:
            worker, claims, is_answer = self.up.popleft()
            self.sharing.note(worker, claims, is_answer=is_answer)

    def deliver_down(self, worker: int) -> None:
        """The oldest grants for a worker arrive; its answer is on its way."""
        if self.down[worker]:
            answer = self.holders[worker].shares.take(self.down[worker].popleft())
            self.up.append((worker, answer, True))

    def deliver_all(self) -> None:
        while self.up or any(self.down):
            self.deliver_up()
            for worker in range(self.size):
                self.deliver_down(worker)

    def second(self) -> None:
        """All claim, then the limit is divided, and everything arrives."""
        for worker in sorted(self.present):
            self.claim(worker)
        self.deliver_all()
        self.sharing.divide(self.present)
        self.deliver_all()

    # --- who comes and goes

    def away(self, worker: int) -> None:
        """A worker has no connection to the controller any more."""
        self.present.discard(worker)
        self.down[worker].clear()
        self.up = deque([message for message in self.up if message[0] != worker])

    def back(self, worker: int) -> None:
        """It has one again; what it must know arrives before anything else happens."""
        self.present.add(worker)
        self.down[worker].append(self.sharing.greet(worker))
        self.deliver_down(worker)

    def die(self, worker: int) -> None:
        """Its process ends and another takes its place; it serves once it has been greeted."""
        self.away(worker)
        self.holders[worker] = Holder(worker, self.size)
        self.sharing.replaced(worker)
        self.back(worker)

    def replace_controller(self) -> None:
        """Nothing of what the controller knew is left."""
        for worker in range(self.size):
            self.away(worker)
        self.sharing = Sharing(self.size, self._send)
        for worker in range(self.size):
            self.back(worker)
