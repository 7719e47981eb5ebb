"""What a cluster is made of, and which part of it a request belongs to."""

from bfe_py.balance import (
    BLACKHOLE,
    Affinity,
    Backend,
    Balancer,
    Cluster,
    HashSource,
    SubCluster,
    hash_key,
)
from bfe_py.cli.explaining.story import BackendPart, ClusterPart, SubClusterPart
from bfe_py.model import Exchange, Fault


def describe_cluster(balancer: Balancer, exchange: Exchange) -> ClusterPart:
    """The cluster of `balancer`, with the home of `exchange` in it."""
    cluster = balancer.cluster
    home = find_home(balancer, exchange)
    total = sum(max(one.weight, 0) for one in cluster.sub_clusters)
    return ClusterPart(
        name=cluster.name,
        protocol=cluster.protocol,
        policy="hash" if cluster.affinity.is_sticky else cluster.policy,
        connect=cluster.timeouts.connect,
        response_header=cluster.timeouts.response_header,
        same_cluster_retries=cluster.retry.same_cluster,
        cross_cluster_retries=cluster.retry.cross_cluster,
        key=_key_words(cluster),
        sub_clusters=tuple(
            _sub_cluster(one, total, is_home=index == home)
            for index, one in enumerate(cluster.sub_clusters)
        ),
    )


def find_home(balancer: Balancer, exchange: Exchange) -> int | None:
    """Index of the sub-cluster that `exchange` belongs to; None if chance decides, or none can."""
    key = b""
    if balancer.needs_key:
        key = hash_key(
            balancer.cluster.affinity,
            header=exchange.header,
            cookie=exchange.cookies.get,
            address=exchange.client,
            target=exchange.request.target,
            random=lambda _: b"",
        )
        if not key:
            return None
    try:
        return balancer.get_home(key)
    except Fault:
        return None


def likely_backend(cluster: ClusterPart) -> tuple[SubClusterPart, BackendPart] | None:
    """A backend that a request of this home may get; None if there is none with a weight."""
    homes = [one for one in cluster.sub_clusters if one.is_home] or cluster.sub_clusters
    for sub_cluster in homes:
        for backend in sub_cluster.backends:
            if sub_cluster.weight > 0 and backend.weight > 0:
                return sub_cluster, backend
    return None


def _sub_cluster(one: SubCluster, total: int, *, is_home: bool) -> SubClusterPart:
    weights = sum(max(backend.weight, 0) for backend in one.backends)
    return SubClusterPart(
        name="refused" if one.name == BLACKHOLE else one.name,
        weight=one.weight,
        percent=_percent(one.weight, total),
        is_home=is_home,
        backends=tuple(_backend(backend, weights) for backend in one.backends),
    )


def _backend(backend: Backend, total: int) -> BackendPart:
    return BackendPart(
        backend.name, backend.address, backend.weight, _percent(backend.weight, total)
    )


def _percent(weight: int, total: int) -> float:
    return round(100 * max(weight, 0) / total, 1) if total > 0 else 0.0


def _key_words(cluster: Cluster) -> str:
    affinity = cluster.affinity
    match affinity.source:
        case HashSource.CLIENT_ADDRESS:
            return "client address"
        case HashSource.TARGET:
            return "target"
        case HashSource.CLIENT_ID:
            return _id_words(affinity)
        case HashSource.CLIENT_ID_OR_ADDRESS:
            return f"{_id_words(affinity)}, else client address"


def _id_words(affinity: Affinity) -> str:
    return f"header {affinity.header}" if affinity.header else f"cookie {affinity.cookie}"
