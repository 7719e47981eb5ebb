"""From the parts of a checked tree to a snapshot: one value that the data plane reads.

Compiling is pure but for counters, which are made in the registry. Behind it backends are bound to
their live state, whose new weights hold from then on: who does not go that far has changed nothing.

Only parts that changed are looked at, and what others were compiled to is shared with the snapshot
before: a tenant's routes, a cluster with its balancer, a module's document.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import msgspec

from bfe_py.balance import Balancer, Cluster
from bfe_py.config.cluster_sources import ClusterSource
from bfe_py.config.compile_chain import BuiltChain, CompileParts, build_chain, find_body_phases
from bfe_py.config.compile_clusters import compile_cluster
from bfe_py.config.compile_modules import CompiledDocument, compile_document
from bfe_py.config.compile_routes import (
    CompiledSlab,
    DeferredSlab,
    Slab,
    compile_packed,
    compile_tenants,
    join_slabs,
)
from bfe_py.config.dynamic import ModuleDocument, TlsGroup, Tree
from bfe_py.config.parts import (
    CLUSTER,
    DOCUMENT,
    ENTRANCE,
    ROUTES,
    TLS,
    VERSIONS,
    Changes,
    Entrance,
    Part,
    PartKey,
    pack_tree,
)
from bfe_py.route import RouteTable
from bfe_py.snapshot import Snapshot, Versions
from bfe_py.tenant import TenantTable
from bfe_py.tls import Certificate, Certificates


@dataclass(frozen=True, slots=True)
class CompiledCluster:
    """A cluster; `is_known`: requests can be routed to it."""

    cluster: Cluster
    is_known: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """A snapshot, and what the next one needs to share with it.

    `digests` are those of all parts, `values` what they were compiled to. `retired` are things of
    the snapshot before that this one does not have; what holds others comes before them.
    """

    snapshot: Snapshot
    digests: Mapping[PartKey, bytes]
    values: Mapping[PartKey, object]
    chain: BuiltChain
    retired: tuple[object, ...] = ()


Steps = Generator[None, None, Compiled]
"""Binds on each `next`; the result comes with `StopIteration`."""


class Prepared(Protocol):
    """What is compiled and not in use."""

    def bind(self) -> Steps:
        """Take it into use, a little at each step; it is so from the first on."""


def compile_tree(tree: Tree, parts: CompileParts, previous: Compiled | None = None) -> Compiled:
    """`tree` compiled at once; see `compile_steps`."""
    steps = compile_steps(pack_tree(tree).changes(), parts, previous)
    while True:
        try:
            next(steps)
        except StopIteration as stopped:
            return cast("Compiled", stopped.value)


def compile_steps(changes: Changes, parts: CompileParts, previous: Compiled | None = None) -> Steps:
    """What `changes` lead to, prepared and bound a little at each step; see `prepare_steps`."""
    prepared = yield from prepare_steps(changes, parts, previous)
    return (yield from prepared.bind())


def prepare_steps(
    changes: Changes, parts: CompileParts, previous: Compiled | None = None
) -> Generator[None, None, Prepared]:
    """What `changes` lead to, compiled a little at each step: other work can go on in between.

    Args:
        changes: from what `previous` was made of, or whole; of a tree without errors.
        parts: the same as for `previous`.
        previous: what is in use now; what did not change is shared with it.

    Raises:
        CompileError: a module refuses a document.
        msgspec.DecodeError: a part is not what its key says.
    """
    compilation = _Compilation(changes, parts, previous)
    yield from compilation.steps()
    return compilation


class _Compilation:
    """One set of changes on its way to a snapshot."""

    def __init__(self, changes: Changes, parts: CompileParts, previous: Compiled | None) -> None:
        self._parts = parts
        self._previous = previous
        self._version = changes.version
        before = {} if previous is None else previous.digests
        self._put = {
            key: part for key, part in changes.put.items() if before.get(key) != part.digest
        }
        gone = before.keys() - changes.put.keys() if changes.is_whole else changes.gone
        self._gone = [key for key in gone if key in before]
        self._digests = dict(before)
        self._values: dict[PartKey, object] = {} if previous is None else dict(previous.values)
        old = None if previous is None else previous.snapshot
        self._routes: dict[str, RouteTable] = {} if old is None else dict(old.routes)
        self._clusters: dict[str, Cluster] = {} if old is None else dict(old.clusters)
        self._balancers: dict[str, Balancer] = {} if old is None else dict(old.balancers)
        self._retired: list[object] = []
        self._retired_rules: list[object] = []
        self._chain: BuiltChain | None = None

    def steps(self) -> Generator[None, None, None]:
        """Whatever takes long or may be refused; it changes nothing outside of here."""
        for key in self._gone:
            del self._digests[key]
            self._retire(self._values.pop(key))
        for key, part in self._put.items():
            value = self._compile(key, part)
            self._retire(self._values.get(key))
            self._digests[key], self._values[key] = part.digest, value
            yield
        for tenant in self._touched(ROUTES):
            if tenant in self._routes:
                self._retired.append(self._routes.pop(tenant))
            slabs = self._slabs(tenant)
            if slabs:
                self._routes[tenant] = yield from join_slabs(slabs, self._parts.deferred)
            yield
        self._chain = self._build_chain()

    def bind(self) -> Steps:
        """See `Prepared`."""
        chain = self._chain
        assert chain is not None
        for name in self._touched(CLUSTER):
            self._bind(name)
            yield
        phases, any_phase = find_body_phases(chain, self._routes)
        snapshot = Snapshot(
            version=self._version,
            tenants=cast("TenantTable", self._values[ENTRANCE]),
            routes=self._routes,
            clusters=self._clusters,
            balancers=self._balancers,
            chain=chain.chain,
            certificates=cast("Certificates", self._values[TLS]),
            versions=cast("Versions", self._values[VERSIONS]),
            body_phases=phases,
            any_body_phase=any_phase,
        )
        retired = (*self._retired, *self._retired_rules)
        return Compiled(snapshot, self._digests, self._values, chain, retired)

    def _retire(self, value: object) -> None:
        """`value` will not be used any more, nor what it consists of."""
        if value is not None:
            self._retired.append(value)
        if isinstance(value, CompiledSlab):
            self._retired_rules += value.rules or ()
        elif isinstance(value, DeferredSlab) and value.is_compiled:
            self._retired_rules += value.rules()

    def _touched(self, kind: str) -> list[str]:
        """What changed parts of `kind` are about, each once."""
        keys = [*self._gone, *self._put]
        return list(dict.fromkeys([key[1] for key in keys if key[0] == kind]))

    def _compile(self, key: PartKey, part: Part) -> object:
        """What a part is compiled to."""
        match key:
            case ("routes", *_):
                parts = self._parts
                return compile_packed(part.packed, parts.conditions, is_lazy=parts.deferred > 0)
            case ("cluster", name):
                source = msgspec.msgpack.decode(part.packed, type=ClusterSource)
                return CompiledCluster(compile_cluster(name, source), source.is_known)
            case ("document", module, name):
                return self._compile_document(module, name, part)
            case ("entrance",):
                return compile_tenants(msgspec.msgpack.decode(part.packed, type=Entrance))
            case ("tls",):
                return compile_certificates(msgspec.msgpack.decode(part.packed, type=TlsGroup))
            case ("versions",):
                return msgspec.msgpack.decode(part.packed, type=Versions)
            case _:
                return None  # what nobody needs here

    def _compile_document(self, module: str, name: str, part: Part) -> CompiledDocument | None:
        known = self._parts.modules.get(module)
        for document in () if known is None else known.documents:
            if document.name == name:
                source = msgspec.msgpack.decode(part.packed, type=ModuleDocument)
                return compile_document(module, document, source, self._parts.conditions)
        return None

    def _slabs(self, tenant: str) -> list[Slab]:
        slabs: list[Slab] = []
        while (slab := self._values.get((ROUTES, tenant, str(len(slabs))))) is not None:
            slabs.append(cast("Slab", slab))
        return slabs

    def _build_chain(self) -> BuiltChain:
        """The chain; that of the snapshot before where no document changed."""
        if self._previous is not None and not self._touched(DOCUMENT):
            return self._previous.chain
        documents = {
            (key[1], key[2]): value
            for key, value in self._values.items()
            if key[0] == DOCUMENT and isinstance(value, CompiledDocument)
        }
        if self._previous is not None:
            self._retired.append(self._previous.chain)
        return build_chain(self._parts, documents)

    def _bind(self, name: str) -> None:
        old = self._balancers.pop(name, None)
        self._clusters.pop(name, None)
        if old is not None:
            self._retired.append(old)
        compiled = cast("CompiledCluster | None", self._values.get((CLUSTER, name)))
        if compiled is None:
            return
        parts = self._parts
        self._balancers[name] = Balancer(
            compiled.cluster, parts.live, is_compatible=parts.is_compatible, offset=parts.offset
        )
        if compiled.is_known:
            self._clusters[name] = compiled.cluster


def compile_certificates(group: TlsGroup) -> Certificates:
    """Certificates by name, and the default."""
    by_name = {
        name: Certificate(name, pem.certificate, pem.key) for name, pem in group.pems.items()
    }
    table = group.certificates.table
    default = None if table is None else by_name.get(table.default or "")
    return Certificates(by_name, default)
