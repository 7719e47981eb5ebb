"""Up and down."""

from bfe_py.balance import (
    BackendState,
    Probe,
    disable,
    enable,
    failed,
    mark_down,
    mark_up,
    probe_failed,
    probe_succeeded,
)


def backend() -> BackendState:
    return BackendState("c", "s", "h:80", "h", 80, "b", 100, 100, 100)


def test_the_fifth_failure_in_a_row_brings_it_down_and_one_probe_back() -> None:
    state, probe = backend(), Probe(failures=5, successes=1)
    assert [failed(state, probe, 7.0) for _ in range(6)] == [False] * 4 + [True, False]
    assert (state.is_up, state.down_since, state.total_failures) == (False, 7.0, 6)
    assert probe_succeeded(state, probe, 9.0)
    assert (state.is_up, state.down_since, state.failures) == (True, None, 0)
    assert (state.is_restarted, state.restarted_at) == (True, 9.0)


def test_a_limit_of_zero_is_one_failure() -> None:
    assert failed(backend(), Probe(failures=0), 0.0)


def test_probes_must_succeed_in_a_row() -> None:
    state, probe = backend(), Probe(failures=1, successes=2)
    failed(state, probe, 0.0)
    assert not probe_succeeded(state, probe, 1.0)
    probe_failed(state)
    assert not probe_succeeded(state, probe, 2.0)
    assert probe_succeeded(state, probe, 3.0)
    assert state.probe_successes == 0


def test_a_probe_of_a_healthy_backend_changes_nothing() -> None:
    state = backend()
    assert not probe_succeeded(state, Probe(), 1.0)
    assert (state.probe_successes, state.is_restarted) == (0, False)


def test_marking_tells_whether_it_was_news() -> None:
    state = backend()
    assert [mark_up(state, 1.0), mark_down(state, 2.0), mark_down(state, 3.0)] == [
        False,
        True,
        False,
    ]
    assert state.down_since == 2.0
    assert mark_up(state, 4.0)
    assert state.is_up


def test_a_disabled_backend_is_down_until_it_is_enabled() -> None:
    state = backend()
    disable(state)
    assert (state.is_up, state.is_healthy) == (False, True)
    enable(state, 5.0)
    assert (state.is_up, state.restarted_at) == (True, 5.0)


def test_enabling_what_is_enabled_changes_nothing() -> None:
    state = backend()
    enable(state, 5.0)
    assert (state.is_up, state.is_restarted) == (True, False)


def test_health_goes_on_while_a_backend_is_disabled() -> None:
    state = backend()
    disable(state)
    assert mark_down(state, 1.0)
    enable(state, 2.0)
    assert not state.is_up
    disable(state)
    assert mark_up(state, 3.0)
    assert not state.is_up
    enable(state, 4.0)
    assert state.is_up
