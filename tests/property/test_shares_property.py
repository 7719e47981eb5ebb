"""Limits of all workers together are kept whatever comes and goes, and used as far as they go."""

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.kit.sharing import Company

workers = st.integers(0, 3)


class Limits(RuleBasedStateMachine):
    """Workers that take and leave, whose messages cross, who die and are replaced."""

    @initialize(size=st.integers(1, 4), total=st.integers(4, 60))
    def start(self, size: int, total: int) -> None:
        self.company = Company(size)
        self.total = total

    def _one(self, worker: int) -> int:
        return worker % self.company.size

    @rule(worker=workers, count=st.integers(1, 40))
    def take(self, worker: int, count: int) -> None:
        for _ in range(count):
            self.company.holders[self._one(worker)].take(self.total)

    @rule(worker=workers, count=st.integers(1, 40))
    def leave(self, worker: int, count: int) -> None:
        holder = self.company.holders[self._one(worker)]
        held = holder.held.get("k", 0)
        if held:
            holder.leave(count=min(count, held))

    @rule(worker=workers)
    def claim(self, worker: int) -> None:
        self.company.claim(self._one(worker))

    @rule()
    def hear(self) -> None:
        self.company.deliver_up()

    @rule(worker=workers)
    def have_granted(self, worker: int) -> None:
        self.company.deliver_down(self._one(worker))

    @rule()
    def divide(self) -> None:
        self.company.sharing.divide(self.company.present)

    @rule()
    def second(self) -> None:
        self.company.second()

    @rule(worker=workers)
    def lose_sight(self, worker: int) -> None:
        self.company.away(self._one(worker))

    @rule(worker=workers)
    def come_back(self, worker: int) -> None:
        if self._one(worker) not in self.company.present:
            self.company.back(self._one(worker))

    @rule(worker=workers)
    def die(self, worker: int) -> None:
        self.company.die(self._one(worker))

    @rule()
    def replace_controller(self) -> None:
        self.company.replace_controller()
        self.company.second()

    @invariant()
    def there_is_never_more_than_the_limit(self) -> None:
        assert self.company.total() <= self.total


TestLimits = Limits.TestCase
TestLimits.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)

SKEWS = ((1.0, 1.0, 1.0, 1.0), (1.0, 0.0, 0.0, 0.0), (8.0, 4.0, 2.0, 1.0), (0.1, 0.1, 1.0, 3.0))


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("total", [100, 1000])
def test_in_a_steady_state_what_is_held_is_off_by_a_twentieth_at_most(
    total: int, size: int, skew: tuple[float, ...]
):
    """Twice as many come as may stay, each for ten seconds on average."""
    company, chance = Company(size), random.Random(total)
    held = []
    for _ in range(80):
        for worker in chance.choices(range(size), skew[:size], k=total // 5):
            company.holders[worker].take(total)
        held.append(company.total())
        for holder in company.holders:
            own = holder.held.get("k", 0)
            holder.held["k"] = own - sum([chance.random() < 0.1 for _ in range(own)])
        company.second()
    steady = held[20:]
    assert max(steady) <= total
    assert sum(steady) / len(steady) >= total * 0.95


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("size", [2, 4])
def test_in_a_steady_state_what_passes_is_off_by_a_twentieth_at_most(
    size: int, skew: tuple[float, ...]
):
    """Twice as much is asked for as may pass in a second."""
    company, chance, total = Company(size), random.Random(size), 1000
    passed = []
    for _ in range(40):
        asked = [0] * size
        for worker in chance.choices(range(size), skew[:size], k=2 * total):
            company.holders[worker].limit.ask("k", total)
            asked[worker] += 1
        parts = company.parts(total)
        passed.append(sum([min(pair) for pair in zip(asked, parts, strict=True)]))
        company.second()
    steady = passed[10:]
    assert max(steady) <= total
    assert sum(steady) / len(steady) >= total * 0.95
