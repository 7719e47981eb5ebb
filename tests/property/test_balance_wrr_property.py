"""Smooth weighted round robin is exact."""

from collections import Counter
from math import gcd

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.balance import Backend, Balancer, Cluster, LiveBackends, SubCluster

WEIGHTS = st.lists(st.integers(-1, 12), min_size=1, max_size=6).filter(lambda w: max(w) > 0)


def balancer(weights: list[int], offset: int) -> Balancer:
    backends = tuple([Backend(f"b{i}", "h", i, weight) for i, weight in enumerate(weights)])
    return Balancer(Cluster("c", (SubCluster("s", 1, backends),)), LiveBackends(), offset=offset)


@given(WEIGHTS, st.integers(0, 100), st.integers(0, 3))
def test_over_the_sum_of_the_weights_each_is_picked_its_weight(
    weights: list[int], offset: int, rounds: int
) -> None:
    shares = [max(weight, 0) // gcd(*[w for w in weights if w > 0]) for weight in weights]
    own = balancer(weights, offset)
    for _ in range(rounds):
        picked = Counter(own.start().next(0.0).state.port for _ in range(sum(shares)))
        assert [picked[port] for port in range(len(weights))] == shares


@given(WEIGHTS, st.data())
def test_the_sum_of_the_turns_stays_that_of_the_weights(
    weights: list[int], data: st.DataObject
) -> None:
    own = balancer(weights, 0)
    states = own.sub_clusters[0].states
    for _ in range(data.draw(st.integers(1, 30))):
        own.start().next(0.0)
    eligible = [state for state in states if state.weight > 0]
    assert sum(state.current for state in eligible) == sum(state.weight for state in eligible)


@given(WEIGHTS)
def test_two_workers_at_different_offsets_pick_the_same_turns_shifted(weights: list[int]) -> None:
    first, second = balancer(weights, 0), balancer(weights, 1)
    ports = [first.start().next(0.0).state.port for _ in range(20)]
    if sum(weight > 0 for weight in weights) > 1:
        assert ports[1:] == [second.start().next(0.0).state.port for _ in range(19)]
