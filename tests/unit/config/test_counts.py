"""How much a configuration holds."""

from bfe_py.config.counts import TreeCounts, count_tree
from bfe_py.config.dynamic import (
    AdvancedRule,
    BackendEntry,
    BalanceGroup,
    BasicRule,
    CertificateEntry,
    CertificateTable,
    ClusterConf,
    ClusterEntry,
    ClusterTable,
    HostRule,
    RouteRule,
    ServerCertConf,
    ServerGroup,
    TenantGroup,
    TlsGroup,
    Tree,
    VipRule,
)
from tests.kit.rules_files import SERVED, read


def test_nothing_is_counted_in_an_empty_tree() -> None:
    assert count_tree(Tree()) == count_tree(Tree(tls=TlsGroup())) == TreeCounts()


def test_everything_of_both_notations_is_counted() -> None:
    rule = AdvancedRule(condition="default_t()", cluster="c")
    tree = Tree(
        server=ServerGroup(
            hosts=HostRule(hosts={"t": ["a", "b"], "u": None}, tags={"shop": ["t"], "blog": None}),
            vips=VipRule(vips={"shop": ["192.0.2.1"], "blog": None}),
            routes=RouteRule(
                basic={"shop": [BasicRule()], "x": None}, advanced={"shop": [rule, rule]}
            ),
            clusters=ClusterConf(clusters={"c": ClusterEntry(), "d": None}),
        ),
        balance=BalanceGroup(
            table=ClusterTable(clusters={"c": {"s": [BackendEntry(), None], "t": None}, "d": None})
        ),
        tls=TlsGroup(
            certificates=ServerCertConf(
                table=CertificateTable(certificates={"a": CertificateEntry()})
            )
        ),
        tenants={
            "own": read(f"{SERVED}\nhosts b.example\nvips 192.0.2.2", "own").accepted,
            "empty": TenantGroup(tenant="empty"),
        },
    )

    assert count_tree(tree) == TreeCounts(
        tenants=4,
        hosts=4,
        host_tags=3,
        vips=2,
        tenants_with_rules=2,
        tenants_with_basic_rules=2,
        rules=3,
        basic_rules=1,
        clusters=3,
        backends=3,
        certificates=1,
    )


def test_a_tenant_of_both_notations_is_one() -> None:
    tree = Tree(
        server=ServerGroup(hosts=HostRule(tags={"shop": []})),
        tenants={"shop": TenantGroup(tenant="shop")},
    )

    assert count_tree(tree).tenants == 1
