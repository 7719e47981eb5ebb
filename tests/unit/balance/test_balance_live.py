"""State of backends over reloads."""

import pytest

from bfe_py.balance import Backend, BackendState, LiveBackends, Probe, failed, mark_down, mark_up


def get(live: LiveBackends, port: int, weight: int, name: str = "b") -> BackendState:
    return live.get("c", "s", Backend(name, "127.0.0.1", port, weight))


def settle(live: LiveBackends) -> None:
    live.retain([state.key for state in live.states()])


def test_a_configured_weight_of_ten_is_a_thousand() -> None:
    state = get(LiveBackends(), 80, 10)
    assert (state.weight, state.current, state.configured, state.is_up) == (1000, 1000, 1000, True)


def test_a_reload_keeps_the_counters_of_the_same_address() -> None:
    live = LiveBackends()
    for port in (80, 81, 82):
        get(live, port, 10)
    kept = get(live, 81, 10)
    kept.failures, kept.current, kept.in_flight = 3, -500, 2
    settle(live)
    keys = [get(live, port, weight).key for port, weight in ((10, 10), (81, 20), (90, 10))]
    gone = live.retain(keys)
    assert [state.port for state in gone] == [80, 82]
    assert [(state.port, state.weight) for state in live.states()] == [
        (81, 2000),
        (10, 1000),
        (90, 1000),
    ]
    assert (kept.failures, kept.current, kept.in_flight) == (3, -500, 2)


@pytest.mark.parametrize("weight", [0, -3])
def test_a_weight_that_ends_takes_the_turn_with_it(weight: int) -> None:
    live = LiveBackends()
    get(live, 80, 10).current = 700
    state = get(live, 80, weight)
    assert (state.weight, state.current) == (weight * 100, 0)


def test_a_reload_brings_the_new_name() -> None:
    live = LiveBackends()
    get(live, 80, 1, "old")
    assert get(live, 80, 1, "new").name == "new"


def test_the_same_address_in_two_clusters_is_two_backends() -> None:
    live, backend = LiveBackends(), Backend("b", "h", 80, 1)
    assert live.get("c", "s", backend) is not live.get("d", "s", backend)
    assert live.get("c", "s", backend) is not live.get("c", "t", backend)
    assert live.get("c", "s", backend) is live.get("c", "s", backend)


def test_finding_a_state_makes_none() -> None:
    live = LiveBackends()
    state = get(live, 80, 1)
    assert live.find("c", "s", "127.0.0.1:80") is state
    assert live.find("c", "s", "127.0.0.1:81") is None
    assert live.states() == (state,)


def test_only_what_joins_a_sub_cluster_that_served_starts_slowly() -> None:
    live = LiveBackends()
    first = [get(live, port, 1) for port in (80, 81)]
    settle(live)
    joined = get(live, 82, 1)
    elsewhere = live.get("c", "t", Backend("b", "h", 80, 1))
    assert [state.is_restarted for state in (*first, joined, elsewhere)] == [
        False,
        False,
        True,
        False,
    ]
    get(live, 82, 1)
    assert not joined.is_restarted


def test_a_backend_that_came_back_stays_so_over_a_reload() -> None:
    live = LiveBackends()
    state = get(live, 80, 1)
    mark_down(state, 1.0)
    mark_up(state, 2.0)
    get(live, 80, 1)
    assert state.is_restarted


def test_a_new_weight_waits_while_the_backend_starts_slowly() -> None:
    live = LiveBackends()
    state = get(live, 80, 10)
    state.ramp_from, state.weight = 5.0, 30
    get(live, 80, 20)
    assert (state.weight, state.configured, state.ramp_from) == (30, 2000, 5.0)
    get(live, 80, 0)
    assert (state.weight, state.configured, state.ramp_from) == (0, 0, None)


def test_backends_that_failed_are_remembered_until_somebody_asks_or_they_are_gone() -> None:
    live = LiveBackends()
    one = live.get("c", "a", Backend("x", "10.0.0.1", 80, 1))
    two = live.get("c", "a", Backend("y", "10.0.0.2", 80, 1))
    for state in (one, one, two):
        failed(state, Probe(failures=5), 1.0)
    assert live.failing == {one, two}
    live.retain([one.key])
    assert live.failing == {one}
