"""A data plane in this process: real sockets on loopback, a snapshot made by hand."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic, time

from bfe_py.balance import (
    Backend,
    Balancer,
    Cluster,
    LiveBackends,
    SubCluster,
    Timeouts,
    UpstreamTls,
)
from bfe_py.condition import compile_condition
from bfe_py.downstream import Endpoint, Listener, Terms
from bfe_py.observe import ExchangeStatistics, Registry
from bfe_py.pipeline import Chain, ChainCounters, Handler, Phase
from bfe_py.protocol import H1Client, KnownLines
from bfe_py.proxy import Policy, Proxy
from bfe_py.route import RouteTable, Rule
from bfe_py.snapshot import Snapshot, SnapshotStore
from bfe_py.tenant import HostEntry, HostTable, TenantTable
from bfe_py.tls import Certificates
from bfe_py.transport import BufferCounters, ReadAhead, Turn
from bfe_py.upstream import BackendCounters, Forwarder, Upstream, UpstreamCounters


class RealClock:
    def monotonic(self) -> float:
        return monotonic()

    def wall(self) -> float:
        return time()


@dataclass
class FakeBackend:
    """A server that answers each connection with what `script` writes."""

    script: "Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]"
    port: int = 0
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)
    server: asyncio.Server | None = None
    tls: ssl.SSLContext | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        self.tasks.add(task)
        try:
            await self.script(self, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            writer.close()

    async def stop(self) -> None:
        """Accept no more and end what is going on."""
        self.server.close()
        while self.tasks:
            for task in self.tasks:
                task.cancel()
            await asyncio.wait(self.tasks)

    async def head(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        return head


async def answer_all(backend: FakeBackend, reader, writer) -> None:
    """Answers every request with its request line."""
    while True:
        head = await backend.head(reader)
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if length:
            await reader.readexactly(length)
        text = head.split(b"\r\n")[0] + b"\n"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text))
        await writer.drain()


@dataclass
class Plane:
    port: int
    registry: Registry
    store: SnapshotStore
    live: LiveBackends
    endpoint: Endpoint
    down: list[str]
    upstream: Upstream


def make_snapshot(
    backends: list[tuple[str, int]],
    live: LiveBackends,
    registry: Registry,
    *,
    handlers: Mapping[Phase, tuple[Handler, ...]] | None = None,
    rules: tuple[tuple[str, str], ...] = (("default_t()", "web"),),
    tls_settings: UpstreamTls | None = None,
    **settings: object,
) -> Snapshot:
    """One tenant `shop` for shop.test with one cluster `web` over `backends`."""
    own = tuple(Backend(f"b{n}", host, port, 1) for n, (host, port) in enumerate(backends))
    sub_clusters = (SubCluster("sub", 100, own),) if own else ()
    settings.setdefault("timeouts", Timeouts(connect=1.0, response_header=2.0))
    cluster = Cluster("web", sub_clusters, tls=tls_settings, **settings)
    named = {
        phase: tuple(("test", one) for one in some) for phase, some in (handlers or {}).items()
    }
    compiled = [(compile_condition(text), cluster_name) for text, cluster_name in rules]
    return Snapshot(
        version="1",
        tenants=TenantTable(HostTable([("shop.test", HostEntry("shop", "tag"))]), {}, None),
        routes={
            "shop": RouteTable(
                None,
                tuple(Rule(one.text, one.matches, name, one.reads_body) for one, name in compiled),
            )
        },
        clusters={"web": cluster},
        balancers={"web": Balancer(cluster, live)},
        chain=Chain(named, registry.family(ChainCounters)),
        certificates=Certificates(),
        body_phases={"shop": Phase.TENANT} if any(one.reads_body for one, _ in compiled) else {},
    )


class ChainPhases:
    """Session phases of the current snapshot's chain."""

    def __init__(self, store: SnapshotStore) -> None:
        self.store = store
        self.closed: list[object] = []

    def accept(self, session) -> bool:
        return self.store.current.chain.run_session(Phase.ACCEPT, session) is not None

    def handshake(self, session) -> bool:
        return self.store.current.chain.run_session(Phase.HANDSHAKE, session) is not None

    def close(self, session) -> None:
        self.closed.append(session)
        self.store.current.chain.run_close(session)


@asynccontextmanager
async def running_plane(
    backends: list[tuple[str, int]],
    *,
    terms: Terms | None = None,
    policy: Policy | None = None,
    tls=None,
    proxy=None,
    send_buffer: int = 0,
    **snapshot: object,
) -> AsyncIterator[Plane]:
    loop = asyncio.get_running_loop()
    registry, live, clock = Registry(), LiveBackends(), RealClock()
    terms = terms or Terms()
    snapshot.setdefault(
        "timeouts",
        Timeouts(
            connect=1.0,
            response_header=2.0,
            read_client=terms.body_seconds,
            write_client=terms.write_seconds,
        ),
    )
    store = SnapshotStore(make_snapshot(backends, live, registry, **snapshot))
    known = KnownLines(forwards_underscores=True)
    counters = registry.counters(UpstreamCounters)
    turn = Turn(loop)
    upstream = Upstream(loop, lambda: H1Client(known=known), counters, turn=turn)
    down: list[str] = []
    statistics = ExchangeStatistics(registry)
    policy = policy or Policy()
    forwarder = Forwarder(
        upstream,
        clock,
        statistics,
        registry.family(BackendCounters),
        lambda cluster, choice: down.append(choice.state.address),
        is_compatible=policy.is_compatible,
    )
    ahead = ReadAhead(2 * 1024 * 1024, 0, registry.counters(BufferCounters))
    data = Proxy(store, forwarder, clock, statistics, policy, ahead)
    data.turn = turn
    phases = ChainPhases(store)
    plain = data.serve_plain if data.can_serve_plain else None
    endpoint = Endpoint(data.serve, registry, terms, phases, plain, turn)
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if send_buffer:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    listener = Listener(loop, listening, endpoint, registry, name="http", tls=tls, proxy=proxy)
    await listener.start()
    try:
        yield Plane(port, registry, store, live, endpoint, down, upstream)
    finally:
        listener.stop()
        for connection in list(endpoint.connections):
            connection.abort()
        upstream.close()
        await asyncio.sleep(0.01)


async def until(is_so: Callable[[], object]) -> None:
    """Give others their turn until something has happened; 5 seconds at most."""
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.001)


async def ask(port: int, request: bytes, *, half_close: bool = False) -> bytes:
    """All that one connection answers to `request` until it is closed by the other side."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        if half_close:
            writer.write_eof()
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


@asynccontextmanager
async def running_backend(script=answer_all, *, tls=None) -> AsyncIterator[FakeBackend]:
    backend = FakeBackend(script, tls=tls)
    await backend.start()
    try:
        yield backend
    finally:
        await backend.stop()


def run(main) -> object:
    """Run a test's coroutine on the loop that serves in production."""
    import uvloop

    return uvloop.run(main)
