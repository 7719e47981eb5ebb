"""A tree cut into parts."""

import msgspec
import pytest

from bfe_py.config.dynamic import (
    AdvancedRule,
    BalanceGroup,
    BasicRule,
    ClusterConf,
    ClusterEntry,
    GslbConf,
    HostRule,
    ModuleDocument,
    RouteRule,
    ServerGroup,
    TenantGroup,
    TlsGroup,
    Tree,
)
from bfe_py.config.parts import (
    SLAB_RULES,
    PackedTree,
    PartKey,
    RuleSlab,
    pack_tree,
    split_rules,
)

ALWAYS = ("entrance",), ("names",), ("tls",), ("versions",)


def rule(text: str) -> AdvancedRule:
    return AdvancedRule(condition=text, cluster="c")


def tenant(name: str, *texts: str, **others: object) -> TenantGroup:
    return TenantGroup(tenant=name, rules=[rule(text) for text in texts], **others)


def tree_of(*tenants: TenantGroup, **others: object) -> Tree:
    return Tree(tenants={group.tenant: group for group in tenants}, **others)


def kinds(keys: object) -> set[PartKey]:
    """Keys without those that every tree has."""
    return set(keys) - set(ALWAYS)


SERVER = ServerGroup(
    hosts=HostRule(version="h", hosts={"web": ["a.example"]}, tags={"both": ["web"]}),
    routes=RouteRule(
        version="r",
        basic={"basic": [BasicRule(paths=["/"], cluster="c")], "both": None},
        advanced={"both": [rule("default_t()")], "none": None},
    ),
    clusters=ClusterConf(clusters={"c": ClusterEntry()}),
)


def test_everything_of_a_tree_is_in_some_part() -> None:
    tree = Tree(
        server=SERVER,
        balance=BalanceGroup(gslb=GslbConf(clusters={"weights": {"s": 1}})),
        tls=TlsGroup(ticket_key=b"k"),
        modules={"mod_x": {"rules": ModuleDocument(packed=b"1")}},
        tenants={"shop": tenant("shop", "default_t()", clusters={"shop/web": ClusterEntry()})},
    )
    packed = pack_tree(tree)

    assert set(packed.parts) == {
        *ALWAYS,
        ("routes", "basic", "0"),
        ("routes", "both", "0"),
        ("routes", "none", "0"),
        ("routes", "shop", "0"),
        ("cluster", "c"),
        ("cluster", "weights"),
        ("cluster", "shop/web"),
        ("document", "mod_x", "rules"),
    }
    slabs = {
        key[1]: msgspec.msgpack.decode(part.packed, type=RuleSlab)
        for key, part in packed.parts.items()
        if key[0] == "routes"
    }
    assert slabs == {
        "basic": RuleSlab([BasicRule(paths=["/"], cluster="c")], None),
        "both": RuleSlab([], [rule("default_t()")]),
        "none": RuleSlab(None, []),
        "shop": RuleSlab(None, [rule("default_t()")]),
    }


@pytest.mark.parametrize("size", [0, 1, SLAB_RULES, SLAB_RULES + 1, 3 * SLAB_RULES])
def test_rules_of_a_tenant_are_split_in_order(size: int) -> None:
    rules: list[AdvancedRule | None] = [rule(str(number)) for number in range(size)]
    basic: list[BasicRule | None] = [BasicRule(cluster="c")]
    slabs = list(split_rules(RuleSlab(basic, rules)))

    assert [each for slab in slabs for each in slab.advanced or ()] == rules
    assert slabs[0].basic is basic
    assert all(slab.basic is None for slab in slabs[1:])
    assert max(len(slab.advanced or ()) for slab in slabs) <= SLAB_RULES


def test_the_version_is_that_of_what_the_tree_says() -> None:
    one = pack_tree(tree_of(tenant("a", "default_t()"), tenant("b")))
    other_order = pack_tree(tree_of(tenant("b"), tenant("a", "default_t()")))
    changed = pack_tree(tree_of(tenant("a", "!default_t()"), tenant("b")))

    assert len(one.version) == 32
    assert pack_tree(tree_of(tenant("a", "default_t()"), tenant("b"))).version == one.version
    assert changed.version != one.version
    assert other_order.version != changed.version


def test_parts_of_what_did_not_change_are_the_same_objects() -> None:
    a, b = tenant("a", "default_t()"), tenant("b", "default_t()")
    before = pack_tree(tree_of(a, b, server=SERVER))
    after = pack_tree(tree_of(a, tenant("b", "!default_t()"), server=SERVER), before)

    same = {key for key, part in after.parts.items() if before.parts[key] is part}
    assert kinds(after.parts) - same == {("routes", "b", "0")}


def test_values_that_were_read_again_and_say_the_same_have_the_same_parts() -> None:
    before = pack_tree(tree_of(tenant("a", "default_t()")))
    after = pack_tree(tree_of(tenant("a", "default_t()")), before)

    assert after.version == before.version
    assert all(before.parts[key] is part for key, part in after.parts.items())


def test_changes_are_what_is_new_or_different_and_what_is_gone() -> None:
    before = pack_tree(tree_of(tenant("a", "default_t()"), tenant("b")))
    after = pack_tree(tree_of(tenant("a", "!default_t()"), tenant("c", hosts=["c.example"])))
    changes = after.changes(before.parts)

    assert changes.version == after.version
    assert set(changes.put) == {("routes", "a", "0"), ("routes", "c", "0"), ("entrance",)}
    assert changes.gone == {("routes", "b", "0")}
    assert not changes.is_whole
    assert after.changes(after.parts).put == {}


def test_without_anything_known_all_parts_are_changes() -> None:
    packed = pack_tree(tree_of(tenant("a")))
    changes = packed.changes()

    assert changes.is_whole
    assert changes.put == packed.parts


def test_no_tree_has_no_parts() -> None:
    assert PackedTree().parts == {}
