"""Sub-cluster of a key, and where it may cross to."""

import pytest

from bfe_py.balance import BLACKHOLE, SubCluster
from bfe_py.balance.gslb import Partition, cross_targets
from bfe_py.model import parse_address


def sub_clusters(**weights: int) -> list[SubCluster]:
    return [SubCluster(name, weight, ()) for name, weight in weights.items()]


def packed(text: str) -> bytes:
    address = parse_address(text)
    assert address is not None
    return address.packed


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (b"val", BLACKHOLE),
        (b"/index.html?a=1", "sub.bj"),
        (b"user-1", "sub.sh"),
        (packed("1.1.1.1"), "sub.bj"),
        (packed("10.0.0.1"), "sub.sh"),
        (packed("10.0.0.2"), BLACKHOLE),
    ],
)
def test_the_key_falls_by_weight_in_the_order_of_names(key: bytes, name: str) -> None:
    given = sub_clusters(**{"sub.sh": 45, "sub.bj": 45, BLACKHOLE: 10})
    found = Partition(given).find(key)
    assert found is not None
    assert given[found].name == name


def test_names_are_ordered_by_bytes() -> None:
    given = sub_clusters(**{"9": 20, "a": 20, "10": 20, "_x": 20, "Z": 20})
    # 8, 32, 58, 76 and 4 of 100
    keys = [packed("10.0.0.2"), b"/index.html?a=1", b"user-1", packed("10.0.0.1"), b"val"]
    found = [Partition(given).find(key) for key in keys]
    assert [given[index].name for index in found if index is not None] == [
        "10",
        "9",
        "Z",
        "_x",
        "10",
    ]


@pytest.mark.parametrize("key", [b"", b"x", b"val"])
def test_one_positive_weight_takes_every_key(key: bytes) -> None:
    partition = Partition(sub_clusters(a=0, b=100, c=-5, **{BLACKHOLE: 0}))
    assert (partition.find(key), partition.single, partition.needs_key) == (1, 1, False)


def test_more_than_one_positive_weight_needs_a_key() -> None:
    partition = Partition(sub_clusters(a=1, b=1))
    assert (partition.single, partition.needs_key) == (None, True)


def test_no_positive_weight_takes_no_key() -> None:
    partition = Partition(sub_clusters(a=0, b=-1))
    assert (partition.find(b"x"), partition.needs_key) == (None, False)


@pytest.mark.parametrize(("is_compatible", "targets"), [(False, ("d",)), (True, ("b", "d"))])
def test_a_drained_sub_cluster_takes_no_crossing_traffic_unless_compatible(
    is_compatible: bool, targets: tuple[str, ...]
) -> None:
    given = sub_clusters(d=1, c=-1, b=0, a=100, **{BLACKHOLE: 5})
    found = cross_targets(given, 3, is_compatible=is_compatible)
    assert tuple(given[index].name for index in found) == targets
