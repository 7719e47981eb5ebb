"""Smooth weighted round robin."""

import pytest

from bfe_py.balance import BackendState
from bfe_py.balance.policies.wrr import WeightedRoundRobin


def backends(*weights: int) -> list[BackendState]:
    return [
        BackendState("c", "s", f"127.0.0.1:{80 + i}", "127.0.0.1", 80 + i, f"b{i + 1}", w, w, w)
        for i, w in enumerate(weights)
    ]


def picks(states: list[BackendState], count: int) -> str:
    policy, names = WeightedRoundRobin(), []
    for _ in range(count):
        state = policy.pick(states, b"")
        names.append("-" if state is None else state.name)
    return " ".join(names)


@pytest.mark.parametrize(
    ("weights", "sequence"),
    [
        ((300, 200, 100), "b1 b2 b1 b3 b2 b1 b1 b2 b1"),
        ((500, 100, 100), "b1 b1 b2 b1 b3 b1 b1 b1 b1 b2 b1 b3 b1 b1"),
        ((0, 200, 100), "b2 b3 b2 b2 b3 b2 b2 b3 b2"),
        ((300, -100, 200), "b1 b3 b1 b3 b1 b1 b3 b1 b3"),
        ((100,), "b1 b1 b1"),
        ((0, 0), "- -"),
    ],
)
def test_turns_go_by_weight(weights: tuple[int, ...], sequence: str) -> None:
    assert picks(backends(*weights), len(sequence.split())) == sequence


def test_a_backend_that_is_down_has_no_turn() -> None:
    states = backends(300, 200, 100)
    states[0].is_up = False
    assert picks(states, 9) == "b2 b3 b2 b2 b3 b2 b2 b3 b2"
    assert states[0].current == 300


def test_the_order_is_that_of_the_configuration() -> None:
    states = backends(100, 200)
    assert WeightedRoundRobin().arrange(states) == tuple(states)
    assert not WeightedRoundRobin().needs_key
