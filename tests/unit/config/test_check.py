from bfe_py.config.check import check_tree
from bfe_py.config.dynamic import (
    AdvancedRule,
    BalanceGroup,
    BasicRule,
    ClusterConf,
    ClusterEntry,
    GslbConf,
    HostRule,
    ModuleDocument,
    ModuleGroup,
    NameConf,
    RouteRule,
    ServerGroup,
    TenantGroup,
    Tree,
)
from bfe_py.config.findings import Report
from bfe_py.config.groups import Decoded, Group
from bfe_py.config.places import JsonPlaces
from bfe_py.config.text import Text

SERVER = ServerGroup(
    hosts=HostRule(tags={"shop": ["t"]}),
    routes=RouteRule(
        basic={"shop": [BasicRule(cluster="main"), BasicRule(cluster="ADVANCED_MODE"), None]},
        advanced={"shop": [AdvancedRule(cluster="beta"), AdvancedRule(cluster="beta")], "x": None},
    ),
    clusters=ClusterConf(clusters={"main": ClusterEntry(), "beta": ClusterEntry()}),
)


def balance(*clusters: str) -> BalanceGroup:
    return BalanceGroup(gslb=GslbConf(clusters={name: {"s": 1} for name in clusters}))


def check(tree: Tree, *decoded: Decoded) -> list[tuple[str, str, int]]:
    report = Report()
    check_tree(tree, report, decoded)
    assert report.ok
    return [(found.code, found.document, found.line) for found in report]


def decoded(name: str, value: object, *documents: tuple[str, str]) -> Decoded:
    places = {path: JsonPlaces(Text(path, text)) for path, text in documents if text}
    group = Group(name, tuple(path for path, _ in documents), lambda _: None)
    return Decoded(group, value, Report(), (), places)


def test_what_fits_together_says_nothing() -> None:
    assert check(Tree(server=SERVER, balance=balance("main", "beta"))) == []
    assert check(Tree()) == []
    assert check(Tree(server=SERVER)) == []
    assert check(Tree(server=ServerGroup(), balance=BalanceGroup())) == []


def test_a_routed_cluster_without_weights_is_told_once() -> None:
    tree = Tree(server=SERVER, balance=balance("main"))
    assert check(tree) == [("W127", "route_rule.data", 0)]


def test_a_cluster_with_weights_needs_settings() -> None:
    tree = Tree(server=SERVER, balance=balance("main", "beta", "ghost"))
    assert check(tree) == [("W128", "gslb.data", 0)]


def test_findings_have_places_where_the_documents_are_at_hand() -> None:
    tree = Tree(server=SERVER, balance=balance("main", "ghost"))
    routes = '{\n"ProductRule": {"shop": [\n{"ClusterName": "beta"}]}}'
    gslb = '{\n"Clusters": {\n\n"ghost": {}}}'
    server = decoded("s", SERVER, ("h", ""), ("v", ""), ("r.data", routes), ("c", ""))
    found = check(tree, server, decoded("g", tree.balance, ("g.data", gslb), ("t", "")))
    assert found == [("W127", "r.data", 3), ("W128", "g.data", 4)]


MODULE = ModuleGroup(
    module="mod_x",
    documents={"rules": ModuleDocument(packed=b"", tenants=["shop", "global", "blog", "none"])},
)


def test_modules_with_rules_for_nobody_are_doubted() -> None:
    tree = Tree(
        server=SERVER,
        modules={"mod_x": MODULE.documents},
        tenants={"blog": TenantGroup(tenant="blog")},
    )
    text = '{"Config": {"shop": [],\n"none": []}}'
    value = decoded("mod_x", MODULE, ("x.data", text))
    names = decoded("name_conf", NameConf(), ("n.data", ""))
    assert check(tree, value, names) == [("W301", "x.data", 2)]
    assert check(tree) == [("W301", "mod_x/rules", 0)]


def test_without_tenants_every_rule_of_a_module_is_for_nobody() -> None:
    assert len(check(Tree(modules={"mod_x": MODULE.documents}))) == 3


def test_suggestions_name_clusters_and_tenants() -> None:
    report = Report()
    check_tree(Tree(server=SERVER, balance=balance("mian", "beta")), report)
    assert [found.hint for found in report] == ['did you mean "mian"?', 'did you mean "main"?']
