"""Where an exchange goes: its tenant, and the cluster that the routes of that one name."""

from bfe_py.balance import Cluster
from bfe_py.model import Exchange, Fault, Kind
from bfe_py.snapshot import Snapshot


def find_tenant(snapshot: Snapshot, exchange: Exchange) -> None:
    """Give `exchange` its tenant.

    Raises:
        Fault: its host and its virtual address are nobody's.
    """
    tenant = snapshot.tenants.find(exchange.host, exchange.vip)
    if tenant is None:
        raise Fault(Kind.NO_TENANT, "no tenant for this host")
    exchange.tenant, exchange.host_tag = tenant.tenant, tenant.tag


def find_cluster(snapshot: Snapshot, exchange: Exchange) -> Cluster:
    """The cluster of `exchange`, which gets its name.

    Raises:
        Fault: no route, or no such cluster.
    """
    table = snapshot.routes.get(exchange.tenant)
    if table is None:
        raise Fault(Kind.NO_ROUTE, "no route rule")
    route = table.find(exchange.host, exchange.path, exchange)
    if route is None:
        raise Fault(Kind.NO_ROUTE, table.reason)
    exchange.cluster = route.cluster
    cluster = snapshot.clusters.get(route.cluster)
    if cluster is None:
        raise Fault(Kind.NO_CLUSTER, route.cluster)
    return cluster
