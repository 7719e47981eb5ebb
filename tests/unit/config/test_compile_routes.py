"""Tables from host to tenant and from request to cluster."""

import msgspec
import pytest

from bfe_py.condition import RequestSketch
from bfe_py.config.compile_routes import (
    CompiledSlab,
    DeferredSlab,
    Slab,
    compile_packed,
    compile_slab,
    compile_tenants,
    join_slabs,
)
from bfe_py.config.dynamic import AdvancedRule, BasicRule, HostRule, VipRule
from bfe_py.config.lazy_conditions import LazyConditions
from bfe_py.config.parts import Entrance, RuleSlab
from bfe_py.model import parse_address
from bfe_py.route import NO_RULE_MATCH, NO_RULES, RouteTable
from bfe_py.tenant import TenantMatch
from tests.kit.steps import run_steps


def advanced(condition: str | None, cluster: str | None) -> AdvancedRule:
    return AdvancedRule(condition=condition, cluster=cluster)


def table_of(
    basic: list[BasicRule | None] | None, rules: list[AdvancedRule | None] | None
) -> RouteTable:
    return joined(RuleSlab(basic, rules))


def joined(*slabs: RuleSlab) -> RouteTable:
    conditions = LazyConditions()
    return run_steps(join_slabs([compile_slab(slab, conditions) for slab in slabs]))


def cluster_for(table: RouteTable, host: str, path: str) -> str | None:
    route = table.find(host, path, RequestSketch(host=host, path=path))
    return None if route is None else route.cluster


def test_basic_rules_come_before_advanced_ones() -> None:
    table = table_of(
        [
            BasicRule(hostnames=["a.example"], paths=["/x*"], cluster="x"),
            BasicRule(hostnames=["b.example"], cluster="ADVANCED_MODE"),
            BasicRule(paths=["/y"]),
            None,
        ],
        [advanced('req_path_in("/z", false)', "z"), None, advanced("default_t()", None)],
    )

    assert cluster_for(table, "a.example", "/x/1") == "x"
    assert cluster_for(table, "b.example", "/z") == "z"
    assert cluster_for(table, "c.example", "/y") == ""
    assert cluster_for(table, "c.example", "/other") == ""
    assert [rule.condition_text for rule in table.rules] == [
        'req_path_in("/z", false)',
        "default_t()",
    ]


@pytest.mark.parametrize(
    ("rules", "reason"), [(None, NO_RULES), ([], NO_RULE_MATCH), ([None], NO_RULE_MATCH)]
)
def test_no_advanced_rules_and_none_that_matches_are_told_apart(rules, reason: str) -> None:
    assert table_of(None, rules).reason == reason


def test_a_table_knows_whether_it_reads_the_body() -> None:
    rules = [advanced("default_t()", "a"), advanced('req_body_json_in("a", "b", false)', "b")]

    assert table_of(None, rules).reads_body
    assert not table_of([], rules[:1]).reads_body


def test_rules_in_several_slabs_are_one_table_in_their_order() -> None:
    first = RuleSlab(
        [BasicRule(paths=["/x"], cluster="x")], [advanced('req_path_in("/y", false)', "y")]
    )
    second = RuleSlab(None, [advanced("default_t()", "z")])
    table = joined(first, second)

    assert [cluster_for(table, "a.example", path) for path in ("/x", "/y", "/z")] == ["x", "y", "z"]
    assert [rule.cluster for rule in table.rules] == ["y", "z"]


RULES = RuleSlab(None, [advanced('req_path_in("/y", false)', "y"), advanced("default_t()", "z")])


def lazily(*slabs: RuleSlab, deferred: int = 1) -> tuple[RouteTable, list[Slab]]:
    conditions = LazyConditions()
    compiled = [
        compile_packed(msgspec.msgpack.encode(slab), conditions, is_lazy=True) for slab in slabs
    ]
    return run_steps(join_slabs(compiled, deferred)), compiled


def test_rules_that_may_wait_are_compiled_when_somebody_asks() -> None:
    table, [slab] = lazily(RULES)

    assert isinstance(slab, DeferredSlab)
    assert not slab.is_compiled
    assert cluster_for(table, "a.example", "/y") == "y"
    assert slab.is_compiled
    assert slab.compiled() is slab.compiled()
    assert table.rules == slab.rules()


def test_several_slabs_wait_together_or_not_at_all() -> None:
    for deferred in (1, 2):
        table, slabs = lazily(RULES, RULES, deferred=deferred)
        waits = [isinstance(slab, DeferredSlab) and not slab.is_compiled for slab in slabs]

        assert waits == [deferred == 2] * 2
        assert [rule.cluster for rule in table.rules] == ["y", "z", "y", "z"]


@pytest.mark.parametrize(
    "slab", [RuleSlab([BasicRule(cluster="c")], None), RuleSlab([], [advanced("default_t()", "a")])]
)
def test_basic_rules_never_wait(slab: RuleSlab) -> None:
    assert [type(each) for each in lazily(slab)[1]] == [CompiledSlab]


def test_no_list_at_all_is_none_while_it_waits_too() -> None:
    assert lazily(RuleSlab(None, None))[0].reason == NO_RULES
    assert lazily(RuleSlab(None, []))[0].reason == NO_RULE_MATCH


def test_rules_that_wait_tell_whether_they_may_read_the_body() -> None:
    body = RuleSlab(None, [advanced('req_body_json_in("a", "b", false)', "b")])

    assert lazily(body)[0].reads_body
    assert lazily(RULES, body, deferred=2)[0].reads_body
    assert not lazily(RULES)[0].reads_body


def test_what_may_not_wait_is_compiled_at_once() -> None:
    packed = msgspec.msgpack.encode(RULES)

    assert isinstance(compile_packed(packed, LazyConditions(), is_lazy=False), CompiledSlab)


HOSTS = HostRule(
    default_tenant="blog",
    hosts={"web": ["shop.example", "*.shop.example"], "api": None, "orphan": ["x.example"]},
    tags={"shop": ["web", "api"], "blog": None, "late": ["web"]},
)
VIPS = VipRule(vips={"shop": ["192.0.2.1", "nonsense"], "blog": None})
OWN = ("own", ["own.example", "shop.example"], ["192.0.2.1", "192.0.2.2"], True)


def vip(text: str) -> int:
    address = parse_address(text)
    assert address is not None
    return address.value


@pytest.mark.parametrize(
    ("host", "address", "match"),
    [
        ("shop.example", None, TenantMatch("shop", "web", "host")),
        ("a.shop.example", None, TenantMatch("shop", "web", "host")),
        ("own.example", None, TenantMatch("own", "own", "host")),
        ("x.example", None, TenantMatch("blog", "", "default")),
        ("x.example", "192.0.2.1", TenantMatch("shop", "", "vip")),
        ("x.example", "192.0.2.2", TenantMatch("own", "", "vip")),
        ("x.example", "192.0.2.3", TenantMatch("blog", "", "default")),
    ],
)
def test_hosts_addresses_and_the_default_lead_to_tenants(
    host: str, address: str | None, match: TenantMatch
) -> None:
    table = compile_tenants(Entrance(HOSTS, VIPS, [OWN]))

    assert table.find(host, None if address is None else vip(address)) == match


def test_a_rules_tenant_is_the_default_where_bfe_files_have_none() -> None:
    plain = ("a", list[str](), list[str](), False)
    none = Entrance(HostRule(), VipRule(), [plain])
    own = Entrance(HostRule(), VipRule(), [plain, OWN])

    assert compile_tenants(own).find("x", None) == TenantMatch("own", "", "default")
    assert compile_tenants(none).find("x", None) is None
