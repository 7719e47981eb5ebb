"""Which exchanges a reload has touched: those that would go elsewhere from now on."""

from collections.abc import Iterable

from bfe_py.model import Exchange
from bfe_py.snapshot import Snapshot


def find_touched(exchanges: Iterable[Exchange], old: Snapshot, new: Snapshot) -> list[Exchange]:
    """Those of `exchanges` that `new` takes from where they are, and `old` did not.

    Their host is another tenant's, their route leads to another cluster, or their backend is no
    longer there. Modules may have changed what routes look at since: so both are asked the same.
    """
    return [exchange for exchange in exchanges if _is_touched(exchange, old, new)]


def _is_touched(exchange: Exchange, old: Snapshot, new: Snapshot) -> bool:
    tenant, cluster, attempt = exchange.tenant, exchange.cluster, exchange.attempt
    if attempt is None:
        return False
    if old.tenants is not new.tenants and _tenant(exchange, old) != _tenant(exchange, new):
        return True
    tables = old.routes.get(tenant), new.routes.get(tenant)
    if tables[0] is not tables[1] and _route(exchange, old) != _route(exchange, new):
        return True
    if old.clusters.get(cluster) is new.clusters.get(cluster):
        return False
    balancer = new.balancers.get(cluster)
    address = f"{attempt.host}:{attempt.port}"
    return balancer is None or all(own.find(address) is None for own in balancer.sub_clusters)


def _tenant(exchange: Exchange, snapshot: Snapshot) -> str:
    match = snapshot.tenants.find(exchange.host, exchange.vip)
    return "" if match is None else match.tenant


def _route(exchange: Exchange, snapshot: Snapshot) -> str:
    table = snapshot.routes.get(exchange.tenant)
    route = None if table is None else table.find(exchange.host, exchange.path, exchange)
    return "" if route is None else route.cluster
