"""Tables that lead from a host to a cluster, out of BFE's files and out of `.rules` files."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from bfe_py.config.dynamic import AdvancedRule, BasicRule, HostRule
from bfe_py.config.lazy_conditions import Conditions, mentions_body
from bfe_py.config.parts import Entrance, RuleSlab
from bfe_py.model import parse_address
from bfe_py.route import PathRule, PathTable, RouteTable, Rule
from bfe_py.tenant import HostEntry, HostTable, TenantTable


@dataclass(frozen=True, slots=True)
class CompiledSlab:
    """Some rules of one tenant; None: it has no such list."""

    paths: PathTable | None
    rules: tuple[Rule, ...] | None


class DeferredSlab:
    """Advanced rules of one tenant that are compiled when somebody first asks for them.

    `packed` is MessagePack of a `RuleSlab`. `reads_body` may be true where a condition has no more
    than a mention of it.
    """

    __slots__ = ("_compiled", "_conditions", "_packed", "reads_body")

    def __init__(self, packed: bytes, conditions: Conditions) -> None:
        self._packed = packed
        self._conditions = conditions
        self._compiled: CompiledSlab | None = None
        self.reads_body = mentions_body(packed)

    def compiled(self) -> CompiledSlab:
        """The rules."""
        if self._compiled is None:
            source = msgspec.msgpack.decode(self._packed, type=RuleSlab)
            self._compiled = compile_slab(source, self._conditions)
            self._packed = b""
        return self._compiled

    @property
    def is_compiled(self) -> bool:
        """Somebody asked."""
        return self._compiled is not None

    def rules(self) -> tuple[Rule, ...]:
        """The advanced rules alone."""
        return self.compiled().rules or ()


def _all_rules(slabs: Sequence[DeferredSlab]) -> tuple[Rule, ...]:
    return tuple([rule for slab in slabs for rule in slab.rules()])


Slab = CompiledSlab | DeferredSlab


def compile_packed(packed: bytes, conditions: Conditions, *, is_lazy: bool) -> Slab:
    """Rules out of `packed`; deferred if they may be and nothing can be wrong with them.

    Raises:
        msgspec.DecodeError: that is no `RuleSlab`.
    """
    if is_lazy and packed.startswith(_ADVANCED_ONLY) and packed != _NO_LIST:
        return DeferredSlab(packed, conditions)
    return compile_slab(msgspec.msgpack.decode(packed, type=RuleSlab), conditions)


_ADVANCED_ONLY = msgspec.msgpack.encode(RuleSlab(None, []))[:-1]
"""How a slab begins that has no list of basic rules."""
_NO_LIST = msgspec.msgpack.encode(RuleSlab(None, None))


def compile_slab(source: RuleSlab, conditions: Conditions) -> CompiledSlab:
    """Rules out of `source`."""
    paths = None if source.basic is None else PathTable(_path_rules(source.basic))
    rules = None if source.advanced is None else tuple(_rules(source.advanced, conditions))
    return CompiledSlab(paths, rules)


def join_slabs(slabs: Sequence[Slab], deferred: int = 0) -> Generator[None, None, RouteTable]:
    """Table of all rules of one tenant, a little on each `next`; basic rules are in the first.

    Of up to `deferred` slabs that wait for somebody to ask, the table does so too.
    """
    waiting = [slab for slab in slabs if isinstance(slab, DeferredSlab)]
    if len(waiting) == len(slabs) <= deferred:
        reads_body = any(slab.reads_body for slab in waiting)
        return RouteTable.defer(partial(_all_rules, waiting), reads_body=reads_body)
    compiled: list[CompiledSlab] = []
    for slab in slabs:
        compiled.append(slab.compiled() if isinstance(slab, DeferredSlab) else slab)
        yield
    first = compiled[0]
    rules = first.rules
    if rules is not None and len(compiled) > 1:
        rules = tuple([rule for slab in compiled for rule in slab.rules or ()])
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
