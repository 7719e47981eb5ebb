"""What is different between two configurations, thing by thing."""

from typing import Any

import msgspec
import pytest

from bfe_py.config.difference import compare_trees, tell_differences
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
    Pem,
    RouteRule,
    ServerCertConf,
    ServerGroup,
    TlsGroup,
    Tree,
)
from bfe_py.config.dynamic_clusters import BackendConf
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


def lines(old: Tree, new: Tree) -> list[str]:
    return tell_differences(compare_trees(old, new))


@pytest.mark.parametrize("tree", [Tree(), shop()])
def test_what_is_the_same_is_not_different(tree: Tree) -> None:
    assert compare_trees(tree, tree) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (", www.shop.example", ", a.example", ["+ host a.example", "- host www.shop.example"]),
        (
            "10.0.0.1:8000",
            "10.0.0.1:9000",
            [
                "- cluster shop/web backends.main[10.0.0.1:8000]: Addr 10.0.0.1, Port 8000, "
                "Weight 1",
                "+ cluster shop/web backends.main[10.0.0.1:9000]: Addr 10.0.0.1, Port 9000, "
                "Weight 1",
            ],
        ),
        ('"/a", false) -> api', '"/a", false) -> web', ['~ route req_path_in("/a", false): A => W']),
        ('route req_path_in("/a", false) -> api\n', "", ['- route req_path_in("/a", false) -> A']),
        ("route -> web", 'route req_method_in("GET") -> web\nroute -> web', [
            '+ route req_method_in("GET") -> W'
        ]),
        (
            'route req_path_in("/a", false) -> api\nroute req_path_in("/b", false) -> api\n',
            'route req_path_in("/b", false) -> api\nroute req_path_in("/a", false) -> api\n',
            ["~ routes in another order"],
        ),
    ],
)  # fmt: skip
def test_a_tenant_is_told_thing_by_thing(before: str, after: str, told: list[str]) -> None:
    found = lines(shop(), shop(SHOP.replace(before, after)))
    spelled = [one.replace("-> A", "-> shop/api").replace("-> W", "-> shop/web") for one in told]
    spelled = [one.replace("A => W", "shop/api => shop/web") for one in spelled]
    assert sorted(found) == sorted(f"tenant shop: {one}" for one in spelled)


def test_a_tenant_that_comes_or_goes_is_told_in_numbers() -> None:
    numbers = "(2 hosts, 3 routes, 2 clusters)"
    assert lines(Tree(), shop()) == [f"tenant shop: added {numbers}"]
    assert lines(shop(), Tree()) == [f"tenant shop: removed {numbers}"]


def bfe(cluster: ClusterEntry | None = None, weight: int = 1, **routes: Any) -> Tree:
    server = ServerGroup(
        hosts=HostRule(hosts={"t": ["a.test"]}, tags={"shop": ["t"]}),
        routes=RouteRule(**routes),
        clusters=ClusterConf(clusters={"web": cluster or ClusterEntry()}),
    )
    table = {"web": {"sub": [BackendEntry(name="b", host="h", port=1, weight=weight)]}}
    balance = BalanceGroup(
        gslb=GslbConf(clusters={"web": {"sub": weight}}), table=ClusterTable(clusters=table)
    )
    return Tree(server=server, balance=balance)


def test_settings_weights_and_backends_of_a_cluster_are_told() -> None:
    settings = ClusterEntry(backend=BackendConf(connect_ms=5))
    assert lines(bfe(), bfe(settings, 2)) == [
        "BFE's files: ~ cluster web weights.sub: 1 => 2",
        "BFE's files: ~ cluster web backends.sub[b]: Addr h, Port 1, Weight 1 => "
        "Addr h, Port 1, Weight 2",
        "BFE's files: + cluster web settings.BackendConf.TimeoutConnSrv: 5",
    ]
    assert lines(bfe(settings), bfe())[0].startswith("BFE's files: - cluster web settings.")


def test_path_rules_have_hosts_and_paths() -> None:
    old = bfe(basic={"shop": [BasicRule(hostnames=["a.test"], paths=["/x"], cluster="web")]})
    new = bfe(basic={"shop": [BasicRule(hostnames=["a.test"], paths=["/x"], cluster="api")]})
    assert lines(old, new) == ["tenant shop: ~ path rule a.test /x: web => api"]
    assert lines(old, bfe()) == ["tenant shop: - path rule a.test /x: web"]
    assert lines(bfe(), old) == ["tenant shop: + path rule a.test /x: web"]


def test_a_route_that_is_null_is_told_too() -> None:
    old = bfe(advanced={"shop": [AdvancedRule(condition="c", cluster="web"), None]})
    new = bfe(advanced={"shop": [AdvancedRule(condition="c", cluster="web")]})
    assert lines(old, new) == ["tenant shop: - route null -> null"]


def module(*rules: str, version: str = "1") -> Tree:
    content = {"Config": {"shop": list(rules)}}
    packed = msgspec.msgpack.encode(content)
    return Tree(modules={"mod_block": {"rules": ModuleDocument(packed=packed, version=version)}})


def test_rules_of_modules_are_told() -> None:
    assert lines(module("a", "b"), module("b", "c")) == [
        "module mod_block: - document rules Config.shop[a]",
        "module mod_block: + document rules Config.shop[c]",
    ]
    assert lines(module("a"), Tree()) == ["module mod_block: - document rules"]


def test_another_order_is_told() -> None:
    assert lines(module("a", "b"), module("b", "a")) == [
        "module mod_block: ~ document rules (in another order, or in what is not shown)"
    ]


def test_keys_are_different_without_being_shown() -> None:
    def tree(key: bytes) -> Tree:
        table = CertificateTable(certificates={"c": CertificateEntry(certificate="c.pem")})
        certificates = ServerCertConf(table=table)
        pems = {"c": Pem(certificate=b"C", key=key)}
        return Tree(tls=TlsGroup(certificates=certificates, pems=pems))

    assert lines(tree(b"ONE"), tree(b"TWO")) == [
        "tls: ~ certificate c (in another order, or in what is not shown)"
    ]


def test_trees_that_are_different_in_nothing_that_is_shown_are_different() -> None:
    assert lines(Tree(version="1"), Tree(version="2")) == [
        "all: ~ what is not shown: version texts, or contents of files that documents name"
    ]


def test_differences_are_data_too() -> None:
    found = compare_trees(shop(), shop(SHOP.replace('"/a", false) -> api', '"/a", false) -> web')))
    assert msgspec.to_builtins(found) == [
        {
            "where": "tenant shop",
            "sign": "~",
            "noun": "route",
            "name": 'req_path_in("/a", false)',
            "old": "shop/api",
            "new": "shop/web",
        }
    ]


def test_a_value_that_comes_or_goes_is_none_on_the_other_side() -> None:
    old = bfe(basic={"shop": [BasicRule(paths=["/x"], cluster="web")]})
    new = bfe(basic={"shop": [BasicRule(paths=["/x"])]})
    assert lines(old, new) == ["tenant shop: - path rule /x: web"]
