"""Documents in memory: a small configuration root, and everything that reads one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from bfe_py.balance import LiveBackends
from bfe_py.config import (
    Changes,
    Compiled,
    CompileParts,
    EagerConditions,
    PackedTree,
    PemFiles,
    Prepared,
    Static,
    default_static,
    groups,
    prepare_steps,
)
from bfe_py.config.static_schema import Server
from bfe_py.control import Bundle, CheckedStore, GroupParts, Outcome, Reloader, TenantParts
from bfe_py.observe import Registry
from bfe_py.pipeline import Module
from bfe_py.snapshot import Snapshot
from tests.kit.loops import drive
from tests.kit.modules import FakeServices, ManualClock
from tests.kit.steps import run_steps

HOSTS = "server_data_conf/host_rule.data"
VIPS = "server_data_conf/vip_rule.data"
ROUTES = "server_data_conf/route_rule.data"
CLUSTERS = "server_data_conf/cluster_conf.data"
GSLB = "cluster_conf/gslb.data"
TABLE = "cluster_conf/cluster_table.data"
NAMES = "server_data_conf/name_conf.data"


@dataclass
class MemoryDocuments:
    """Documents that a test can change; `missing` directories are not there at all."""

    contents: dict[str, bytes] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)

    def get(self, path: str) -> bytes | None:
        return None if path in self.unreadable else self.contents.get(path)

    def names(self, path: str) -> tuple[str, ...] | None:
        folder = path.rstrip("/") + "/"
        found = sorted(
            [name.removeprefix(folder) for name in self.contents if name.startswith(folder)]
        )
        return None if folder in self.missing or not found else tuple(found)

    def write(self, path: str, content: object) -> None:
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.contents[path] = text

    def copy(self) -> "MemoryDocuments":
        return MemoryDocuments(dict(self.contents), set(self.missing), set(self.unreadable))


def host_rule(version: str, hosts: Mapping[str, list[str]]) -> dict[str, object]:
    """host_rule.data: tenant -> hosts; the tag of a tenant has its name."""
    return {
        "Version": version,
        "Hosts": dict(hosts),
        "HostTags": {tenant: [tenant] for tenant in hosts},
    }


def route_rule(version: str, routes: Mapping[str, str]) -> dict[str, object]:
    """route_rule.data: tenant -> the cluster of everything."""
    rules = {
        tenant: [{"Cond": "default_t()", "ClusterName": cluster}]
        for tenant, cluster in routes.items()
    }
    return {"Version": version, "ProductRule": rules}


def cluster_table(version: str, port: int) -> dict[str, object]:
    """cluster_table.data with one backend for cluster `web`."""
    backend = {"Name": "b", "Addr": "10.0.0.1", "Port": port, "Weight": 1}
    return {"Version": version, "Config": {"web": {"sub": [backend]}}}


def shop_documents() -> MemoryDocuments:
    """One tenant `shop` (shop.test) with one cluster `web`."""
    documents = MemoryDocuments()
    documents.write(HOSTS, host_rule("1", {"shop": ["shop.test"]}))
    documents.write(VIPS, {"Version": "1", "Vips": {}})
    documents.write(ROUTES, route_rule("1", {"shop": "web"}))
    documents.write(CLUSTERS, {"Version": "1", "Config": {"web": {}}})
    documents.write(GSLB, {"Hostname": "", "Ts": "1", "Clusters": {"web": {"sub": 1}}})
    documents.write(TABLE, cluster_table("1", 80))
    documents.write(NAMES, {"Version": "1", "Config": {}})
    return documents


def rules_document(*hosts: str, port: int = 8000) -> bytes:
    """A good `.rules` document."""
    return (
        f"hosts {', '.join(hosts)}\ncluster web {{\n    backend 10.0.0.1:{port}\n}}\nroute -> web\n"
    ).encode()


def shop_static() -> Static:
    """bfe.conf of that root, without TLS."""
    own = default_static().own
    return Static(server=Server(), own=own)


@dataclass
class Refusing:
    """Workers that refuse what `reloading` says, when they prepare it or when they are to use it."""

    reloading: "Reloading"

    async def prepare(self, _: PackedTree) -> str:
        refusal, self.reloading.refusal = self.reloading.refusal, ""
        return refusal

    async def use(self) -> str:
        refusal, self.reloading.late_refusal = self.reloading.late_refusal, ""
        return refusal

    def abandon(self) -> None:
        self.reloading.abandoned += 1


@dataclass
class Reloading:
    """A reloader over documents in memory, from which everything is compiled."""

    documents: MemoryDocuments = field(default_factory=shop_documents)
    modules: Mapping[str, Module] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    tenants: TenantParts = field(default_factory=TenantParts)
    is_strict: bool = False
    store: CheckedStore | None = None
    clock: ManualClock = field(default_factory=ManualClock)
    failure: Exception | None = None
    """What compiling raises next."""
    refusal: str = ""
    """Why workers do not take what comes next."""
    late_refusal: str = ""
    """Why they took it back."""
    abandoned: int = 0
    compiled: list[Changes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._versions = count(1)
        self._previous: Compiled | None = None
        self._parts = CompileParts(
            modules=self.modules,
            settings=self.settings,
            registry=Registry(),
            services=FakeServices(),
            live=LiveBackends(),
            conditions=EagerConditions(),
        )
        found = groups(shop_static(), self.modules, self.settings)
        parts = GroupParts(found, PemFiles(), is_strict=self.is_strict, store=self.store)
        if self.store is not None:
            self.tenants = TenantParts(store=self.store)
        self._prepared: Prepared | None = None
        self.reloader = Reloader(parts, self.tenants, self, self.clock, Refusing(self))

    async def prepare(self, changes: Changes) -> None:
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        self.compiled.append(changes)
        self._prepared = run_steps(prepare_steps(changes, self._parts, self._previous))

    async def adopt(self) -> Snapshot:
        prepared, self._prepared = self._prepared, None
        assert prepared is not None
        self._previous = run_steps(prepared.bind())
        return self._previous.snapshot

    def drop(self) -> None:
        self._prepared = None

    def load(
        self, *, only: str | None = None, path: str | None = None, anew: bool = False
    ) -> Outcome:
        """Load the documents as they are now; the clock goes on by a second."""
        self.clock.advance(1.0)
        bundle = Bundle(next(self._versions), self.documents.copy())
        return drive(self.reloader.load(bundle, only=only, path=path, anew=anew))

    def tenant_of(self, host: str) -> str | None:
        """Name of the tenant that a host belongs to."""
        found = self.reloader.snapshot.tenants.find(host, None)
        return None if found is None else found.tenant

    def backend_port(self, cluster: str = "web") -> int:
        """Port of the only backend of a cluster."""
        (sub_cluster,) = self.reloader.snapshot.balancers[cluster].sub_clusters
        (state,) = sub_cluster.states
        return state.port
