"""What a session remembers of where its requests go, and what it is granted there."""

from dataclasses import replace

import pytest

from bfe_py.balance import Balancer, Cluster, LiveBackends, Timeouts
from bfe_py.model import UNIX_PEER, Exchange, Fault, Headers, Kind, RequestHead, Session
from bfe_py.observe import Registry
from bfe_py.proxy.destination import find_balancer, find_tenant
from bfe_py.snapshot import Snapshot
from bfe_py.tenant import HostEntry, HostTable, TenantTable
from tests.kit.modules import make_address, make_tls
from tests.kit.plane import make_snapshot

VIP = make_address("192.0.2.7")


def snapshot_of(hosts: dict[str, str], vips: dict[int, str] | None = None) -> Snapshot:
    """One whose `hosts` are these tenants', and all of them have cluster `web`."""
    snapshot = make_snapshot([], LiveBackends(), Registry())
    entries = [(host, HostEntry(tenant, "tag-" + tenant)) for host, tenant in hosts.items()]
    routes = dict.fromkeys(hosts.values(), snapshot.routes["shop"])
    return replace(
        snapshot,
        tenants=TenantTable(HostTable(entries), vips or {}, None),
        routes=routes,
        token=object(),
    )


def session_to(vip: bool = False) -> Session:
    """A session of a client that connected to `VIP`, if it did."""
    return Session(UNIX_PEER, UNIX_PEER, 0.0, vip=VIP if vip else None)


def exchange_of(session: Session, host: bytes = b"a.test") -> Exchange:
    """The next request of a session."""
    return Exchange(session, RequestHead(b"GET", b"/", Headers([(b"Host", host)])), 0.0)


def tenant_of(snapshot: Snapshot, exchange: Exchange) -> tuple[str, str]:
    """Tenant and tag that are found."""
    find_tenant(snapshot, exchange)
    return exchange.tenant, exchange.host_tag


def test_every_host_has_its_tenant_in_whatever_order_they_come() -> None:
    snapshot, session = snapshot_of({"a.test": "a", "b.test": "b"}), session_to()
    for host in (b"a.test", b"a.test", b"b.test", b"a.test", b"A.test:80", b"b.test"):
        name = host[:1].decode().lower()
        assert tenant_of(snapshot, exchange_of(session, host)) == (name, "tag-" + name)


def test_a_tenant_that_is_known_is_not_looked_for_again() -> None:
    class Tenants(TenantTable):
        def find(self, host: str, vip: int | None) -> None:
            raise AssertionError("looked for again")

    snapshot, session = snapshot_of({"a.test": "a"}), session_to()
    find_tenant(snapshot, exchange_of(session))
    silent = replace(snapshot, tenants=Tenants(HostTable([]), {}, None))
    assert tenant_of(silent, exchange_of(session)) == ("a", "tag-a")


HANDSHAKES = [
    (None, b"b.test", "b"),  # in clear, or a client that names nobody
    ("a.test", b"a.test", "a"),
    ("A.test", b"www.a.test", "a"),  # another host of the same tenant
    ("a.test", b"b.test", None),
    ("nobody.test", b"b.test", "b"),
]


@pytest.mark.parametrize(("name", "host", "tenant"), HANDSHAKES)
@pytest.mark.parametrize("is_secure", [False, True])
def test_a_host_is_served_to_who_named_its_tenant_in_the_handshake(
    name: str | None, host: bytes, tenant: str | None, is_secure: bool
) -> None:
    snapshot = snapshot_of({"a.test": "a", "www.a.test": "a", "b.test": "b"})
    session = session_to()
    session.tls = make_tls(name) if is_secure else None
    if tenant or not is_secure:
        assert tenant_of(snapshot, exchange_of(session, host))[0] == host[-6:-5].decode()
        return
    for _ in range(2):
        with pytest.raises(Fault) as caught:
            find_tenant(snapshot, exchange_of(session, host))
        assert caught.value.kind is Kind.MISDIRECTED


def test_as_bfe_does_any_host_is_served_whatever_the_handshake_named() -> None:
    session = session_to()
    session.tls = make_tls("a.test")
    exchange = exchange_of(session, b"b.test")
    exchange.compatible = True
    assert tenant_of(snapshot_of({"a.test": "a", "b.test": "b"}), exchange)[0] == "b"


def test_a_host_that_changed_hands_between_two_requests_is_the_new_tenants() -> None:
    session = session_to()
    assert tenant_of(snapshot_of({"a.test": "a"}), exchange_of(session))[0] == "a"
    assert tenant_of(snapshot_of({"a.test": "b"}), exchange_of(session))[0] == "b"
    with pytest.raises(Fault) as caught:
        find_tenant(snapshot_of({"c.test": "c"}), exchange_of(session))
    assert caught.value.kind is Kind.NO_TENANT


def test_a_request_begun_before_a_reload_keeps_its_tenants_to_the_end() -> None:
    session, old, new = session_to(), snapshot_of({"a.test": "a"}), snapshot_of({"a.test": "b"})
    assert tenant_of(new, exchange_of(session))[0] == "b"
    assert tenant_of(old, exchange_of(session))[0] == "a"


def test_a_host_that_a_rule_rewrote_decides_for_this_request_only() -> None:
    snapshot, session = snapshot_of({"a.test": "a", "b.test": "b"}), session_to()
    find_tenant(snapshot, exchange_of(session))
    rewritten = exchange_of(session)
    rewritten.rewrite(host=b"b.test")
    assert tenant_of(snapshot, rewritten)[0] == "b"
    assert tenant_of(snapshot, exchange_of(session))[0] == "a"


def test_an_unknown_host_belongs_to_the_address_that_its_client_connected_to() -> None:
    snapshot = snapshot_of({"a.test": "a"}, {VIP.value: "v"})
    session = session_to(vip=True)
    assert tenant_of(snapshot, exchange_of(session, b"other.test")) == ("v", "")
    assert tenant_of(snapshot, exchange_of(session)) == ("a", "tag-a")
    assert tenant_of(snapshot, exchange_of(session, b"")) == ("v", "")
    with pytest.raises(Fault):
        find_tenant(snapshot, exchange_of(session_to(), b"other.test"))


def test_a_host_of_nobody_is_forgotten() -> None:
    snapshot, session = snapshot_of({"a.test": "a"}), session_to()
    for _ in range(2):
        with pytest.raises(Fault):
            find_tenant(snapshot, exchange_of(session, b"other.test"))
    assert tenant_of(snapshot, exchange_of(session))[0] == "a"


# --- what the cluster grants


def granted(session: Session) -> tuple[float | None, ...]:
    return session.idle_seconds, session.read_seconds, session.write_seconds


def with_times(snapshot: Snapshot, times: Timeouts) -> Snapshot:
    """`snapshot` with a cluster of these times."""
    balancer = Balancer(Cluster("web", timeouts=times), LiveBackends())
    return replace(snapshot, balancers={"web": balancer})


def test_a_session_has_the_times_of_the_cluster_it_used_last() -> None:
    session = session_to()
    assert granted(session) == (None, None, None)
    base = snapshot_of({"a.test": "a"})
    first = with_times(base, Timeouts(read_client_again=1.0, read_client=2.0, write_client=3.0))
    other = with_times(base, Timeouts(read_client_again=4.0, read_client=5.0, write_client=6.0))
    for snapshot, times in ((first, (1.0, 2.0, 3.0)), (other, (4.0, 5.0, 6.0))) * 2:
        for _ in range(2):
            exchange = exchange_of(session)
            find_tenant(snapshot, exchange)
            assert find_balancer(snapshot, exchange) is snapshot.balancers["web"]
            assert exchange.cluster == "web"
            assert granted(session) == times


def test_a_request_that_finds_no_cluster_changes_no_times() -> None:
    session, snapshot = session_to(), snapshot_of({"a.test": "a"})
    exchange = exchange_of(session)
    find_tenant(snapshot, exchange)
    for broken, kind in (
        (replace(snapshot, routes={}), Kind.NO_ROUTE),
        (replace(snapshot, balancers={}), Kind.NO_CLUSTER),
    ):
        with pytest.raises(Fault) as caught:
            find_balancer(broken, exchange)
        assert caught.value.kind is kind
    assert granted(session) == (None, None, None)
