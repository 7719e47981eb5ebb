"""From a tree to a snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

from bfe_py.balance import LiveBackends
from bfe_py.condition import RequestSketch
from bfe_py.config.compile import compile_steps, compile_tree, prepare_steps
from bfe_py.config.compile_chain import CompileParts
from bfe_py.config.compile_modules import CompileError
from bfe_py.config.decode import decode
from bfe_py.config.dynamic import (
    AdvancedRule,
    BalanceGroup,
    CertificateTable,
    ClusterConf,
    ClusterTable,
    GslbConf,
    HostRule,
    ModuleDocument,
    Pem,
    RouteRule,
    ServerCertConf,
    ServerGroup,
    TenantGroup,
    TlsGroup,
    Tree,
    VipRule,
)
from bfe_py.config.findings import Report
from bfe_py.config.lazy_conditions import LazyConditions
from bfe_py.config.parts import SLAB_RULES, Changes, pack_tree
from bfe_py.observe import Registry
from bfe_py.pipeline import (
    GLOBAL,
    Document,
    Findings,
    Handler,
    Module,
    Parts,
    Path,
    Phase,
    RuleTable,
    compile_table,
)
from bfe_py.snapshot import Versions
from bfe_py.tls import Certificate
from tests.kit.modules import FakeServices
from tests.kit.rules_files import read
from tests.kit.steps import count_steps, run_steps

BODY = 'req_body_json_in("a", "b", false)'


class Spec(msgspec.Struct, frozen=True):
    condition: str | None = msgspec.field(name="Cond", default=None)


class File(msgspec.Struct, frozen=True):
    version: str | None = msgspec.field(name="Version", default=None)
    tenants: dict[str, list[Spec]] | None = msgspec.field(name="Config", default=None)


def _action(spec: Spec, path: Path, findings: Findings) -> str:
    if spec.condition == "!default_t()":
        findings.error(path, "never")
    return "done"


@dataclass
class Recorder:
    """Modules that remember what they were built with."""

    built: list[tuple[str, Parts]] = field(default_factory=list)
    compiled: list[File] = field(default_factory=list)

    def module(self, name: str, *phases: Phase) -> Module:
        def build(parts: Parts) -> Mapping[Phase, Handler]:
            self.built.append((name, parts))
            return dict.fromkeys(phases, lambda subject: None)

        def compile_rules(file: File, findings: Findings) -> RuleTable[str]:
            self.compiled.append(file)
            return compile_table(file, findings, _action)

        rules = Document("rules", ("Basic", "Path"), "x.data", File, compile_rules, name)
        return Module(name, build, documents=(rules,))


def rules_document(**tenants: str) -> dict[str, ModuleDocument]:
    """A document with one rule for each tenant, by its condition."""
    file = File("1", {tenant: [Spec(condition)] for tenant, condition in tenants.items()})
    return {"rules": ModuleDocument(packed=msgspec.msgpack.encode(file))}


def parts_of(*modules: Module, **others: Any) -> CompileParts:
    return CompileParts(
        modules={module.name: module for module in modules},
        settings=others.pop("settings", {}),
        registry=Registry(),
        services=FakeServices(),
        live=LiveBackends(),
        conditions=LazyConditions(),
        **others,
    )


def rules_tree(text: str, tenant: str = "shop", **others: Any) -> Tree:
    return Tree(tenants={tenant: read(text, tenant).accepted}, **others)


def read_again(tree: Tree, version: str) -> Tree:
    """The same, but no object of it."""
    copy = msgspec.msgpack.decode(msgspec.msgpack.encode(tree), type=Tree)
    return msgspec.structs.replace(copy, version=version)


SHOP = """
hosts shop.example, *.shop.example
let mobile = req_ua_regmatch(`(?i)mobile`)
cluster web {
    backend 10.0.0.1:8000 weight 3
    backend b2 at 10.0.0.2:8000
    timeout connect 1s, response none
    hash cookie "SID" or address sticky
    check http "/ping" status 2xx
}
cluster api {
    sub bj weight 60 { backend 10.1.0.1:8000 }
    sub sh weight 40 { backend 10.2.0.1:8000 }
    retry 1, cross 1
}
route mobile && req_path_prefix_in("/api", false) -> api
route -> web
"""

HOST_RULE = """{"Version": "1", "DefaultProduct": null,
  "Hosts": {"shop": ["shop.example", "*.shop.example"]}, "HostTags": {"shop": ["shop"]}}"""
VIP_RULE = '{"Version": "1", "Vips": {}}'
ROUTE_RULE = r"""{"Version": "1", "ProductRule": {"shop": [
  {"Cond": "req_ua_regmatch(`(?i)mobile`) && req_path_prefix_in(\"/api\", false)",
   "ClusterName": "shop/api"},
  {"Cond": "default_t()", "ClusterName": "shop/web"}]}}"""
CLUSTER_CONF = """{"Version": "1", "Config": {
  "shop/web": {"BackendConf": {"TimeoutConnSrv": 1000, "TimeoutResponseHeader": 0},
    "GslbBasic": {"HashConf":
      {"HashStrategy": 2, "HashHeader": "Cookie:SID", "SessionSticky": true}},
    "CheckConf": {"Schem": "http", "Uri": "/ping", "StatusCode": 2}},
  "shop/api": {"GslbBasic": {"RetryMax": 1, "CrossRetry": 1}}}}"""
GSLB = """{"Hostname": "", "Ts": "",
  "Clusters": {"shop/web": {"main": 1}, "shop/api": {"bj": 60, "sh": 40}}}"""
CLUSTER_TABLE = """{"Version": "1", "Config": {
  "shop/web": {"main": [
    {"Name": "10.0.0.1:8000", "Addr": "10.0.0.1", "Port": 8000, "Weight": 3},
    {"Name": "b2", "Addr": "10.0.0.2", "Port": 8000, "Weight": 1}]},
  "shop/api": {
    "bj": [{"Name": "10.1.0.1:8000", "Addr": "10.1.0.1", "Port": 8000, "Weight": 1}],
    "sh": [{"Name": "10.2.0.1:8000", "Addr": "10.2.0.1", "Port": 8000, "Weight": 1}]}}}"""


def bfe_tree() -> Tree:
    """The same as `SHOP`, in BFE's files."""

    def decoded(schema: type[Any], text: str) -> Any:
        report = Report()
        value = decode(schema, text.encode(), "x.data", report)
        assert not report.findings, report.findings
        return value

    return Tree(
        server=ServerGroup(
            hosts=decoded(HostRule, HOST_RULE),
            vips=decoded(VipRule, VIP_RULE),
            routes=decoded(RouteRule, ROUTE_RULE),
            clusters=decoded(ClusterConf, CLUSTER_CONF),
        ),
        balance=BalanceGroup(
            gslb=decoded(GslbConf, GSLB), table=decoded(ClusterTable, CLUSTER_TABLE)
        ),
    )


def test_a_rules_file_and_bfe_files_that_say_the_same_compile_to_the_same() -> None:
    own = compile_tree(rules_tree(SHOP), parts_of()).snapshot
    bfe = compile_tree(bfe_tree(), parts_of()).snapshot

    own_clusters = {name: replace(one, is_confined=False) for name, one in own.clusters.items()}
    assert all(one.is_confined for one in own.clusters.values())
    assert own_clusters == bfe.clusters
    assert own.balancers.keys() == bfe.balancers.keys()
    for host in ("shop.example", "a.shop.example", "x.example"):
        assert own.tenants.find(host, None) == bfe.tenants.find(host, None)
    texts = [
        [(rule.condition_text, rule.cluster, rule.reads_body) for rule in each.routes["shop"].rules]
        for each in (own, bfe)
    ]
    assert texts[0] == texts[1]
    for agent, path in (("Mobile", "/api/1"), ("mobile", "/"), ("", "/api")):
        facts = RequestSketch(fields={"user-agent": agent}, path=path)
        assert own.routes["shop"].find("shop.example", path, facts) == bfe.routes["shop"].find(
            "shop.example", path, facts
        )


def test_an_empty_tree_compiles_to_an_empty_snapshot() -> None:
    snapshot = compile_tree(Tree(version="v"), parts_of()).snapshot

    assert snapshot.version == "v"
    assert snapshot.tenants.find("a.example", None) is None
    assert not any((snapshot.routes, snapshot.clusters, snapshot.balancers, snapshot.body_phases))
    assert not any(map(snapshot.chain.has, Phase))
    assert snapshot.certificates.default is None
    assert snapshot.versions == Versions()
    assert snapshot.any_body_phase is None


def test_versions_are_those_of_the_files() -> None:
    tree = Tree(
        server=ServerGroup(
            hosts=HostRule(version="h"),
            vips=VipRule(version="v"),
            routes=RouteRule(version="r"),
            clusters=ClusterConf(version="c"),
        ),
        balance=BalanceGroup(
            gslb=GslbConf(source="s", timestamp="t"), table=ClusterTable(version="b")
        ),
    )

    assert compile_tree(tree, parts_of()).snapshot.versions == Versions(
        "h", "v", "r", "c", "b", "t", "s"
    )


@pytest.mark.parametrize(
    ("table", "default"),
    [
        (None, None),
        (CertificateTable(default="a"), "a"),
        (CertificateTable(default="x"), None),
        (CertificateTable(), None),
    ],
)
def test_certificates_are_there_by_name(
    table: CertificateTable | None, default: str | None
) -> None:
    tls = TlsGroup(
        certificates=ServerCertConf(table=table), pems={"a": Pem(certificate=b"C", key=b"K")}
    )
    certificates = compile_tree(Tree(tls=tls), parts_of()).snapshot.certificates

    assert certificates.by_name == {"a": Certificate("a", b"C", b"K")}
    assert certificates.default == (None if default is None else Certificate("a", b"C", b"K"))


def test_clusters_are_bound_to_live_backends() -> None:
    parts = parts_of(is_compatible=True, offset=1)
    snapshot = compile_tree(rules_tree(SHOP), parts).snapshot
    state = parts.live.find("shop/web", "main", "10.0.0.1:8000")

    assert state is not None
    assert state.configured == 300
    balancer = snapshot.balancers["shop/web"]
    assert balancer.cluster is snapshot.clusters["shop/web"]
    assert balancer.is_compatible
    assert ("shop/web", "main", "10.0.0.1:8000") in balancer.keys


def test_what_has_weights_only_is_balanced_but_cannot_be_routed_to() -> None:
    tree = Tree(balance=BalanceGroup(gslb=GslbConf(clusters={"c": {"s": 1}})))
    snapshot = compile_tree(tree, parts_of()).snapshot

    assert list(snapshot.clusters) == []
    assert list(snapshot.balancers) == ["c"]


# --- modules


def test_modules_are_built_in_order_with_what_is_theirs() -> None:
    recorder = Recorder()
    parts = parts_of(
        recorder.module("mod_b", Phase.TENANT, Phase.FINISH),
        recorder.module("mod_a", Phase.TENANT),
        settings={"mod_b": "settings"},
        states={"mod_a": "state"},
        is_compatible=True,
    )
    chain = compile_tree(
        Tree(modules={"mod_b": rules_document(shop="default_t()"), "mod_off": {}}), parts
    ).snapshot.chain

    assert [name for name, _ in recorder.built] == ["mod_b", "mod_a"]
    assert chain.names[Phase.TENANT] == ("mod_b", "mod_a")
    assert chain.names[Phase.FINISH] == ("mod_b",)
    assert not chain.has(Phase.ROUTE)
    (_, b), (_, a) = recorder.built
    assert (b.settings, b.state, b.is_compatible) == ("settings", None, True)
    assert (a.settings, a.state, a.documents) == (None, "state", {})
    assert b.registry is parts.registry
    assert b.services is parts.services
    assert b.documents["rules"].first("shop", RequestSketch()) == "done"


def test_a_document_that_is_refused_changes_nothing() -> None:
    recorder = Recorder()
    parts = parts_of(recorder.module("mod_a", Phase.TENANT))
    tree = rules_tree(SHOP, modules={"mod_a": rules_document(shop="!default_t()")})

    with pytest.raises(CompileError):
        compile_tree(tree, parts)

    assert recorder.built == []
    assert parts.live.states() == ()


# --- the body


def phases_of(tree: Tree, *modules: Module) -> tuple[dict[str, Phase], Phase | None]:
    snapshot = compile_tree(tree, parts_of(*modules)).snapshot
    return dict(snapshot.body_phases), snapshot.any_body_phase


def test_rules_that_read_the_body_name_their_first_phase() -> None:
    module = Recorder().module("mod_a", Phase.FINISH, Phase.RESPONSE, Phase.ROUTE)
    tree = Tree(modules={"mod_a": rules_document(shop=BODY, blog="default_t()")})

    assert phases_of(tree, module) == ({"shop": Phase.ROUTE}, None)


def test_rules_for_everybody_count_for_every_tenant() -> None:
    modules = (Recorder().module("mod_a", Phase.ROUTE), Recorder().module("mod_b", Phase.RESPONSE))
    tree = Tree(
        modules={
            "mod_a": rules_document(**{GLOBAL: BODY}),
            "mod_b": rules_document(shop=BODY),
        }
    )

    assert phases_of(tree, *modules) == ({"shop": Phase.ROUTE}, Phase.ROUTE)


def test_routes_read_the_body_before_the_tenant_phase() -> None:
    rule = AdvancedRule(condition=BODY, cluster="c")
    tree = Tree(
        tenants={
            "shop": TenantGroup(tenant="shop", rules=[rule]),
            "blog": TenantGroup(tenant="blog"),
        },
        modules={"mod_a": rules_document(shop=BODY)},
    )

    assert phases_of(tree, Recorder().module("mod_a", Phase.RESPONSE)) == (
        {"shop": Phase.TENANT},
        None,
    )


# --- step by step, and again


def test_compiling_rests_between_its_steps() -> None:
    recorder = Recorder()
    parts = parts_of(recorder.module("mod_a", Phase.TENANT), recorder.module("mod_b"))
    tree = rules_tree(SHOP, modules={"mod_a": rules_document(shop="default_t()")})
    changes = pack_tree(tree).changes()
    compiled, rests = count_steps(compile_steps(changes, parts))

    # Each part, the tenant's rules and their table, and a balancer for each cluster.
    assert rests == len(changes.put) + 2 + 2
    assert set(compiled.snapshot.clusters) == {"shop/web", "shop/api"}


def test_nothing_is_bound_before_everything_that_may_be_refused_is_done() -> None:
    parts = parts_of()
    changes = pack_tree(rules_tree(SHOP)).changes()
    prepared, _ = count_steps(prepare_steps(changes, parts))
    assert parts.live.states() == ()
    next(prepared.bind())

    assert parts.live.states()


def test_what_did_not_change_is_shared_with_the_snapshot_before() -> None:
    recorder = Recorder()
    parts = parts_of(recorder.module("mod_a", Phase.TENANT))
    modules = {"mod_a": rules_document(shop="default_t()")}
    tree = rules_tree(SHOP, modules=modules)
    first = compile_tree(tree, parts)
    second = compile_tree(read_again(tree, "2"), parts, first)
    old, new = first.snapshot, second.snapshot

    assert new.version == "2"
    assert new.tenants is old.tenants
    assert new.routes["shop"] is old.routes["shop"]
    assert new.clusters["shop/web"] is old.clusters["shop/web"]
    assert new.balancers["shop/web"] is old.balancers["shop/web"]
    assert new.chain is old.chain
    assert new.certificates is old.certificates
    assert len(recorder.compiled) == len(recorder.built) == 1
    assert second.retired == ()


def test_what_changed_is_compiled_anew_and_nothing_else() -> None:
    recorder = Recorder()
    parts = parts_of(recorder.module("mod_a", Phase.TENANT))
    blog = read(SHOP.replace("shop", "blog"), "blog").accepted
    tree = rules_tree(SHOP, modules={"mod_a": rules_document(shop="default_t()")})
    tree = msgspec.structs.replace(tree, tenants={**tree.tenants, "blog": blog})
    changed = read(SHOP.replace("weight 3", "weight 5").replace('"/api"', '"/v1"')).accepted
    other = msgspec.structs.replace(
        tree,
        tenants={"shop": changed, "blog": blog},
        modules={"mod_a": rules_document(shop="default_t()", blog="default_t()")},
    )
    first = compile_tree(tree, parts)
    second = compile_tree(other, parts, first)
    old, new = first.snapshot, second.snapshot

    assert new.tenants is old.tenants
    assert new.routes["blog"] is old.routes["blog"]
    assert new.routes["shop"] is not old.routes["shop"]
    assert new.balancers["shop/api"] is old.balancers["shop/api"]
    assert new.balancers["shop/web"] is not old.balancers["shop/web"]
    assert new.clusters["blog/web"] is old.clusters["blog/web"]
    assert len(recorder.compiled) == 2
    state = parts.live.find("shop/web", "main", "10.0.0.1:8000")
    assert state is not None
    assert state.configured == 500


def test_parts_that_are_gone_are_not_kept() -> None:
    parts = parts_of()
    first = compile_tree(rules_tree(SHOP), parts)
    second = compile_tree(Tree(), parts, first)

    assert {key for key in second.values if len(key) > 1} == set()
    assert second.values.keys() == second.digests.keys()
    assert second.snapshot.routes == second.snapshot.clusters == second.snapshot.balancers == {}
    old = first.snapshot
    assert {id(one) for one in second.retired} >= {
        id(one) for one in (old.routes["shop"], *old.routes["shop"].rules, *old.balancers.values())
    }


def test_parts_that_are_the_same_are_shared_when_all_are_sent_again() -> None:
    parts = parts_of()
    packed = pack_tree(rules_tree(SHOP))
    first = run_steps(compile_steps(packed.changes(), parts))
    second = run_steps(compile_steps(packed.changes(), parts, first))

    assert second.snapshot.routes == first.snapshot.routes
    assert second.snapshot.balancers == first.snapshot.balancers
    assert second.retired == ()


def test_what_is_gone_already_may_be_told_again() -> None:
    parts = parts_of()
    first = compile_tree(rules_tree(SHOP), parts)
    gone = Changes("2", {}, frozenset({("cluster", "shop/api"), ("cluster", "never")}))
    second = run_steps(compile_steps(gone, parts, first))
    again = run_steps(compile_steps(gone, parts, second))

    assert list(again.snapshot.clusters) == list(second.snapshot.clusters) == ["shop/web"]


def test_rules_of_one_tenant_that_changed_are_all_that_is_compiled() -> None:
    parts = parts_of()
    rules = [AdvancedRule(condition=f'req_path_in("/{n}", true)', cluster="c") for n in range(1200)]
    tree = Tree(tenants={"shop": TenantGroup(tenant="shop", rules=rules)})
    packed = pack_tree(tree)
    other = [*rules[:700], AdvancedRule(condition="default_t()", cluster="c"), *rules[701:]]
    changed = pack_tree(Tree(tenants={"shop": TenantGroup(tenant="shop", rules=other)}), packed)
    first = run_steps(compile_steps(packed.changes(), parts))
    changes = changed.changes(packed.parts)
    second = run_steps(compile_steps(changes, parts, first))
    old, new = first.snapshot.routes["shop"].rules, second.snapshot.routes["shop"].rules

    assert set(changes.put) == {("routes", "shop", "2")}
    kept = [one is other for one, other in zip(old, new, strict=True)]
    assert kept.count(False) == SLAB_RULES
    assert new[700].condition_text == "default_t()"


def test_rules_of_small_tenants_may_wait_for_their_first_request() -> None:
    parts = parts_of(deferred=1)
    first = compile_tree(rules_tree(SHOP), parts)
    assert len(parts.conditions) == 0  # type: ignore[arg-type]
    facts = RequestSketch(fields={"user-agent": "mobile"}, path="/api")
    route = first.snapshot.routes["shop"].find("shop.example", "/api", facts)
    assert route is not None
    assert route.cluster == "shop/api"

    second = compile_tree(Tree(), parts, first)
    rules = first.snapshot.routes["shop"].rules
    assert {id(one) for one in second.retired} >= {id(rule) for rule in rules}


def test_rules_that_nobody_asked_for_are_let_go_of_as_they_are() -> None:
    parts = parts_of(deferred=1)
    second = compile_tree(Tree(), parts, compile_tree(rules_tree(SHOP), parts))

    assert len(parts.conditions) == 0  # type: ignore[arg-type]
    assert second.retired


def test_documents_of_modules_that_are_off_are_left_alone() -> None:
    recorder = Recorder()
    parts = parts_of(recorder.module("mod_a"))
    documents = {
        "mod_off": rules_document(shop="x"),
        "mod_a": {"other": ModuleDocument(packed=b"")},
    }

    assert compile_tree(Tree(modules=documents), parts).snapshot.routes == {}
    assert recorder.compiled == []
