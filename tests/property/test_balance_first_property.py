"""The first attempt of an exchange goes where the policy says, however one asks for it."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.balance import (
    Backend,
    BackendState,
    Balancer,
    Choice,
    Cluster,
    LiveBackends,
    SubCluster,
    get_policy,
)
from bfe_py.balance.slow_start import update_weights
from bfe_py.model import Fault

STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),  # what is asked for
        st.binary(max_size=3),  # the key
        st.integers(0, 5),  # seconds that pass
        st.integers(0, 9),  # which backend changes, if there are so many
    ),
    max_size=40,
)
POLICIES = st.sampled_from(["WRR", "WLC", "WLC/bfe", "HASHED"])
WEIGHTS = st.lists(st.integers(-1, 6), min_size=1, max_size=5)


@dataclass
class Side:
    """One of two balancers that see the same."""

    balancer: Balancer
    running: list[BackendState]

    @property
    def states(self) -> tuple[BackendState, ...]:
        return self.balancer.sub_clusters[0].states

    def turn(self, index: int) -> None:
        """A backend goes down, comes up or is drained."""
        if index < len(self.states):
            state = self.states[index]
            state.is_up = not state.is_up
        elif self.running:
            self.running.pop(index % len(self.running)).in_flight -= 1


def make_side(policy: str, weights: list[int], slow_start: float) -> Side:
    backends = tuple([Backend(f"b{i}", "h", i, weight) for i, weight in enumerate(weights)])
    live = LiveBackends()
    is_compatible = policy == "WLC/bfe"
    policy = policy.partition("/")[0]
    first = Balancer(_cluster(backends[:1], policy, slow_start), live)
    live.retain(first.keys)  # those that are there from the start are not slow
    cluster = _cluster(backends, policy, slow_start)
    return Side(Balancer(cluster, live, is_compatible=is_compatible), [])


def _cluster(backends: tuple[Backend, ...], policy: str, slow_start: float) -> Cluster:
    sub_clusters = (SubCluster("s", 1, backends), SubCluster("drained", 0, ()))
    return Cluster("c", sub_clusters, policy=policy, slow_start=slow_start)


def by_policy(side: Side, policy: str, slow_start: float, key: bytes, now: float) -> str | None:
    """What the policy picks, without any short way."""
    if slow_start > 0 and not get_policy(policy).needs_key:
        update_weights(side.states, slow_start, now)
    state = get_policy(policy).pick(side.states, key)
    if state is None:
        return None
    state.in_flight += 1
    state.total_attempts += 1
    side.running.append(state)
    return state.name


def by_attempts(side: Side, key: bytes, now: float) -> str | None:
    try:
        choice = side.balancer.start(key).next(now)
    except Fault:
        return None
    side.running.append(choice.state)
    return choice.state.name


def by_first(side: Side, key: bytes, now: float) -> str | None:
    choice = side.balancer.choose_first(key, now)
    if choice is None:
        return None
    attempts = side.balancer.start(key, choice)
    assert attempts.choice is choice
    side.running.append(choice.state)
    return choice.state.name


def observed(side: Side) -> list[tuple[str, int, int, int]]:
    return [(one.name, one.weight, one.in_flight, one.total_attempts) for one in side.states]


@given(POLICIES, WEIGHTS, st.sampled_from([0.0, 20.0]), STEPS)
def test_the_first_choice_is_that_of_the_policy(
    policy: str, weights: list[int], slow_start: float, steps: list[tuple[int, bytes, int, int]]
) -> None:
    plain, mixed = (make_side(policy, weights, slow_start) for _ in range(2))
    now = 100.0
    for how, key, seconds, index in steps:
        now += seconds
        expected = by_policy(plain, policy, slow_start, key, now)
        asked = by_first if how else by_attempts
        assert asked(mixed, key, now) == expected
        assert observed(mixed) == observed(plain)
        for side in (plain, mixed):
            side.turn(index)


@given(POLICIES, WEIGHTS, st.binary(max_size=3))
def test_what_was_chosen_first_ends_as_every_attempt_does(
    policy: str, weights: list[int], key: bytes
) -> None:
    side = make_side(policy, weights, 0.0)
    choice: Choice | None = side.balancer.choose_first(key, 0.0)
    if choice is None:
        assert all(state.weight <= 0 for state in side.states)
        return
    attempts = side.balancer.start(key, choice)
    assert (choice.state.in_flight, choice.state.total_attempts) == (1, 1)
    attempts.finish()
    attempts.finish()
    assert [state.in_flight for state in side.states] == [0] * len(side.states)
