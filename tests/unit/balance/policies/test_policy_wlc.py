"""Weighted least connections."""

import pytest

from bfe_py.balance import BackendState, get_policy


def backends(*weights: int) -> list[BackendState]:
    return [
        BackendState("c", "s", f"h:{80 + i}", "h", 80 + i, f"b{i + 1}", w, w, w)
        for i, w in enumerate(weights)
    ]


def held(name: str, states: list[BackendState], count: int) -> str:
    """Names of `count` picks whose exchanges all stay in flight."""
    policy, names = get_policy(name), []
    for _ in range(count):
        state = policy.pick(states, b"")
        assert state is not None
        state.in_flight += 1
        names.append(state.name)
    return " ".join(names)


@pytest.mark.parametrize("name", ["WLC", "WLC/bfe"])
@pytest.mark.parametrize(
    ("weights", "sequence"),
    [
        ((300, 200, 100), "b1 b2 b3 b1 b2 b1 b3 b1 b2"),
        (
            (300, 200, 100, 50),
            "b1 b2 b3 b4 b1 b2 b1 b1 b2 b3 b1 b2 b1 b1 b2 b3 b4 b1 b2",
        ),
        ((100, 0, 100), "b1 b3 b3 b1"),
        ((100,), "b1 b1"),
    ],
)
def test_the_fewest_in_flight_for_the_weight_comes_next(
    name: str, weights: tuple[int, ...], sequence: str
) -> None:
    assert held(name, backends(*weights), len(sequence.split())) == sequence


@pytest.mark.parametrize(("name", "picked"), [("WLC", "b3"), ("WLC/bfe", "b1")])
def test_equals_of_a_worse_load_are_dropped(name: str, picked: str) -> None:
    states = backends(100, 100, 100, 100)
    states[0].in_flight = states[1].in_flight = 1
    assert held(name, states, 1) == picked


@pytest.mark.parametrize("name", ["WLC", "WLC/bfe"])
def test_a_single_best_is_taken_without_a_turn(name: str) -> None:
    states = backends(100, 100, 100)
    states[0].in_flight = states[1].in_flight = 1
    assert held(name, states, 1) == "b3"
    assert [state.current for state in states] == [100, 100, 100]


@pytest.mark.parametrize("name", ["WLC", "WLC/bfe"])
def test_nobody_is_picked_when_all_are_down(name: str) -> None:
    states = backends(100, 0)
    states[0].is_up = False
    assert get_policy(name).pick(states, b"") is None


def test_the_order_is_that_of_the_configuration() -> None:
    states = backends(100, 200)
    assert get_policy("WLC").arrange(states) == tuple(states)
    assert not get_policy("WLC").needs_key
