"""Backends of one sub-cluster as a policy sees them."""

from bfe_py.balance import Backend, LiveBackends, LiveSubCluster, SubCluster, get_policy
from bfe_py.balance.sub_cluster import bind_states


def live_sub_cluster(
    *weights: int, policy: str = "WRR", slow_start: float = 0.0, live: LiveBackends | None = None
) -> LiveSubCluster:
    backends = tuple([Backend(f"b{i + 1}", "h", 80 + i, w) for i, w in enumerate(weights)])
    sub_cluster = SubCluster("s", 1, backends)
    states = bind_states("c", sub_cluster, live or LiveBackends())
    return LiveSubCluster(sub_cluster, states, get_policy(policy), slow_start)


def test_a_pick_names_the_sub_cluster_and_the_backend() -> None:
    choice = live_sub_cluster(1).pick(b"", 0.0, ())
    assert choice is not None
    assert (choice.sub_cluster, choice.state.name) == ("s", "b1")


def test_nothing_is_picked_when_all_are_down() -> None:
    own = live_sub_cluster(1, 1)
    for state in own.states:
        state.is_up = False
    assert own.pick(b"", 0.0, ()) is None
    assert own.pick(b"", 0.0, (own.states[0],)) is None


def test_what_was_tried_is_picked_only_if_nothing_else_is_up() -> None:
    own = live_sub_cluster(100, 1)
    big, small = own.states
    for _ in range(5):
        choice = own.pick(b"", 0.0, (big,))
        assert choice is not None
        assert choice.state is small
    small.is_up = False
    choice = own.pick(b"", 0.0, (big,))
    assert choice is not None
    assert choice.state is big


def test_an_address_that_stands_twice_has_the_sum_of_the_weights() -> None:
    backends = (Backend("one", "h", 80, 2), Backend("two", "h", 81, 1), Backend("one", "h", 80, 3))
    states = bind_states("c", SubCluster("s", 1, backends), LiveBackends())
    assert [(state.port, state.weight) for state in states] == [(80, 500), (81, 100)]


def test_negative_weights_do_not_add_up() -> None:
    backends = (Backend("one", "h", 80, -2), Backend("one", "h", 80, 3), Backend("x", "h", 81, -1))
    states = bind_states("c", SubCluster("s", 1, backends), LiveBackends())
    assert [state.weight for state in states] == [300, -100]


def test_backends_stand_in_the_order_of_the_policy() -> None:
    backends = (Backend("b", "h", 81, 1), Backend("a", "h", 80, 1))
    sub_cluster = SubCluster("s", 1, backends)
    states = bind_states("c", sub_cluster, LiveBackends())
    for policy, ports in (("WRR", [81, 80]), ("HASHED", [80, 81])):
        own = LiveSubCluster(sub_cluster, states, get_policy(policy), 0.0)
        assert [state.port for state in own.states] == ports


def test_a_backend_that_joins_starts_slowly() -> None:
    live = LiveBackends()
    first = live_sub_cluster(100, live=live)
    live.retain([state.key for state in first.states])
    own = live_sub_cluster(100, 100, slow_start=10.0, live=live)
    own.pick(b"", 50.0, ())
    assert [state.weight for state in own.states] == [10000, 1]
    own.pick(b"", 55.0, ())
    assert [state.weight for state in own.states] == [10000, 5000]
    without = live_sub_cluster(100, 100, live=live)
    assert [state.weight for state in without.states] == [10000, 10000]


def test_a_backend_is_found_by_address() -> None:
    own = live_sub_cluster(1, 1)
    choice = own.find("h:81")
    assert choice is not None
    assert choice.state.name == "b2"
    assert own.find("h:99") is None
