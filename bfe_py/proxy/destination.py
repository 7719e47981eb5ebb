"""Where an exchange goes: its tenant, and the cluster that the routes of that one name."""

from bfe_py.balance import Balancer
from bfe_py.model import Exchange, Fault, Kind
from bfe_py.snapshot import Snapshot
from bfe_py.tenant import TenantMatch


def find_tenant(snapshot: Snapshot, exchange: Exchange) -> None:
    """Give `exchange` its tenant.

    Raises:
        Fault: its host and its virtual address are nobody's, or another tenant's than the name in
            the TLS handshake.
    """
    tenant: TenantMatch | None
    token, host, tenant = exchange.session.known_tenant
    if token is not snapshot.token or host is not exchange.host:
        tenant = snapshot.tenants.find(exchange.host, exchange.vip)
        if tenant is None:
            raise Fault(Kind.NO_TENANT, "no tenant for this host")
        _check_handshake(snapshot, exchange, tenant)
        exchange.session.known_tenant = (snapshot.token, exchange.host, tenant)
    assert tenant is not None
    exchange.tenant, exchange.host_tag = tenant.tenant, tenant.tag


def _check_handshake(snapshot: Snapshot, exchange: Exchange, tenant: TenantMatch) -> None:
    # RFC 9110 15.5.20. What one tenant asks of a client's certificate, say, another must not be
    # reached without; BFE takes any host.
    tls = exchange.session.tls
    if tls is None or not tls.server_name or exchange.compatible:
        return
    named = snapshot.tenants.find(tls.server_name, exchange.vip)
    if named is not None and named.tenant != tenant.tenant:
        raise Fault(Kind.MISDIRECTED, "host of another tenant than the name of the TLS handshake")


def find_balancer(snapshot: Snapshot, exchange: Exchange) -> Balancer:
    """The balancer of the cluster of `exchange`, whose session gets the times of that cluster.

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
    balancer = snapshot.balancers.get(route.cluster)
    if balancer is None:
        raise Fault(Kind.NO_CLUSTER, route.cluster)
    session, timeouts = exchange.session, balancer.cluster.timeouts
    if session.granted_by is not timeouts:
        session.granted_by = timeouts
        session.idle_seconds = timeouts.read_client_again
        session.read_seconds = timeouts.read_client
        session.write_seconds = timeouts.write_client
    return balancer
