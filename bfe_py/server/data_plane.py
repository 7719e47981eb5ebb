"""DataPlane: everything that one worker serves with, built and wired."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterator

from bfe_py.config import Changes
from bfe_py.control import Down
from bfe_py.downstream import Cooling, Endpoint, Listener
from bfe_py.model import Session
from bfe_py.observe import ExchangeStatistics, Registry
from bfe_py.pipeline import Phase
from bfe_py.protocol import H1Client, KnownLines
from bfe_py.proxy import Proxy
from bfe_py.server.certificate import check_certificate
from bfe_py.server.compiling import Compiler
from bfe_py.server.garbage import Garbage
from bfe_py.server.health import BackendHealth
from bfe_py.server.options import PlaneOptions
from bfe_py.server.reach import tenant_reach
from bfe_py.server.reload_drain import ReloadDrain
from bfe_py.server.services import ModuleFiles, ModuleServices, SystemClock, UpstreamHttp
from bfe_py.server.terms import (
    backend_dialect,
    client_terms,
    exchange_policy,
    proxy_header_policy,
)
from bfe_py.shares import Shares
from bfe_py.snapshot import Snapshot, SnapshotStore
from bfe_py.tls import load_certificate
from bfe_py.transport import BufferCounters, ReadAhead, Turn
from bfe_py.upstream import BackendCounters, Forwarder, Upstream, UpstreamCounters

_log = logging.getLogger("bfe.server")


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
    """Listeners, proxy and upstream of one worker; they start with the first snapshot.

    `tell_down` takes each backend that is found down here.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: PlaneOptions,
        tell_down: Callable[[Down], None],
    ) -> None:
        self._loop = loop
        self._options = options
        site = options.site
        self.registry = Registry()
        self.shares = Shares(options.worker, options.workers)
        self._clock = SystemClock()
        dialect = backend_dialect(is_compatible=site.is_compatible)
        known = KnownLines(forwards_underscores=True)
        self._turn = Turn(loop)
        self._upstream = Upstream(
            loop,
            lambda: H1Client(dialect=dialect, known=known),
            self.registry.counters(UpstreamCounters),
            tenant_reach(site),
            self._turn,
            self.shares,
        )
        self._files = ModuleFiles(site.folder, self.registry, self._clock)
        http = UpstreamHttp(self._upstream)
        services = ModuleServices(self._clock, self._files, http, self.shares)
        self._compiler = Compiler(
            site, self.registry, services, offset=options.worker, hands_over=True
        )
        self.health = BackendHealth(self._compiler.live, self._clock, tell_down)
        self._store: SnapshotStore | None = None
        self._endpoint: Endpoint | None = None
        self._reload_drain: ReloadDrain | None = None
        self._listeners: list[Listener] = []
        self._is_held = False
        self._garbage = Garbage(loop, self._count_requests)

    # --- configuration

    @property
    def is_serving(self) -> bool:
        """There is a configuration in use."""
        return self._store is not None

    async def prepare(self, changes: Changes) -> str:
        """Compile what these changes lead to, beside what is in use; why that cannot be, if so."""
        try:
            check_certificate(changes)
            await self._compiler.prepare(changes)
        except Exception as error:
            # A fence: whatever is wrong with a configuration, the one in use stays.
            _log.exception("configuration not compiled")
            return _text(error)
        return ""

    async def use(self) -> str:
        """Serve with what was prepared; why that cannot be, if so."""
        try:
            snapshot = await self._compiler.adopt()
            self._use_certificate(snapshot)
            if self._store is None:
                await self._start(snapshot)
            else:
                assert self._reload_drain is not None
                self._reload_drain.swapped(self._store.swap(snapshot), snapshot)
                self._upstream.retain(frozenset(snapshot.clusters))
                self._garbage.swapped(self._compiler.take_retired())
            self.health.settle()
        except Exception as error:
            _log.exception("configuration not applied")
            return _text(error)
        return ""

    def drop(self) -> None:
        """What was prepared is not wanted."""
        self._compiler.drop()

    def _use_certificate(self, snapshot: Snapshot) -> None:
        default, tls = snapshot.certificates.default, self._options.tls
        if tls is None or default is None:
            return
        if self._store is None or self._store.current.certificates.default != default:
            load_certificate(tls, default)

    async def _start(self, snapshot: Snapshot) -> None:
        site = self._options.site
        store = SnapshotStore(snapshot)
        statistics = ExchangeStatistics(self.registry)
        forwarder = Forwarder(
            self._upstream,
            self._clock,
            statistics,
            self.registry.family(BackendCounters),
            self.health.found_down,
            is_compatible=site.is_compatible,
        )
        policy = exchange_policy(site.static, is_compatible=site.is_compatible)
        server = site.static.server
        buffers = self.registry.counters(BufferCounters)
        ahead = ReadAhead(server.accessible_body_bytes, server.body_buffer_bytes, buffers)
        proxy = Proxy(store, forwarder, self._clock, statistics, policy, ahead)
        proxy.turn = self._turn
        endpoint = self._endpoint = self._make_endpoint(proxy, store)
        seconds = float(site.static.own.reload_drain_seconds)
        self._reload_drain = ReloadDrain(self._loop, proxy, endpoint, seconds)
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
            self._listeners.append(listener)
            if not self._is_held:
                await listener.start()
        self._files.start(self._loop)
        self._garbage.start()
        self._store = store

    def hold(self) -> None:
        """Accept nobody, whatever the configuration, until `accept` is called."""
        self._is_held = True

    async def accept(self) -> None:
        """Be held no more."""
        if self._is_held:
            self._is_held = False
            for listener in self._listeners:
                await listener.start()

    def _make_endpoint(self, proxy: Proxy, store: SnapshotStore) -> Endpoint:
        site = self._options.site
        endpoint = Endpoint(
            proxy.serve,
            self.registry,
            client_terms(site.static, is_compatible=site.is_compatible),
            ChainPhases(store),
            proxy.serve_plain if proxy.can_serve_plain else None,
            self._turn,
            self.shares,
        )
        endpoint.cooling = Cooling(self._loop)
        return endpoint

    # --- what is going on

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

    @property
    def is_busy(self) -> bool:
        """A client is here that was not told to leave, or is still being served."""
        if self._endpoint is None:
            return False
        is_open = any(not connection.is_ending for connection in self._endpoint.connections)
        return is_open or any(listener.is_arriving for listener in self._listeners)

    def _count_requests(self) -> int:
        """How many have begun so far."""
        return 0 if self._endpoint is None else self._endpoint.counters.requests

    def drain(self, *, is_patient: bool = False) -> None:
        """Accept no more; connections end with the exchange at hand, or with their tunnel.

        `is_patient`: those that are idle stay for one more exchange.
        """
        if not self._is_held:
            for listener in self._listeners:
                listener.stop(is_patient=is_patient)
        if self._endpoint is not None:
            self._endpoint.drain(is_patient=is_patient)

    def reopen_logs(self) -> None:
        """Open log files again by their names."""
        self._files.reopen()

    def cut(self) -> None:
        """End every connection now; exchanges end with theirs and get their line in the log."""
        if self._endpoint is not None:
            for connection in list(self._endpoint.connections):
                connection.abort()

    def close(self) -> None:
        """Cut what is left, write what waits."""
        self._garbage.stop()
        self.cut()
        self._upstream.close()
        self._files.stop()


def _text(error: Exception) -> str:
    return str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
