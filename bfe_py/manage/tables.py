"""Pages about the configuration in use: sizes and versions of tables, modules, handlers."""

import msgspec

from bfe_py.balance import Cluster
from bfe_py.manage.answer import PageError
from bfe_py.manage.state import TableCounts
from bfe_py.pipeline import Chain, Handler, Phase
from bfe_py.snapshot import Snapshot, Versions


class HostTableStatus(msgspec.Struct, frozen=True, rename="pascal"):
    """/monitor/host_table_status."""

    host_table_size: int
    host_tag_table_size: int
    vip_table_size: int
    product_route_table_size: int
    product_basic_route_table_size: int


class HostTableVersion(msgspec.Struct, frozen=True, rename="pascal"):
    """/monitor/host_table_version."""

    host_tag: str
    vip: str
    product_route: str


class ClusterTableVersion(msgspec.Struct, frozen=True, rename="pascal"):
    """/monitor/cluster_table_version."""

    cluster_conf_ver: str


class BalanceTableVersion(msgspec.Struct, frozen=True, rename="pascal"):
    """/monitor/bal_table_version."""

    cluster_table_conf_ver: str
    gslb_conf_time_stamp: str
    gslb_conf_src: str


class SubClusterStatus(msgspec.Struct, frozen=True, rename="pascal"):
    """Size of one sub-cluster."""

    backend_num: int


class BalancerStatus(msgspec.Struct, frozen=True, rename="pascal"):
    """Size of one cluster."""

    sub_clusters: dict[str, SubClusterStatus]
    backend_num: int


class BalanceTableStatus(msgspec.Struct, frozen=True, rename="pascal"):
    """/monitor/bal_table_status."""

    balancers: dict[str, BalancerStatus]
    backend_num: int


class ModuleStatus(msgspec.Struct, frozen=True):
    """/monitor/module_status."""

    available: tuple[str, ...]
    enabled: tuple[str, ...]


class ServerStatus(msgspec.Struct, frozen=True):
    """/monitor/server_stat."""

    total_bytes_body_buffer: int


def host_table_status(counts: TableCounts) -> HostTableStatus:
    """Sizes of the tables that lead from host to cluster."""
    return HostTableStatus(
        counts.hosts,
        counts.host_tags,
        counts.vips,
        counts.tenants_with_rules,
        counts.tenants_with_basic_rules,
    )


def host_table_version(versions: Versions) -> HostTableVersion:
    """Version texts of host_rule, vip_rule and route_rule."""
    return HostTableVersion(versions.host_rule, versions.vip_rule, versions.route_rule)


def cluster_table_version(versions: Versions) -> ClusterTableVersion:
    """Version text of cluster_conf."""
    return ClusterTableVersion(versions.cluster_conf)


def balance_table_version(versions: Versions) -> BalanceTableVersion:
    """Version texts of cluster_table and gslb."""
    return BalanceTableVersion(
        versions.cluster_table, versions.gslb_timestamp, versions.gslb_source
    )


def balance_table_status(snapshot: Snapshot) -> BalanceTableStatus:
    """Number of backends of every sub-cluster, cluster and of all."""
    balancers = {}
    for name, cluster in sorted(snapshot.clusters.items()):
        if cluster.has_balance:
            balancers[name] = _balancer_status(cluster)
    return BalanceTableStatus(balancers, sum([each.backend_num for each in balancers.values()]))


def _balancer_status(cluster: Cluster) -> BalancerStatus:
    sizes = {each.name: len(each.backends) for each in cluster.sub_clusters}
    ordered = {name: SubClusterStatus(size) for name, size in sorted(sizes.items())}
    return BalancerStatus(ordered, sum(sizes.values()))


def cluster_status(snapshot: Snapshot, name: str) -> bytes:
    """Whether a cluster can be balanced, in BFE's words."""
    cluster = snapshot.clusters.get(name)
    if cluster is None or not cluster.has_balance:
        word = "Not Exist"
    else:
        word = "Exist" if cluster.sub_clusters else "No SubCluster"
    return f'{{"status": "{word}"}}'.encode()


def handler_lists(chain: Chain) -> dict[str, list[str]]:
    """Handlers of every phase in the order in which they run, under BFE's names of the phases."""
    lists = {}
    for number, phase in enumerate(Phase):
        named = zip(chain.names[phase], chain.handlers[phase], strict=True)
        lists[f"{number}#{phase.value}"] = [
            f"{module}.{_name_of(handler)}" for module, handler in named
        ]
    return lists


def _name_of(handler: Handler) -> str:
    name = getattr(handler, "__name__", "")
    return name or type(handler).__name__


def encode_table(table: msgspec.Struct, form: str, prefix: str = "") -> bytes:
    """A flat page in the format that the client asked for.

    Raises:
        PageError: there is no such format.
    """
    if form == "json":
        return msgspec.json.encode(table)
    if form == "kv":
        values: dict[str, object] = msgspec.to_builtins(table)
        return "".join([f"{prefix}{name}:{value}\n" for name, value in values.items()]).encode()
    raise PageError(f"invalid format:{form}")
