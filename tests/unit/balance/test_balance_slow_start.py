"""Weights of backends that start slowly."""

import pytest

from bfe_py.balance import BackendState, mark_down, mark_up
from bfe_py.balance.slow_start import end, update_weights


def restarted(weight: int, at: float | None) -> BackendState:
    state = BackendState("c", "s", "h:80", "h", 80, "b", weight, weight, weight)
    state.is_restarted, state.restarted_at = True, at
    return state


@pytest.mark.parametrize(
    ("elapsed", "weight"),
    [(0.0, 1), (0.1, 1), (0.3, 1), (0.6, 2), (15.0, 50), (29.9, 99), (30.0, 100), (99.0, 100)],
)
def test_the_weight_grows_evenly_and_is_never_nothing(elapsed: float, weight: int) -> None:
    state = restarted(100, 50.0)
    update_weights([state], 30.0, 50.0)
    assert (state.weight, state.current) == (1, 1)
    update_weights([state], 30.0, 50.0 + elapsed)
    assert state.weight == weight
    assert (state.ramp_from is None) == (elapsed >= 30.0)


def test_the_first_look_at_a_new_backend_starts_it() -> None:
    state = restarted(100, None)
    update_weights([state], 10.0, 1000.0)
    assert (state.weight, state.ramp_from, state.is_restarted) == (1, 1000.0, False)
    update_weights([state], 10.0, 1005.0)
    assert state.weight == 50


def test_a_weight_that_changes_meanwhile_counts() -> None:
    state = restarted(100, 0.0)
    update_weights([state], 10.0, 0.0)
    state.configured = 1000
    update_weights([state], 10.0, 5.0)
    assert state.weight == 500


def test_what_came_back_long_ago_has_started() -> None:
    state = restarted(100, 5.0)
    update_weights([state], 10.0, 500.0)
    assert (state.weight, state.current, state.is_restarted) == (100, 100, False)


def test_no_weight_stays_none() -> None:
    state = restarted(0, None)
    update_weights([state], 10.0, 5.0)
    assert (state.weight, state.ramp_from) == (0, None)


def test_a_backend_that_never_failed_is_left_alone() -> None:
    state = BackendState("c", "s", "h:80", "h", 80, "b", 300, 300, -200)
    update_weights([state], 10.0, 5.0)
    assert (state.weight, state.current) == (300, -200)


def test_a_second_restart_starts_over() -> None:
    state = restarted(100, 0.0)
    update_weights([state], 10.0, 5.0)
    mark_down(state, 6.0)
    mark_up(state, 8.0)
    update_weights([state], 10.0, 8.0)
    assert state.weight == 1


def test_ending_gives_the_whole_weight() -> None:
    state = restarted(100, 0.0)
    update_weights([state], 10.0, 1.0)
    end(state)
    assert (state.weight, state.ramp_from) == (100, None)
