"""Which sub-cluster an exchange belongs to, and where it may go when that one fails."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from bfe_py.balance.cluster import SubCluster
from bfe_py.balance.hashing import hash_of

BLACKHOLE = "GSLB_BLACKHOLE"
"""Name of the sub-cluster that refuses what falls on it."""


class Partition:
    """Sub-clusters that divide the keys among them by their positive weights.

    Indices are those of `sub_clusters` as given. The division itself goes by the names in byte
    order, so that every process draws the same borders whatever the order in a file.

    `needs_key`: more than one of them has a share. `single`: the one that has it all, or None.
    """

    __slots__ = ("_ends", "_indices", "needs_key", "single")

    def __init__(self, sub_clusters: Sequence[SubCluster]) -> None:
        order = sorted(range(len(sub_clusters)), key=lambda index: _name(sub_clusters[index]))
        self._indices = [index for index in order if sub_clusters[index].weight > 0]
        self._ends = list(accumulate([sub_clusters[index].weight for index in self._indices]))
        self.needs_key = len(self._indices) > 1
        self.single = self._indices[0] if len(self._indices) == 1 else None

    def find(self, key: bytes) -> int | None:
        """Index of the sub-cluster that `key` falls on; None if none has a positive weight."""
        if self.single is not None:
            return self.single
        if not self._ends:
            return None
        return self._indices[bisect_right(self._ends, hash_of(key) % self._ends[-1])]


def cross_targets(
    sub_clusters: Sequence[SubCluster], home: int, *, is_compatible: bool
) -> tuple[int, ...]:
    """Indices of the sub-clusters that an exchange of `home` may cross to, in byte order of names.

    A weight of 0 means drained; BFE sends crossing traffic there nevertheless (`is_compatible`).
    """
    least = 0 if is_compatible else 1
    targets = [
        index
        for index, sub_cluster in enumerate(sub_clusters)
        if index != home and sub_cluster.weight >= least and sub_cluster.name != BLACKHOLE
    ]
    return tuple(sorted(targets, key=lambda index: _name(sub_clusters[index])))


def _name(sub_cluster: SubCluster) -> bytes:
    return sub_cluster.name.encode("utf-8", "surrogateescape")
