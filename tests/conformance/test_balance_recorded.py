"""Sequences of backends that BFE itself answered with, request after request.

A digit is the index of a backend, ``-`` a request that reached none.
"""

import pytest

from bfe_py.balance import (
    BLACKHOLE,
    Affinity,
    Backend,
    Balancer,
    Cluster,
    HashSource,
    LiveBackends,
    SubCluster,
    hash_key,
    short_key,
)
from bfe_py.model import Fault, parse_address

ID, PREFERRED = HashSource.CLIENT_ID, HashSource.CLIENT_ID_OR_ADDRESS
ADDRESS, TARGET = HashSource.CLIENT_ADDRESS, HashSource.TARGET
FIELD, COOKIE = Affinity(ID, header="X-Id"), Affinity(ID, cookie="UID")


def backends(*weights: tuple[int, int]) -> tuple[Backend, ...]:
    """Backends of (index, weight)."""
    return tuple([Backend(f"b{i}", "127.0.0.1", 19200 + i, weight) for i, weight in weights])


def served(own: Balancer, key: bytes, *, is_held: bool = False) -> str:
    """Index of the backend that the next exchange goes to."""
    attempts = own.start(key)
    try:
        state = attempts.next(0.0).state
    except Fault:
        return "-"
    if not is_held:
        attempts.finish()
    return str(state.port - 19200)


@pytest.mark.parametrize("is_compatible", [True, False])
@pytest.mark.parametrize(
    ("policy", "is_held", "weights", "sequence"),
    [
        ("WRR", False, (3, 2, 1), "010210010210010210010"),
        ("WRR", False, (1, 1, 1), "012012012012"),
        ("WRR", False, (10,), "0" * 33),
        ("WRR", False, (1000, 1), "0" * 93),
        ("WRR", False, (7, 5, 3, 1), "012010301201021001201030120102100120103012010210012"),
        ("WRR", False, (1, 1, 1, 1, 1, 1, 1, 1, 1, 1), "012345678901234567890123456789012"),
        (
            "WRR",
            False,
            (100, 200, 300),
            "2102122102122102122102122102122102122102122102122102122102122102122102122102"
            "12210212210212210",
        ),
        ("WRR", False, (3, -1, 2), "020200202002020020"),
        (
            "WRR",
            False,
            (1, 2, 4, 8, 16),
            "4342434143424340434243414342434434243414342434043424341434243443424341434243"
            "40434243414342434",
        ),
        ("WLC", True, (3, 2, 1), "012010201"),
        ("WLC", True, (300, 200, 100, 50), "0123010012010012301"),
        ("WLC", True, (5, 1), "010000010000"),
        ("WLC", True, (1, 1), "011001"),
        ("WLC", True, (2, 3, 5, 7), "3210323123032132303213231230321323"),
        ("WLC", False, (3, 2, 1), "010210010210010210010210"),
        ("WLC", False, (1, 1), "010101010101010101010101"),
    ],
)
def test_turns_by_weight(
    policy: str, is_held: bool, weights: tuple[int, ...], sequence: str, is_compatible: bool
) -> None:
    own = SubCluster("s", 1, backends(*enumerate(weights)))
    made = Balancer(
        Cluster("c", (own,), policy=policy), LiveBackends(), is_compatible=is_compatible
    )
    assert "".join([served(made, b"", is_held=is_held) for _ in sequence]) == sequence


def test_a_thousand_to_one() -> None:
    own = Balancer(Cluster("c", (SubCluster("s", 1, backends((0, 1000), (1, 1))),)), LiveBackends())
    sequence = [served(own, b"") for _ in range(1000)]
    assert (sequence.count("0"), sequence.count("1")) == (999, 1)


def three(*weights: int) -> tuple[SubCluster, ...]:
    """Sub-clusters of one backend each."""
    return tuple(
        [SubCluster(f"sub.{'abc'[i]}", w, backends((i, 1))) for i, w in enumerate(weights)]
    )


def one(*weights: tuple[int, int]) -> tuple[SubCluster, ...]:
    return (SubCluster("s", 1, backends(*weights)),)


BOTH = (
    SubCluster("s1", 50, backends((0, 1), (1, 1))),
    SubCluster("s2", 50, backends((2, 2), (3, 1))),
)
STICKY_FIELD = Affinity(ID, header="X-Id", is_sticky=True)
STICKY_COOKIE = Affinity(ID, cookie="UID", is_sticky=True)
STICKY_BOTH = Affinity(PREFERRED, header="X-Id", is_sticky=True)


@pytest.mark.parametrize("is_compatible", [True, False])
@pytest.mark.parametrize(
    ("affinity", "sub_clusters", "pattern", "sequence"),
    [
        (
            COOKIE,
            three(50, 30, 20),
            "user-%d",
            "112000100102002000100000110010000200100010022002200100201221",
        ),
        (
            COOKIE,
            three(50, 30, 20),
            "%d",
            "101110012010000210110100000121000112002110021010202000110021",
        ),
        (COOKIE, three(50, 30, 20), '"q %d"', "22002121001010020002"),
        (FIELD, three(1, 1, 1), "first-%d", "21212120100210110222"),
        (FIELD, three(1, 1, 1), "dev-%d", "111022112121001201000101010112"),
        (FIELD, three(1, 1, 1), "d\udcfc%d", "2021021212"),
        (
            Affinity(PREFERRED, cookie="UID"),
            three(40, 40, 20),
            "p%d",
            "011110101221111121111020000110",
        ),
        (
            Affinity(TARGET),
            three(34, 33, 33),
            "/uri/p%d",
            "121112220220011112222212201121011121220021200102000002210011",
        ),
        (FIELD, three(-5, 60, 40), "n%d", "1211211111121221112221211121122222221111"),
        (FIELD, (SubCluster(BLACKHOLE, 100, ()), *three(0)), "%d", "-----"),
        (
            STICKY_FIELD,
            one((0, 3), (1, 2), (2, 1)),
            "user-%d",
            "120010001000111102120100110000110020120020221211001100021000",
        ),
        (
            STICKY_COOKIE,
            one((4, 1), (3, 1), (5, 1)),
            "s%d",
            "454454335455434344555555453445434343434334544445335345545544",
        ),
        (
            STICKY_FIELD,
            one((0, 0), (1, 2), (2, 1)),
            "%d",
            "1111111121111111111211112111111112122111",
        ),
        (
            Affinity(TARGET, is_sticky=True),
            one((6, 1), (7, 1)),
            "/stickyuri/%d",
            "7677676666677767677777676677767767767676",
        ),
        (
            STICKY_FIELD,
            (SubCluster("s", 80, backends((0, 1), (1, 1))), SubCluster(BLACKHOLE, 20, ())),
            "%d",
            "0-1010101110--111000-101---0010--0011-101111110-1-111-10--01",
        ),
        (
            STICKY_BOTH,
            BOTH,
            "b%d",
            "31011032200101302132232300302121010131000211011022021320002101012301211132112200",
        ),
        (COOKIE, three(1, 1, 1), "o%d", "201121202122122000101220222212"),
    ],
)
def test_places_by_key(
    affinity: Affinity,
    sub_clusters: tuple[SubCluster, ...],
    pattern: str,
    sequence: str,
    is_compatible: bool,
) -> None:
    cluster = Cluster("c", sub_clusters, affinity=affinity)
    own = Balancer(cluster, LiveBackends(), is_compatible=is_compatible)
    got = []
    for i in range(len(sequence)):
        text = pattern % i
        key = hash_key(
            affinity,
            header=lambda name, text=text: text if name == "X-Id" else None,
            cookie=lambda name, text=text: text if name == "UID" else None,
            address=None,
            target=text.encode("utf-8", "surrogateescape"),
            random=bytes,
        )
        got.append(served(own, key))
    assert "".join(got) == sequence


# Recorded on a listener bound to an IPv4 address: the key has 4 bytes.
@pytest.mark.parametrize(
    ("affinity", "sub_clusters", "pattern", "sequence"),
    [
        (
            Affinity(ADDRESS),
            three(40, 40, 20),
            "127.9.8.%d",
            "1010210120101100011101010220022100010001",
        ),
        (
            Affinity(ADDRESS, is_sticky=True),
            one((0, 1), (1, 1), (2, 1), (3, 1)),
            "127.0.2.%d",
            "013302023310332222333101012031200133212331311012100011323121",
        ),
        (STICKY_BOTH, BOTH, "127.0.3.%d", "02101033122333030221"),
    ],
)
def test_places_by_short_address(
    affinity: Affinity, sub_clusters: tuple[SubCluster, ...], pattern: str, sequence: str
) -> None:
    own = Balancer(Cluster("c", sub_clusters, affinity=affinity), LiveBackends())
    got = []
    for i in range(len(sequence)):
        address = parse_address(pattern % (i + 1))
        assert address is not None
        key = hash_key(
            affinity,
            header=lambda name: None,
            cookie=lambda name: None,
            address=short_key(address),
            target=b"",
            random=bytes,
        )
        got.append(served(own, key))
    assert "".join(got) == sequence
