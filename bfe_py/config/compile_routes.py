"""Tables that lead from a host to a cluster, out of BFE's files and out of `.rules` files."""

from collections.abc import Iterable, Iterator, Mapping

from bfe_py.config.dynamic import AdvancedRule, BasicRule, ServerGroup, TenantGroup, Tree
from bfe_py.config.lazy_conditions import Conditions
from bfe_py.model import parse_address
from bfe_py.route import PathRule, PathTable, RouteTable, Rule
from bfe_py.tenant import HostEntry, HostTable, TenantTable

RouteSource = tuple[list[BasicRule | None] | None, list[AdvancedRule | None] | None]
"""Basic and advanced rules of one tenant; None: it has no such list."""


def route_sources(tree: Tree) -> dict[str, RouteSource]:
    """Rules of every tenant that has any."""
    routes = (tree.server or ServerGroup()).routes
    basic, advanced = routes.basic or {}, routes.advanced or {}
    sources: dict[str, RouteSource] = {
        tenant: (None, list(group.rules)) for tenant, group in tree.tenants.items()
    }
    for tenant in {**basic, **advanced}:
        sources[tenant] = (
            (basic[tenant] or []) if tenant in basic else None,
            (advanced[tenant] or []) if tenant in advanced else None,
        )
    return sources


def compile_routes(source: RouteSource, conditions: Conditions) -> RouteTable:
    """Table of the rules of one tenant."""
    basic, advanced = source
    paths = None if basic is None else PathTable(_path_rules(basic))
    rules = None if advanced is None else tuple(_rules(advanced, conditions))
    return RouteTable(paths, rules)


def _path_rules(rules: Iterable[BasicRule | None]) -> Iterator[PathRule]:
    for rule in rules:
        if rule is not None:
            hosts, paths = tuple(rule.hostnames or ()), tuple(rule.paths or ())
            yield PathRule(hosts, paths, rule.cluster or "")


def _rules(rules: Iterable[AdvancedRule | None], conditions: Conditions) -> Iterator[Rule]:
    for rule in rules:
        if rule is not None:
            condition = conditions.get(rule.condition or "")
            yield Rule(condition.text, condition.matches, rule.cluster or "", condition.reads_body)


def compile_tenants(server: ServerGroup, groups: Mapping[str, TenantGroup]) -> TenantTable:
    """Table of hosts, virtual addresses and the default.

    A host of a `.rules` tenant has the tenant's name as its tag. Where something is claimed twice,
    which checking does not let through, BFE's files win.
    """
    hosts = [
        (host, HostEntry(group.tenant, group.tenant))
        for group in groups.values()
        for host in group.hosts
    ]
    vips = {vip: group.tenant for group in groups.values() for vip in group.vips}
    defaults = [group.tenant for group in groups.values() if group.is_default]
    for tenant, listed in (server.vips.vips or {}).items():
        vips.update(dict.fromkeys(listed or (), tenant))
    default = server.hosts.default_tenant
    if default is None:
        default = defaults[0] if defaults else None
    table = HostTable([*hosts, *_host_entries(server)])
    return TenantTable(table, _parse_vips(vips), default)


def _host_entries(server: ServerGroup) -> Iterator[tuple[str, HostEntry]]:
    tenants: dict[str, str] = {}
    for tenant, tags in (server.hosts.tags or {}).items():
        for tag in tags or ():
            tenants.setdefault(tag, tenant)
    for tag, hosts in (server.hosts.hosts or {}).items():
        for host in hosts or ():
            if tag in tenants:
                yield host, HostEntry(tenants[tag], tag)


def _parse_vips(vips: Mapping[str, str]) -> dict[int, str]:
    parsed: dict[int, str] = {}
    for vip, tenant in vips.items():
        address = parse_address(vip)
        if address is not None:
            parsed[address.value] = tenant
    return parsed
