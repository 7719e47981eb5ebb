"""Tables that lead from a host to a cluster, out of BFE's files and out of `.rules` files."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bfe_py.config.dynamic import AdvancedRule, BasicRule, HostRule
from bfe_py.config.lazy_conditions import Conditions
from bfe_py.config.parts import Entrance, RuleSlab
from bfe_py.model import parse_address
from bfe_py.route import PathRule, PathTable, RouteTable, Rule
from bfe_py.tenant import HostEntry, HostTable, TenantTable


@dataclass(frozen=True, slots=True)
class CompiledSlab:
    """Some rules of one tenant; None: it has no such list."""

    paths: PathTable | None
    rules: tuple[Rule, ...] | None


def compile_slab(source: RuleSlab, conditions: Conditions) -> CompiledSlab:
    """Rules out of `source`."""
    paths = None if source.basic is None else PathTable(_path_rules(source.basic))
    rules = None if source.advanced is None else tuple(_rules(source.advanced, conditions))
    return CompiledSlab(paths, rules)


def join_slabs(slabs: Sequence[CompiledSlab]) -> Generator[None, None, RouteTable]:
    """Table of all rules of one tenant, a little on each `next`; basic rules are in the first."""
    first = slabs[0]
    rules = first.rules
    if rules is not None and len(slabs) > 1:
        rules = tuple([rule for slab in slabs for rule in slab.rules or ()])
    return (yield from RouteTable.steps(first.paths, rules))


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


def compile_tenants(entrance: Entrance) -> TenantTable:
    """Table of hosts, virtual addresses and the default.

    A host of a `.rules` tenant has the tenant's name as its tag. Where something is claimed twice,
    which checking does not let through, BFE's files win.
    """
    claims = entrance.claims
    hosts = [(host, HostEntry(tenant, tenant)) for tenant, names, _, _ in claims for host in names]
    vips = {vip: tenant for tenant, _, listed, _ in claims for vip in listed}
    for owner, own in (entrance.vips.vips or {}).items():
        vips.update(dict.fromkeys(own or (), owner))
    default = entrance.hosts.default_tenant
    if default is None:
        default = next((tenant for tenant, _, _, is_default in claims if is_default), None)
    table = HostTable([*hosts, *_host_entries(entrance.hosts)])
    return TenantTable(table, _parse_vips(vips), default)


def _host_entries(rule: HostRule) -> Iterator[tuple[str, HostEntry]]:
    tenants: dict[str, str] = {}
    for tenant, tags in (rule.tags or {}).items():
        for tag in tags or ():
            tenants.setdefault(tag, tenant)
    for tag, hosts in (rule.hosts or {}).items():
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
