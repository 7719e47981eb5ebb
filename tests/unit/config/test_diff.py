"""Lines about what changed between two configurations."""

from typing import Any

import msgspec
import pytest

from bfe_py.config.diff import describe_change
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
    GslbConf,
    HostRule,
    ModuleDocument,
    NameConf,
    NameEntry,
    Pem,
    RouteRule,
    ServerCertConf,
    ServerGroup,
    TenantGroup,
    TlsGroup,
    TlsRule,
    TlsRuleConf,
    Tree,
    VipRule,
)
from tests.kit.rules_files import read

SHOP = """
hosts shop.example, www.shop.example
cluster web { backend 10.0.0.1:8000 }
cluster api { backend 10.0.0.2:8000 }
route req_path_in("/a", false) -> api
route req_path_in("/b", false) -> api
route -> web
"""


def shop(text: str = SHOP) -> Tree:
    return Tree(tenants={"shop": read(text).accepted})


def test_the_first_configuration_is_told_in_numbers() -> None:
    assert describe_change(None, shop()) == [
        "first configuration: 1 tenant, 2 hosts, 3 routes, 2 clusters, 2 backends"
    ]


@pytest.mark.parametrize("tree", [Tree(), shop()])
def test_nothing_is_told_of_what_is_the_same(tree: Tree) -> None:
    assert describe_change(tree, msgspec.structs.replace(tree, version="other")) == []


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("route -> web", 'route req_path_in("/c", false) -> web\nroute -> web', "+1 route"),
        (
            "8000 }\nroute",
            "8000 }\ncluster old { backend a:1 }\nroute -> old\nroute",
            "+1 route, +1 cluster",
        ),
        (", www.shop.example", "", "-1 host"),
        (", www.shop.example", ", a.example, b.example", "+2 hosts, -1 host"),
        ("10.0.0.1:8000", "10.0.0.1:9000", "~1 cluster"),
        ("{ backend 10.0.0.1:8000 }", "{\nbackend 10.0.0.1:8000\npolicy wlc\n}", "~1 cluster"),
        ('"/a"', '"/b"', "+1 route, -1 route"),
        ("-> web", "-> api\nroute -> web", "+1 route"),
        ("cluster web", "vips 192.0.2.1\ndefault\ncluster web", "+1 vip, +1 default"),
    ],
)
def test_a_change_of_a_tenant_is_one_line(before: str, after: str, change: str) -> None:
    assert before in SHOP
    report = read(SHOP.replace(before, after))
    assert report.group is not None, report.findings

    assert describe_change(shop(), Tree(tenants={"shop": report.group})) == [
        f"tenant shop: {change}"
    ]


def test_routes_in_another_order_are_told() -> None:
    swapped = SHOP.replace("/a", "/x").replace("/b", "/a").replace("/x", "/b")

    assert describe_change(shop(), shop(swapped)) == ["tenant shop: routes in another order"]


def test_tenants_come_and_go() -> None:
    empty = Tree(tenants={"blog": TenantGroup(tenant="blog")})

    assert describe_change(shop(), empty) == [
        "tenant blog: added",
        "tenant shop: removed (2 hosts, 3 routes, 2 clusters)",
    ]


def server(**others: Any) -> Tree:
    """A tenant of BFE's files."""
    return Tree(server=ServerGroup(**others))


def test_what_bfe_files_say_of_a_tenant_is_one_line_too() -> None:
    rule = AdvancedRule(condition="default_t()", cluster="c")
    path = BasicRule(hostnames=["a"], paths=["/*"], cluster="c")
    old = server(
        hosts=HostRule(hosts={"t": ["a"], "x": None}, tags={"shop": ["t", "x"], "blog": None}),
        routes=RouteRule(advanced={"shop": [rule, rule, None]}, basic={"shop": [path, None]}),
    )
    new = server(
        hosts=HostRule(hosts={"t": [], "u": ["a"]}, tags={"shop": ["t", "u"], "news": None}),
        vips=VipRule(vips={"shop": ["192.0.2.1"], "blog": None}),
        routes=RouteRule(
            advanced={"shop": [rule], "blog": None},
            basic={"shop": [msgspec.structs.replace(path, cluster="d")], "blog": None},
        ),
    )

    assert describe_change(old, new) == [
        "tenant news: added",
        "tenant shop: ~1 host, +1 vip, ~1 path rule, -2 routes",
    ]


def test_a_tenant_may_move_from_one_notation_to_the_other() -> None:
    bfe = server(hosts=HostRule(hosts={"t": ["a"]}, tags={"shop": ["t"]}))
    own = Tree(tenants={"shop": TenantGroup(tenant="shop", hosts=["a"], is_default=True)})

    assert describe_change(bfe, own) == ["tenant shop: ~1 host, +1 default"]
    assert describe_change(own, bfe) == ["tenant shop: ~1 host, -1 default"]


def test_what_belongs_to_no_tenant_has_a_line_of_its_own() -> None:
    backends = {"c": {"s": [BackendEntry(name="b")]}}
    old = Tree(
        server=ServerGroup(
            hosts=HostRule(default_tenant="shop"),
            clusters=ClusterConf(clusters={"c": ClusterEntry(), "gone": None}),
        ),
        balance=BalanceGroup(table=ClusterTable(clusters=backends)),
        names=NameConf(names={"n": [NameEntry()]}),
    )
    new = Tree(
        server=ServerGroup(clusters=ClusterConf(clusters={"c": ClusterEntry()})),
        balance=BalanceGroup(gslb=GslbConf(clusters={"c": {"s": 1}, "new": {"s": 1}})),
        names=NameConf(),
    )

    assert describe_change(old, new) == [
        "BFE's files: +1 cluster, -1 cluster, ~1 cluster, -1 default tenant, -1 name"
    ]


def test_certificates_and_rules_of_tls_have_a_line() -> None:
    def group(key: bytes, default: str | None) -> TlsGroup:
        entries = {"a": CertificateEntry(certificate="a.crt")}
        return TlsGroup(
            certificates=ServerCertConf(
                table=CertificateTable(default=default, certificates=entries)
            ),
            rules=TlsRuleConf(rules={"shop": TlsRule(certificate="a")}),
            pems={"a": Pem(certificate=b"c", key=key)},
            authorities={"ca": b"x"},
            ticket_key=b"k",
        )

    assert describe_change(Tree(), Tree(tls=group(b"k", "a"))) == [
        "tls: +1 certificate, +1 rule, +1 default, +1 authority, +1 ticket key"
    ]
    assert describe_change(Tree(tls=group(b"k", "a")), Tree(tls=group(b"l", None))) == [
        "tls: ~1 certificate, ~1 default"
    ]


def test_documents_of_modules_have_a_line_for_each_module() -> None:
    one, two = ModuleDocument(packed=b"1"), ModuleDocument(packed=b"2")
    old = Tree(modules={"mod_a": {"rules": one, "list": one}, "mod_b": {"rules": one}})
    new = Tree(modules={"mod_a": {"rules": two, "list": one}, "mod_c": {"rules": one}})

    assert describe_change(old, new) == [
        "module mod_a: ~1 document",
        "module mod_b: -1 document",
        "module mod_c: +1 document",
    ]
