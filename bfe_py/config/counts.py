"""How much a configuration holds, in numbers."""

from collections.abc import Iterable, Sized
from dataclasses import dataclass

from bfe_py.config.dynamic import BalanceGroup, ServerGroup, Tree


@dataclass(frozen=True, slots=True)
class TreeCounts:
    """How much is configured."""

    tenants: int = 0
    hosts: int = 0
    host_tags: int = 0
    vips: int = 0
    tenants_with_rules: int = 0
    """Tenants that have advanced rules."""
    tenants_with_basic_rules: int = 0
    rules: int = 0
    """Advanced rules of all tenants."""
    basic_rules: int = 0
    clusters: int = 0
    backends: int = 0
    certificates: int = 0


def count_tree(tree: Tree) -> TreeCounts:
    """Numbers of what is in `tree`."""
    server = tree.server or ServerGroup()
    groups = list(tree.tenants.values())
    tags = server.hosts.hosts or {}
    advanced = server.routes.advanced or {}
    basic = server.routes.basic or {}
    balances = [tree.balance or BalanceGroup(), *[group.balance for group in groups]]
    tables = [table for balance in balances for table in (balance.table.clusters or {}).values()]
    certificates = tree.tls and tree.tls.certificates.table
    return TreeCounts(
        tenants=len({*(server.hosts.tags or {}), *tree.tenants}),
        hosts=_total(tags.values()) + _total(group.hosts for group in groups),
        host_tags=len(tags) + sum(bool(group.hosts) for group in groups),
        vips=_total((server.vips.vips or {}).values()) + _total(group.vips for group in groups),
        tenants_with_rules=len(advanced) + sum(bool(group.rules) for group in groups),
        tenants_with_basic_rules=len(basic),
        rules=_total(advanced.values()) + _total(group.rules for group in groups),
        basic_rules=_total(basic.values()),
        clusters=len(server.clusters.clusters or {}) + _total(group.clusters for group in groups),
        backends=sum(_total((table or {}).values()) for table in tables),
        certificates=len((certificates and certificates.certificates) or ()),
    )


def _total(collections: Iterable[Sized | None]) -> int:
    return sum(len(each) for each in collections if each is not None)
