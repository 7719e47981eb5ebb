"""DataPlane: everything that one worker serves with, built and wired."""

import asyncio
import gc
import logging
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from bfe_py.balance import Choice, Cluster, probe_succeeded
from bfe_py.config import Tree as ConfigTree
from bfe_py.downstream import Endpoint, Listener
from bfe_py.model import Session
from bfe_py.observe import ExchangeStatistics, Registry
from bfe_py.pipeline import Phase
from bfe_py.protocol import H1Client
from bfe_py.proxy import Proxy
from bfe_py.server.compiling import Compiler
from bfe_py.server.options import PlaneOptions
from bfe_py.server.services import ModuleFiles, ModuleServices, SystemClock, UpstreamHttp
from bfe_py.server.terms import client_terms, exchange_policy, proxy_header_policy
from bfe_py.snapshot import Snapshot, SnapshotStore
from bfe_py.tls import load_certificate
from bfe_py.transport import BufferCounters, ReadAhead
from bfe_py.upstream import BackendCounters, Forwarder, Upstream, UpstreamCounters

_log = logging.getLogger("bfe.server")


@dataclass(frozen=True, slots=True)
class DownBackend:
    """A backend that was marked down here."""

    cluster: str
    sub_cluster: str
    host: str
    port: int


BackendRow = tuple[str, str, str, str, int, bool, int, int]
"""Cluster, sub-cluster, name, address, weight, whether it is up, in flight, failures in a row."""


class ChainPhases:
    """The connection's phases of the chain that is current when each comes."""

    __slots__ = ("_store",)

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store

    def accept(self, session: Session) -> bool:
        """ACCEPT; whether a module refuses the connection."""
        return self._run(Phase.ACCEPT, session)

    def handshake(self, session: Session) -> bool:
        """HANDSHAKE; whether a module refuses the connection."""
        return self._run(Phase.HANDSHAKE, session)

    def _run(self, phase: Phase, session: Session) -> bool:
        chain = self._store.current.chain
        return bool(chain.handlers[phase]) and chain.run_session(phase, session) is not None

    def close(self, session: Session) -> None:
        """CLOSE."""
        self._store.current.chain.run_close(session)


class DataPlane:
    """Listeners, proxy and upstream of one worker; they start with the first snapshot."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: PlaneOptions,
        down: Callable[[DownBackend], None],
    ) -> None:
        self._loop = loop
        self._options = options
        self._down = down
        site = options.site
        self.registry = Registry()
        self._clock = SystemClock()
        self._upstream = Upstream(loop, H1Client, self.registry.counters(UpstreamCounters))
        self._files = ModuleFiles(site.folder, self.registry, self._clock)
        services = ModuleServices(self._clock, self._files, UpstreamHttp(self._upstream))
        self._compiler = Compiler(
            site, self.registry, services, is_eager=False, offset=options.worker
        )
        self._store: SnapshotStore | None = None
        self._endpoint: Endpoint | None = None
        self._listeners: list[Listener] = []

    # --- configuration

    async def apply(self, packed: bytes) -> str:
        """Serve with this tree (MessagePack of `config.Tree`); why not, or nothing."""
        try:
            tree = msgspec.msgpack.decode(packed, type=ConfigTree)
            snapshot = await self._compiler.compile(tree)
            self._use_certificate(snapshot)
        except Exception as error:
            # A fence: whatever is wrong with a configuration, the one in use stays.
            _log.exception("configuration not applied")
            return f"{type(error).__name__}: {error}"
        if self._store is None:
            await self._start(snapshot)
        else:
            self._store.swap(snapshot)
            self._upstream.retain(frozenset(snapshot.clusters))
        gc.collect()
        gc.freeze()
        return ""

    def _use_certificate(self, snapshot: Snapshot) -> None:
        default, tls = snapshot.certificates.default, self._options.tls
        if tls is None or default is None:
            return
        if self._store is None or self._store.current.certificates.default != default:
            load_certificate(tls, default)

    async def _start(self, snapshot: Snapshot) -> None:
        site = self._options.site
        store = self._store = SnapshotStore(snapshot)
        statistics = ExchangeStatistics(self.registry)
        forwarder = Forwarder(
            self._upstream,
            self._clock,
            statistics,
            self.registry.family(BackendCounters),
            self._backend_down,
            is_compatible=site.is_compatible,
        )
        policy = exchange_policy(site.static, is_compatible=site.is_compatible)
        server = site.static.server
        buffers = self.registry.counters(BufferCounters)
        ahead = ReadAhead(server.accessible_body_bytes, server.body_buffer_bytes, buffers)
        proxy = Proxy(store, forwarder, self._clock, statistics, policy, ahead)
        terms = client_terms(site.static, is_compatible=site.is_compatible)
        endpoint = Endpoint(proxy.serve, self.registry, terms, ChainPhases(store))
        self._endpoint = endpoint
        headers = proxy_header_policy(site.static)
        for bound in self._options.listeners:
            tls: ssl.SSLContext | None = self._options.tls if bound.is_secure else None
            listener = Listener(
                self._loop,
                bound.socket,
                endpoint,
                self.registry,
                name=bound.name,
                tls=tls,
                proxy=headers,
            )
            await listener.start()
            self._listeners.append(listener)
        self._files.start(self._loop)

    # --- health

    def _backend_down(self, cluster: Cluster, choice: Choice) -> None:
        state = choice.state
        _log.warning(
            "backend down cluster=%s sub=%s backend=%s",
            cluster.name,
            choice.sub_cluster,
            state.address,
        )
        self._down(DownBackend(cluster.name, choice.sub_cluster, state.host, state.port))

    def backend_up(self, cluster: str, sub_cluster: str, host: str, port: int) -> None:
        """A backend has passed its probes."""
        snapshot = None if self._store is None else self._store.current
        balancer = None if snapshot is None else snapshot.balancers.get(cluster)
        choice = None if balancer is None else balancer.find_choice(sub_cluster, f"{host}:{port}")
        if balancer is None or choice is None:
            return
        probe, now = balancer.cluster.probe, self._clock.monotonic()
        while not choice.state.is_up:
            probe_succeeded(choice.state, probe, now)

    def backends(self) -> Iterator[BackendRow]:
        """Every backend with its state here."""
        if self._store is None:
            return
        for name, balancer in self._store.current.balancers.items():
            for sub in balancer.sub_clusters:
                for state in sub.states:
                    yield (
                        name,
                        sub.name,
                        state.name,
                        state.address,
                        state.weight,
                        state.is_up,
                        state.in_flight,
                        state.failures,
                    )

    # --- the end

    @property
    def connections(self) -> int:
        """Client connections that are open."""
        return 0 if self._endpoint is None else len(self._endpoint.connections)

    def drain(self) -> None:
        """Accept no more; connections end with the exchange at hand."""
        for listener in self._listeners:
            listener.stop()
        if self._endpoint is not None:
            self._endpoint.drain()

    def reopen_logs(self) -> None:
        """Open log files again by their names."""
        self._files.reopen()

    def close(self) -> None:
        """Cut what is left, write what waits."""
        if self._endpoint is not None:
            for connection in list(self._endpoint.connections):
                connection.abort()
        self._upstream.close()
        self._files.stop()
