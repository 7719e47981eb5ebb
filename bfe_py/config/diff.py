"""What changed between two configurations, in lines for operators."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from bfe_py.config.counts import TreeCounts, count_tree
from bfe_py.config.dynamic import (
    AdvancedRule,
    BalanceGroup,
    BasicRule,
    HostRule,
    ServerGroup,
    TenantGroup,
    TlsGroup,
    Tree,
)

K = TypeVar("K", bound=Hashable)

Parts = dict[str, Mapping[Hashable, object]]
"""Noun -> things of that kind, by what identifies each."""


def describe_change(old: Tree | None, new: Tree) -> list[str]:
    """Short lines about what is different: ``tenant shop: +2 routes, ~1 cluster``; none if nothing.

    ``+`` is new, ``-`` gone, ``~`` changed. Without an `old` tree one line with numbers.
    """
    if old is None:
        return [_describe_first(count_tree(new))]
    lines = [(name, describe_parts(was, now)) for name, was, now in parts_of(old, new)]
    return [f"{name}: {change}" for name, change in lines if change]


def parts_of(old: Tree, new: Tree) -> list[tuple[str, Parts | None, Parts | None]]:
    """Whose parts to compare, those in `old` and those in `new`; None: there is no such tenant."""
    before, after = _tenants(old, new), _tenants(new, old)
    compared = [
        (f"tenant {tenant}", before.get(tenant), after.get(tenant))
        for tenant in sorted({*before, *after})
    ]
    return [
        *compared,
        ("BFE's files", _shared_parts(old), _shared_parts(new)),
        ("tls", _tls_parts(old.tls or TlsGroup()), _tls_parts(new.tls or TlsGroup())),
        *[
            (f"module {name}", _module_parts(old, name), _module_parts(new, name))
            for name in sorted({*old.modules, *new.modules})
        ],
    ]


def _describe_first(counts: TreeCounts) -> str:
    numbers = (
        _numbered(counts.tenants, "tenant"),
        _numbered(counts.hosts, "host"),
        _numbered(counts.rules + counts.basic_rules, "route"),
        _numbered(counts.clusters, "cluster"),
        _numbered(counts.backends, "backend"),
    )
    return f"first configuration: {', '.join(numbers)}"


# --- comparing


def describe_parts(old: Parts | None, new: Parts | None) -> str:
    """What changed, in words; empty if nothing did. None is what does not exist."""
    if old is None or new is None:
        verb, parts = ("added", new) if old is None else ("removed", old)
        numbers = [_numbered(len(items), noun) for noun, items in (parts or {}).items() if items]
        return f"{verb} ({', '.join(numbers)})" if numbers else verb
    phrases: list[str] = []
    for noun in {**old, **new}:
        phrases += _compare(noun, old.get(noun, {}), new.get(noun, {}))
    return ", ".join(phrases)


def _compare(
    noun: str, old: Mapping[Hashable, object], new: Mapping[Hashable, object]
) -> list[str]:
    kept = [key for key in new if key in old]
    counts = (
        ("+", len(new) - len(kept)),
        ("-", len(old) - len(kept)),
        ("~", sum(old[key] != new[key] for key in kept)),
    )
    phrases = [sign + _numbered(number, noun) for sign, number in counts if number]
    if noun == "route" and kept != [key for key in old if key in new]:
        phrases.append("routes in another order")
    return phrases


def _numbered(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# --- what belongs to a tenant


def _tenants(tree: Tree, other: Tree) -> dict[str, Parts]:
    """Parts of every tenant; those of one whose part of both trees is the same are left out."""
    found = {
        tenant: _group_parts(group)
        for tenant, group in tree.tenants.items()
        if group != other.tenants.get(tenant)
    }
    server = tree.server or ServerGroup()
    if server != (other.server or ServerGroup()):
        hosts, vips = _by_tenant(server.hosts), server.vips.vips or {}
        advanced, basic = server.routes.advanced or {}, server.routes.basic or {}
        for tenant in {**hosts, **vips, **advanced, **basic}:
            found[tenant] = {
                "host": hosts.get(tenant, {}),
                "vip": _set(vips.get(tenant) or ()),
                "path rule": _basic_rules(basic.get(tenant) or ()),
                "route": _routes(advanced.get(tenant) or ()),
                "cluster": {},
            }
    return found


def _group_parts(group: TenantGroup) -> Parts:
    return {
        "host": _set(group.hosts),
        "vip": _set(group.vips),
        "path rule": {},
        "route": _routes(group.rules),
        "cluster": _clusters(group.clusters, group.balance),
        "default": _set(["default"] if group.is_default else []),
    }


def _by_tenant(rule: HostRule) -> dict[str, dict[Hashable, object]]:
    """Hosts of each tenant with their tags."""
    hosts = rule.hosts or {}
    return {
        tenant: {host: tag for tag in tags or () for host in hosts.get(tag) or ()}
        for tenant, tags in (rule.tags or {}).items()
    }


def _routes(rules: Iterable[AdvancedRule | None]) -> dict[Hashable, object]:
    """Routes in order; the same one may stand there several times."""
    seen: Counter[Hashable] = Counter()
    routes: dict[Hashable, object] = {}
    for rule in rules:
        key = None if rule is None else (rule.condition, rule.cluster)
        seen[key] += 1
        routes[key, seen[key]] = None
    return routes


def _basic_rules(rules: Iterable[BasicRule | None]) -> dict[Hashable, object]:
    return {
        (tuple(rule.hostnames or ()), tuple(rule.paths or ())): rule.cluster
        for rule in rules
        if rule is not None
    }


def _clusters(entries: Mapping[str, object], balance: BalanceGroup) -> dict[Hashable, object]:
    """Clusters with their settings, weights and backends."""
    weights, backends = balance.gslb.clusters or {}, balance.table.clusters or {}
    return {
        name: (entries.get(name), weights.get(name), backends.get(name))
        for name in {**entries, **weights}
    }


# --- what belongs to nobody


def _shared_parts(tree: Tree) -> Parts:
    server = tree.server or ServerGroup()
    entries = server.clusters.clusters or {}
    default = server.hosts.default_tenant
    return {
        "cluster": _clusters(entries, tree.balance or BalanceGroup()),
        "default tenant": {} if default is None else {"": default},
        "name": _items(None if tree.names is None else tree.names.names),
    }


def _tls_parts(group: TlsGroup) -> Parts:
    table = group.certificates.table
    entries = (table and table.certificates) or {}
    return {
        "certificate": {name: (entry, group.pems.get(name)) for name, entry in entries.items()},
        "rule": _items(group.rules.rules),
        "default": {} if table is None else {"": table.default},
        "authority": _items(group.authorities),
        "ticket key": {"": group.ticket_key} if group.ticket_key else {},
    }


def _module_parts(tree: Tree, module: str) -> Parts:
    return {"document": _items(tree.modules.get(module))}


def _set(names: Iterable[str]) -> dict[Hashable, object]:
    return dict.fromkeys(names)


def _items(named: Mapping[str, object] | None) -> dict[Hashable, object]:
    return dict(named.items()) if named else {}
