"""The way of requests over configurations that are loaded meanwhile, as a worker does it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bfe_py import modules as built_in
from bfe_py.balance import BackendState, Choice, Cluster
from bfe_py.config import Changes, default_settings
from bfe_py.downstream.connection import ClientConnection
from bfe_py.pipeline import Module, load_modules
from bfe_py.server import Site
from bfe_py.server.compiling import Compiler
from bfe_py.snapshot import Snapshot
from tests.kit.client_connection import LOCAL, PEER, in_callback
from tests.kit.documents import (
    CLUSTERS,
    GSLB,
    HOSTS,
    ROUTES,
    TABLE,
    Reloading,
    host_rule,
    shop_documents,
    shop_static,
)
from tests.kit.modules import FakeServices
from tests.kit.transports import settle
from tests.kit.whole_way import LostTransport, Way

HEADERS = "mod_header/mod_header.data"
STICKY = ("10.9.0.1", "10.9.0.2", "10.9.0.3")
STAYING = {"even": "10.0.0.1", "odd": "10.0.0.2"}


@dataclass(frozen=True)
class Versions:
    """Which version of each document is in use."""

    routes: int = 1
    headers: int = 1
    table: int = 1

    @property
    def cluster(self) -> str:
        """Where requests go that are not sticky."""
        return ("even", "odd")[self.routes % 2]

    def backends(self, cluster: str) -> set[str]:
        """Hosts of a cluster: one that stays, and one of this version."""
        if cluster == "sticky":
            return set(STICKY)
        return {STAYING[cluster], f"10.1.{self.table}.{len(cluster)}"}

    def routes_data(self) -> dict[str, object]:
        rules = [
            {"Cond": 'req_path_prefix_in("/sticky", false)', "ClusterName": "sticky"},
            {"Cond": "default_t()", "ClusterName": self.cluster},
        ]
        return {"Version": str(self.routes), "ProductRule": {"shop": rules}}

    def headers_data(self) -> dict[str, object]:
        version = str(self.headers)
        actions = [
            {"cmd": f"{side}_HEADER_SET", "params": ["X-Version", version]}
            for side in ("REQ", "RSP")
        ]
        rule = {"cond": "default_t()", "last": True, "actions": actions}
        return {"Version": version, "Config": {"shop": [rule]}}

    def table_data(self) -> dict[str, object]:
        clusters = {
            cluster: {
                "sub": [
                    {"Name": host, "Addr": host, "Port": 80, "Weight": 1}
                    for host in sorted(self.backends(cluster))
                ]
            }
            for cluster in ("even", "odd", "sticky")
        }
        return {"Version": str(self.table), "Config": clusters}


def header_module() -> dict[str, Module]:
    return {"mod_header": load_modules(built_in)["mod_header"]}


@dataclass
class Asked:
    """A request that a backend has; `versions` are those that were in use when it came."""

    versions: Versions
    user: str
    client: LostTransport
    backend: LostTransport
    host: str
    state: BackendState


_SLICE = 0.0015
"""More than the pause behind a slice, and less than two of them."""


class ReloadedWay(Way):
    """A worker's way; `broken` are hosts that refuse connections, `down` those found so."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()
        self.down: set[tuple[str, str]] = set()
        self.hosts: dict[int, str] = {}
        modules = header_module()
        settings = {name: default_settings(module) for name, module in modules.items()}
        site = Site(None, None, shop_static(), modules, settings)
        ticking = count(step=1.0)  # every step is a slice of its own
        self.compiler = Compiler(
            site, self.registry, FakeServices(), clock=lambda: float(next(ticking))
        )
        documents = shop_documents()
        documents.write(HOSTS, host_rule("1", {"shop": ["shop.test"]}))
        cluster = {"CheckConf": {"FailNum": 1}, "GslbBasic": {"RetryMax": 4}}
        sticky = {
            **cluster,
            "GslbBasic": {
                "RetryMax": 4,
                "HashConf": {"HashStrategy": 0, "HashHeader": "X-User", "SessionSticky": True},
            },
        }
        clusters = {"even": cluster, "odd": cluster, "sticky": sticky}
        documents.write(CLUSTERS, {"Version": "1", "Config": clusters})
        weights = {name: {"sub": 1} for name in clusters}
        documents.write(GSLB, {"Hostname": "", "Ts": "1", "Clusters": weights})
        self.documents = documents
        self.versions = Versions()
        self.write(self.versions)
        self.reloading = Reloading(documents, modules, settings)

    def found_down(self, cluster: Cluster, choice: Choice) -> None:
        self.down.add((cluster.name, choice.state.host))

    async def _create(self, make, host, port, ssl=None, server_hostname=None):
        if host in self.broken:
            raise ConnectionRefusedError
        made = await super()._create(make, host, port, ssl, server_hostname)
        self.hosts[id(made[0])] = host
        return made

    # --- configuration

    def write(self, versions: Versions) -> None:
        """Save documents of these versions."""
        self.documents.write(ROUTES, versions.routes_data())
        self.documents.write(HEADERS, versions.headers_data())
        self.documents.write(TABLE, versions.table_data())

    def load(self) -> Changes | None:
        """What a controller sends for the documents as they are; None if nothing changed."""
        outcome = self.reloading.load()
        return self.reloading.reloader.packed.changes() if outcome.is_changed else None

    async def compile(self, changes: Changes) -> Snapshot:
        """As a worker does with what it is sent, and told to use."""
        await self.compiler.prepare(changes)
        return await self.compiler.adopt()

    async def use(self, snapshot: Snapshot, versions: Versions) -> None:
        """As a worker does once a tree is compiled."""
        self.store.swap(snapshot)
        self.upstream.retain(frozenset(snapshot.clusters))
        self.versions = versions
        self.down = {
            (cluster, host) for cluster, host in self.down if host in versions.backends(cluster)
        }

    async def close(self) -> None:
        """Nothing more is asked."""
        await in_callback(self.upstream.close)
        await settle()

    # --- requests

    def connect(self) -> LostTransport:
        """Another client."""
        client = ClientConnection(self.loop, self.endpoint, self._admit)
        return LostTransport(client, peername=PEER, sockname=LOCAL)

    async def send(self, client: LostTransport, data: bytes) -> None:
        """A client sends something."""
        await in_callback(lambda: client.protocol.data_received(data))
        await settle()

    async def leave(self, client: LostTransport) -> None:
        """A client closes its connection."""
        await in_callback(client.leave)
        await settle()

    def take_asked(self) -> tuple[LostTransport, bytes] | None:
        """The backend connection that got a request since the last call, and its head."""
        got = [(backend, backend.take()) for backend in self.backends]
        found = [(backend, head) for backend, head in got if head]
        assert len(found) <= 1
        return found[0] if found else None


@dataclass
class Compiling:
    """A tree that a worker is compiling on `loop`, a slice at a time."""

    loop: asyncio.AbstractEventLoop
    running: asyncio.Task[Snapshot]
    versions: Versions
    snapshot: Snapshot | None = field(default=None)

    def step(self) -> bool:
        """Whether it is done, after another slice."""
        run_on(self.loop, asyncio.sleep(_SLICE))
        if self.running.done():
            self.snapshot = self.running.result()
        return self.snapshot is not None


def run_on(loop: asyncio.AbstractEventLoop, main: Coroutine[Any, Any, Any]) -> Any:
    """What `main` answers, run on a loop that goes on afterwards."""
    return loop.run_until_complete(main)
