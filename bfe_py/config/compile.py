"""From a checked tree to a snapshot: one value that the data plane reads, and nothing else.

Compiling is pure but for two things that it is given: counters are made in the registry, and
backends are bound to their live state, whose new weights hold from then on. That comes last, so
that a tree which cannot be compiled changes nothing.

What did not change since the snapshot before is shared with it, part by part: a tenant's routes,
a cluster with its balancer, a module's document. Parts are known by the digest of their source.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import TypeVar, cast

import msgspec

from bfe_py.balance import Balancer, Cluster, LiveBackends
from bfe_py.config.compile_clusters import ClusterSource, cluster_sources, compile_cluster
from bfe_py.config.compile_modules import (
    CompiledDocument,
    add_body_phases,
    compile_document,
    first_phase,
)
from bfe_py.config.compile_routes import compile_routes, compile_tenants, route_sources
from bfe_py.config.dynamic import BalanceGroup, ModuleDocument, ServerGroup, TlsGroup, Tree
from bfe_py.config.lazy_conditions import Conditions
from bfe_py.observe import Registry
from bfe_py.pipeline import (
    GLOBAL,
    Chain,
    ChainCounters,
    Document,
    Handler,
    Module,
    Parts,
    Phase,
    Services,
)
from bfe_py.route import RouteTable
from bfe_py.snapshot import Snapshot, Versions
from bfe_py.tenant import TenantTable
from bfe_py.tls import Certificate, Certificates

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class CompileParts:
    """What a tree is compiled with; the same for every snapshot of a process.

    `modules` are those enabled, in their order; `settings` and `states` are by module, for those
    that have any. `offset`: see `Balancer`.
    """

    modules: Mapping[str, Module]
    settings: Mapping[str, object]
    registry: Registry
    services: Services
    live: LiveBackends
    conditions: Conditions
    states: Mapping[str, object] = field(default_factory=dict)
    is_compatible: bool = False
    offset: int = 0


PartKey = tuple[str, ...]
"""Kind of a part, and its name."""

Part = tuple[bytes, object]
"""Digest of what a part was made of, and the part."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A snapshot, and the parts that the next one may share with it."""

    snapshot: Snapshot
    parts: Mapping[PartKey, Part]


Steps = Generator[None, None, Compiled]
"""Compiles on each `next`; the result comes with `StopIteration`."""


def compile_tree(tree: Tree, parts: CompileParts, previous: Compiled | None = None) -> Compiled:
    """`tree` compiled at once; see `compile_steps`."""
    steps = compile_steps(tree, parts, previous)
    while True:
        try:
            next(steps)
        except StopIteration as stopped:
            return cast("Compiled", stopped.value)


def compile_steps(tree: Tree, parts: CompileParts, previous: Compiled | None = None) -> Steps:
    """`tree` compiled a little at each step, so that other work can go on in between.

    Args:
        tree: without errors.
        parts: the same as for `previous`.
        previous: what is in use now; unchanged parts are shared with it.

    Raises:
        CompileError: a module refuses a document.
    """
    compilation = _Compilation(tree, parts, previous)
    yield from compilation.steps()
    return compilation.finish()


class _Compilation:
    """One tree on its way to a snapshot."""

    def __init__(self, tree: Tree, parts: CompileParts, previous: Compiled | None) -> None:
        self._tree = tree
        self._server = tree.server or ServerGroup()
        self._parts = parts
        self._old: Mapping[PartKey, Part] = {} if previous is None else previous.parts
        self._new: dict[PartKey, Part] = {}
        self._routes: dict[str, RouteTable] = {}
        self._documents: dict[str, dict[str, CompiledDocument]] = {}
        self._sources: dict[str, ClusterSource] = {}
        self._clusters: dict[str, Cluster] = {}

    def steps(self) -> Generator[None, None, None]:
        """Whatever takes long or may be refused; it changes nothing outside of here."""
        for tenant, source in route_sources(self._tree).items():
            make = partial(compile_routes, source, self._parts.conditions)
            self._routes[tenant] = self._share(("routes", tenant), source, make)
            yield
        for name, module in self._parts.modules.items():
            own = self._documents[name] = {}
            given = self._tree.modules.get(name) or {}
            for document in module.documents:
                if document.name in given:
                    own[document.name] = self._compile(name, document, given[document.name])
                    yield
        self._sources = cluster_sources(self._tree)
        for cluster, wanted in self._sources.items():
            compiling = partial(compile_cluster, cluster, wanted)
            self._clusters[cluster] = self._share(("cluster", cluster), wanted, compiling)
            yield

    def finish(self) -> Compiled:
        """The rest, in one go: from the first balancer on the tree is in use."""
        tree = self._tree
        tenants = self._compile_tenants()
        chain, body_phases = self._build_modules()
        any_phase = body_phases.pop(GLOBAL, None)
        known = [name for name, source in self._sources.items() if source.is_known]
        snapshot = Snapshot(
            version=tree.version,
            tenants=tenants,
            routes=self._routes,
            clusters={name: self._clusters[name] for name in known},
            balancers={name: self._bind(name, each) for name, each in self._clusters.items()},
            chain=chain,
            certificates=_certificates(tree.tls or TlsGroup()),
            versions=_versions(self._server, tree.balance or BalanceGroup()),
            body_phases={
                tenant: first_phase(phase, any_phase) for tenant, phase in body_phases.items()
            },
            any_body_phase=any_phase,
        )
        return Compiled(snapshot, self._new)

    def _compile(self, module: str, document: Document, source: ModuleDocument) -> CompiledDocument:
        make = partial(compile_document, module, document, source, self._parts.conditions)
        return self._share(("document", module, document.name), source, make)

    def _compile_tenants(self) -> TenantTable:
        groups = self._tree.tenants
        claims = [(each.tenant, each.hosts, each.vips, each.is_default) for each in groups.values()]
        source = (self._server.hosts, self._server.vips, claims)
        return self._share(("tenants",), source, partial(compile_tenants, self._server, groups))

    def _build_modules(self) -> tuple[Chain, dict[str, Phase]]:
        """The chain; and by tenant the first phase that needs the body."""
        parts = self._parts
        chain: dict[Phase, list[tuple[str, Handler]]] = {phase: [] for phase in Phase}
        body_phases: dict[str, Phase] = {}
        for name, module in parts.modules.items():
            documents = self._documents[name]
            handlers = module.build(
                Parts(
                    settings=parts.settings.get(name),
                    documents={key: document.value for key, document in documents.items()},
                    registry=parts.registry,
                    services=parts.services,
                    state=parts.states.get(name),
                    is_compatible=parts.is_compatible,
                )
            )
            for phase, handler in handlers.items():
                chain[phase].append((name, handler))
            for document in documents.values():
                add_body_phases(body_phases, document.body_tenants, handlers)
        for tenant, table in self._routes.items():
            if table.reads_body:
                # Routes are looked up behind the handlers of TENANT: later is too late.
                body_phases[tenant] = first_phase(body_phases.get(tenant), Phase.TENANT)
        named = {phase: tuple(handlers) for phase, handlers in chain.items()}
        return Chain(named, parts.registry.family(ChainCounters)), body_phases

    def _bind(self, name: str, cluster: Cluster) -> Balancer:
        digest, _ = self._new["cluster", name]
        parts = self._parts
        make = partial(
            Balancer,
            cluster,
            parts.live,
            is_compatible=parts.is_compatible,
            offset=parts.offset,
        )
        return self._reuse(("balancer", name), digest, make)

    def _share(self, key: PartKey, source: object, make: Callable[[], V]) -> V:
        """What `make` makes of `source`; that of the snapshot before if it had the same."""
        digest = blake2b(msgspec.msgpack.encode(source), digest_size=16).digest()
        return self._reuse(key, digest, make)

    def _reuse(self, key: PartKey, digest: bytes, make: Callable[[], V]) -> V:
        known = self._old.get(key)
        value = make() if known is None or known[0] != digest else cast("V", known[1])
        self._new[key] = digest, value
        return value


def _certificates(group: TlsGroup) -> Certificates:
    by_name = {
        name: Certificate(name, pem.certificate, pem.key) for name, pem in group.pems.items()
    }
    table = group.certificates.table
    default = None if table is None else by_name.get(table.default or "")
    return Certificates(by_name, default)


def _versions(server: ServerGroup, balance: BalanceGroup) -> Versions:
    return Versions(
        host_rule=server.hosts.version or "",
        vip_rule=server.vips.version or "",
        route_rule=server.routes.version or "",
        cluster_conf=server.clusters.version or "",
        cluster_table=balance.table.version or "",
        gslb_timestamp=balance.gslb.timestamp or "",
        gslb_source=balance.gslb.source or "",
    )
