"""Where every exchange of a cluster has the same home, nobody looks for it."""

import pytest

from bfe_py.balance import BLACKHOLE, Backend, Balancer, Cluster, LiveBackends, SubCluster
from bfe_py.model import Fault, Kind

KEYS = [b"", b"a", b"10.1.2.3", bytes(16)]


def balancer(**weights: int) -> Balancer:
    sub_clusters = [
        SubCluster(name, weight, (Backend(name + "1", "10.0.0.1", 80, 1),))
        for name, weight in weights.items()
    ]
    return Balancer(Cluster("c", tuple(sub_clusters)), LiveBackends())


# weights, index of the only home
@pytest.mark.parametrize(
    ("weights", "home"),
    [
        ({"a": 1}, 0),
        ({"b": 100}, 0),
        ({"a": 0, "b": 1}, 1),
        ({"b": 1, "a": 0}, 0),
        ({"b": -1, "a": 0, "c": 7}, 2),
        ({"a": 1, BLACKHOLE: 0}, 0),
        ({"a": 1, "b": 1}, None),
        ({"a": 1, BLACKHOLE: 1}, None),
        ({"a": 0, BLACKHOLE: 1}, None),
        ({BLACKHOLE: 1}, None),
        ({"a": 0, "b": 0}, None),
        ({}, None),
    ],
    ids=str,
)
def test_a_cluster_has_one_home_where_one_sub_cluster_has_all_the_weight(
    weights: dict[str, int], home: int | None
) -> None:
    own = balancer(**weights)
    assert own.only_home == home
    if home is not None:
        assert {own.get_home(key) for key in KEYS} == {home}
        names = list(weights)
        assert {own.start(key).next(0.0).sub_cluster for key in KEYS} == {names[home]}


def test_without_one_home_every_exchange_goes_to_its_own() -> None:
    own = balancer(a=1, b=1)
    for key in [bytes([number]) for number in range(20)]:
        assert own.start(key).next(0.0).sub_cluster == own.sub_clusters[own.get_home(key)].name
    assert {own.start(bytes([number])).next(0.0).sub_cluster for number in range(20)} == {"a", "b"}


@pytest.mark.parametrize(
    ("weights", "kind"),
    [
        ({BLACKHOLE: 1, "a": 0}, Kind.BLACKHOLE),
        ({"a": 0}, Kind.NO_SUB_CLUSTER),
        ({}, Kind.NO_SUB_CLUSTER),
    ],
    ids=str,
)
def test_an_exchange_without_a_home_is_refused(weights: dict[str, int], kind: Kind) -> None:
    with pytest.raises(Fault) as refused:
        balancer(**weights).start(b"key").next(0.0)
    assert refused.value.kind is kind


def test_a_cluster_without_any_balance_has_no_home() -> None:
    sub_clusters = (SubCluster("a", 1, (Backend("a1", "10.0.0.1", 80, 1),)),)
    own = Balancer(Cluster("c", sub_clusters, has_balance=False), LiveBackends())
    assert own.only_home is None
    with pytest.raises(Fault) as refused:
        own.start().next(0.0)
    assert refused.value.kind is Kind.NO_BALANCE
