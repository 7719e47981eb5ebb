"""Parts: a checked tree cut into pieces that change by themselves, each with its digest.

A part is what one thing is made of: some rules of a tenant, a cluster, a module's document. A tree
is sent and compiled part by part, so what a change of it costs depends on the change alone. What
belongs to a `.rules` tenant, or to BFE's files, is packed together: where their value is the very
same object as in the tree before, so are the parts.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b

import msgspec

from bfe_py.config.cluster_sources import shared_cluster_sources, tenant_cluster_sources
from bfe_py.config.dynamic import (
    AdvancedRule,
    BalanceGroup,
    BasicRule,
    HostRule,
    ServerGroup,
    TenantGroup,
    TlsGroup,
    Tree,
    VipRule,
)
from bfe_py.snapshot import Versions

PartKey = tuple[str, ...]
"""Kind of a part, and what it is about."""

ROUTES = "routes"
"""Some rules of a tenant: (kind, tenant, position); decodes into `RuleSlab`."""
CLUSTER = "cluster"
"""One cluster: (kind, name); a `ClusterSource`."""
DOCUMENT = "document"
"""One document of a module: (kind, module, name); a `ModuleDocument`."""
ENTRANCE: PartKey = ("entrance",)
"""Hosts and addresses of everybody; an `Entrance`."""
TLS: PartKey = ("tls",)
"""A `TlsGroup`."""
VERSIONS: PartKey = ("versions",)
"""`snapshot.Versions`."""
NAMES: PartKey = ("names",)
"""A `NameConf`, which nobody compiles."""

SLAB_RULES = 250
"""The most rules in one part: it is to be decoded and compiled in one go, before a request."""

_DIGEST = 16
_encode = msgspec.msgpack.Encoder().encode


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One part: MessagePack of what its kind decodes into, and the digest of that."""

    digest: bytes
    packed: bytes


class RuleSlab(msgspec.Struct, frozen=True, array_like=True):
    """Rules of one tenant, all or some; None: it has no such list."""

    basic: list[BasicRule | None] | None
    advanced: list[AdvancedRule | None] | None


class Entrance(msgspec.Struct, frozen=True, array_like=True):
    """Which host and which address belong to whom; `claims` are those of `.rules` tenants."""

    hosts: HostRule
    vips: VipRule
    claims: list[tuple[str, list[str], list[str], bool]]
    """Tenant, hosts, virtual addresses, whether it is the default."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The way to `version`: parts that are new or different, and those no longer there.

    `is_whole`: `put` is all there is, whatever was there before.
    """

    version: str
    put: Mapping[PartKey, Part]
    gone: frozenset[PartKey] = frozenset()
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class _Owned:
    """Parts with one owner, the values that they were made of, and a digest of all of them."""

    sources: tuple[object, ...]
    parts: Mapping[PartKey, Part]
    digest: bytes


@dataclass(frozen=True, slots=True)
class PackedTree:
    """All parts of a tree; its `version` is a digest of them."""

    version: str = ""
    parts: Mapping[PartKey, Part] = field(default_factory=dict)
    owned: Mapping[str, _Owned] = field(default_factory=dict)

    def changes(self, before: Mapping[PartKey, Part] | None = None) -> Changes:
        """The way to this tree from the parts `before`; None: from nothing that is known."""
        if before is None:
            return Changes(self.version, self.parts, is_whole=True)
        put = {key: part for key, part in self.parts.items() if _differs(before.get(key), part)}
        gone = before.keys() - self.parts.keys()
        return Changes(self.version, put, frozenset(gone))


def pack_tree(tree: Tree, before: PackedTree | None = None) -> PackedTree:
    """Parts of `tree`; those of values that are in the tree `before` too are shared with it."""
    packing = _Packing(before or PackedTree())
    packing.add_shared(tree)
    for tenant, group in tree.tenants.items():
        packing.add_tenant(tenant, group)
    return packing.finish(tree.version)


def split_rules(source: RuleSlab) -> Iterator[RuleSlab]:
    """`source` in pieces of a modest size, in order; at least one."""
    first = RuleSlab(source.basic, source.advanced and source.advanced[:SLAB_RULES])
    yield first
    for start in range(SLAB_RULES, len(source.advanced or ()), SLAB_RULES):
        yield RuleSlab(None, (source.advanced or [])[start : start + SLAB_RULES])


class _Packing:
    """One tree being packed."""

    __slots__ = ("_before", "_owned", "_parts")

    def __init__(self, before: PackedTree) -> None:
        self._before = before
        self._owned: dict[str, _Owned] = {}
        self._parts: dict[PartKey, Part] = {}

    def add_shared(self, tree: Tree) -> None:
        """What is no single tenant's."""
        server, balance = tree.server, tree.balance
        self._add("routes", (server,), partial(_shared_routes, server))
        self._add("clusters", (server, balance), partial(_shared_clusters, server, balance))
        for module, documents in tree.modules.items():
            for name, document in documents.items():
                self._add_one((DOCUMENT, module, name), (document,), partial(_same, document))
        self._add_one(ENTRANCE, _entrance_sources(tree), partial(_entrance, tree))
        self._add_one(VERSIONS, (server, balance), partial(_versions, tree))
        self._add_one(TLS, (tree.tls,), lambda: tree.tls or TlsGroup())
        self._add_one(NAMES, (tree.names,), lambda: tree.names)

    def add_tenant(self, tenant: str, group: TenantGroup) -> None:
        """What is a `.rules` tenant's alone."""
        self._add(f"tenant {tenant}", (group,), partial(_tenant_parts, tenant, group))

    def _add_one(
        self, key: PartKey, sources: tuple[object, ...], make: Callable[[], object]
    ) -> None:
        self._add(" ".join(key), sources, lambda: iter([(key, make())]))

    def _add(
        self,
        owner: str,
        sources: tuple[object, ...],
        cut: Callable[[], Iterator[tuple[PartKey, object]]],
    ) -> None:
        owned = self._before.owned.get(owner)
        if owned is None or not _are_same(owned.sources, sources):
            owned = _pack(sources, cut(), {} if owned is None else owned.parts)
        self._owned[owner] = owned
        self._parts.update(owned.parts)

    def finish(self, version: str) -> PackedTree:
        """The parts, and the version that they make if there is none."""
        if not version:
            digest = blake2b(digest_size=_DIGEST)
            for owner in sorted(self._owned):
                digest.update(self._owned[owner].digest)
            version = digest.hexdigest()
        return PackedTree(version, self._parts, self._owned)


def _pack(
    sources: tuple[object, ...],
    cut: Iterator[tuple[PartKey, object]],
    before: Mapping[PartKey, Part],
) -> _Owned:
    parts: dict[PartKey, Part] = {}
    whole = blake2b(digest_size=_DIGEST)
    for key, value in cut:
        packed = _encode(value)
        digest = blake2b(packed, digest_size=_DIGEST).digest()
        known = before.get(key)
        # The same object for the same content: comparing trees is a matter of identity then.
        part = known if known is not None and known.digest == digest else Part(digest, packed)
        parts[key] = part
        whole.update(_encode(key))
        whole.update(digest)
    return _Owned(sources, parts, whole.digest())


def _are_same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(map(_is, one, other))


def _is(one: object, other: object) -> bool:
    return one is other


def _same(value: object) -> object:
    return value


def _differs(one: Part | None, other: Part) -> bool:
    return one is not other and (one is None or one.digest != other.digest)


# --- what there is to cut


def _shared_routes(server: ServerGroup | None) -> Iterator[tuple[PartKey, object]]:
    routes = (server or ServerGroup()).routes
    basic, advanced = routes.basic or {}, routes.advanced or {}
    for tenant in {**basic, **advanced}:
        source = RuleSlab(
            (basic[tenant] or []) if tenant in basic else None,
            (advanced[tenant] or []) if tenant in advanced else None,
        )
        yield from _slabs(tenant, source)


def _slabs(tenant: str, source: RuleSlab) -> Iterator[tuple[PartKey, object]]:
    for position, slab in enumerate(split_rules(source)):
        yield (ROUTES, tenant, str(position)), slab


def _shared_clusters(
    server: ServerGroup | None, balance: BalanceGroup | None
) -> Iterator[tuple[PartKey, object]]:
    sources = shared_cluster_sources(server or ServerGroup(), balance or BalanceGroup())
    return (((CLUSTER, name), source) for name, source in sources.items())


def _tenant_parts(tenant: str, group: TenantGroup) -> Iterator[tuple[PartKey, object]]:
    yield from _slabs(tenant, RuleSlab(None, list(group.rules)))
    for name, source in tenant_cluster_sources(group).items():
        yield (CLUSTER, name), source


def _entrance_sources(tree: Tree) -> tuple[object, ...]:
    """What the entrance is made of: the same objects make the same one."""
    found: list[object] = [tree.server]
    for group in tree.tenants.values():
        found += (group.hosts, group.vips, group.is_default)
    return tuple(found)


def _entrance(tree: Tree) -> Entrance:
    server = tree.server or ServerGroup()
    return Entrance(
        msgspec.structs.replace(server.hosts, version=None),
        msgspec.structs.replace(server.vips, version=None),
        [
            (group.tenant, group.hosts, group.vips, group.is_default)
            for group in tree.tenants.values()
        ],
    )


def _versions(tree: Tree) -> Versions:
    server, balance = tree.server or ServerGroup(), tree.balance or BalanceGroup()
    return Versions(
        host_rule=server.hosts.version or "",
        vip_rule=server.vips.version or "",
        route_rule=server.routes.version or "",
        cluster_conf=server.clusters.version or "",
        cluster_table=balance.table.version or "",
        gslb_timestamp=balance.gslb.timestamp or "",
        gslb_source=balance.gslb.source or "",
    )
