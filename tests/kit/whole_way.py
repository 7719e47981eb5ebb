"""The whole way of requests in one process: client connection, proxy, backends, without a socket.

It can be gone as a worker goes it, which serves plain requests without a coroutine, and with one
for every request: both ways come to the same.
"""

import asyncio
from collections.abc import Callable

from bfe_py.balance import Choice, Cluster, LiveBackends
from bfe_py.downstream import Endpoint, Terms
from bfe_py.downstream.connection import ClientConnection
from bfe_py.downstream.sessions import open_session
from bfe_py.model import Exchange, Session
from bfe_py.observe import ExchangeStatistics, Registry
from bfe_py.pipeline import Phase
from bfe_py.protocol import H1Client
from bfe_py.proxy import Policy, Proxy
from bfe_py.snapshot import Snapshot, SnapshotStore
from bfe_py.transport import BufferCounters, ReadAhead, Turn
from bfe_py.upstream import BackendCounters, Forwarder, Upstream, UpstreamCounters
from tests.kit.client_connection import LOCAL, PEER, FakePhases, in_callback
from tests.kit.plane import make_snapshot
from tests.kit.transports import FakeTransport, run_plain, settle

GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TO_CLIENT = b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 2\r\n\r\nok"


class LostTransport(FakeTransport):
    """Tells its protocol, in a later turn of the loop, that it was closed; keeps all it wrote."""

    _is_lost = False
    kept = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        super().write(data)
        self.kept += data

    def close(self) -> None:
        super().close()
        self._lose()

    def abort(self) -> None:
        super().abort()
        self._lose()

    def leave(self) -> None:
        """The other side is gone, if it is not already."""
        if not self._is_lost:
            self.drop()

    def drop(self, error: Exception | None = None) -> None:
        self._is_lost = True
        super().drop(error)

    def _lose(self) -> None:
        if not self._is_lost:
            self._is_lost = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


class FixedDate:
    """A Date that tests can expect."""

    def value(self) -> bytes:
        return b"x"


class LoopClock:
    """The time of the loop."""

    def __init__(self) -> None:
        self.monotonic = asyncio.get_running_loop().time

    def wall(self) -> float:
        return 0.0


class Way:
    """One client, and `backends` whose answers are the test's.

    `turn` is False for one that writes at once.
    """

    def __init__(
        self,
        *,
        is_direct: bool = True,
        has_turn: bool = True,
        terms: Terms | None = None,
        policy: Policy | None = None,
        handlers: dict[Phase, tuple[Callable[..., object], ...]] | None = None,
        change: Callable[[Snapshot], Snapshot] | None = None,
        backends: int = 1,
        is_trusted: bool = False,
        **settings: object,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.create_connection = self._create
        self.registry, self.live, clock = Registry(), LiveBackends(), LoopClock()
        self.finished: list[Exchange] = []
        self.handlers = {Phase.FINISH: (self.finished.append,)} | (handlers or {})
        self.settings, self.places = settings, [("10.0.0.1", 80), ("10.0.0.2", 80)][:backends]
        snapshot = self.snapshot()
        self.store = SnapshotStore(snapshot if change is None else change(snapshot))
        self.turn = Turn(self.loop) if has_turn else None
        self.counters = self.registry.counters(UpstreamCounters)
        self.upstream = Upstream(self.loop, H1Client, self.counters, turn=self.turn)
        self.statistics = ExchangeStatistics(self.registry)
        self.forwarder = Forwarder(
            self.upstream,
            clock,
            self.statistics,
            self.registry.family(BackendCounters),
            self.found_down,
        )
        ahead = ReadAhead(1024, 0, self.registry.counters(BufferCounters))
        self.proxy = Proxy(
            self.store, self.forwarder, clock, self.statistics, policy or Policy(), ahead
        )
        self.proxy.turn = self.turn
        self.phases = FakePhases()
        plain = self.proxy.serve_plain if is_direct else None
        self.endpoint = Endpoint(
            self.proxy.serve, self.registry, terms or Terms(), self.phases, plain, self.turn
        )
        self.endpoint.date = FixedDate()
        self.is_trusted = is_trusted
        self.refusals: list[Exception] = []
        self.backends: list[LostTransport] = []
        self.client = ClientConnection(self.loop, self.endpoint, self._admit)
        self.transport = LostTransport(self.client, peername=PEER, sockname=LOCAL)

    def found_down(self, cluster: Cluster, choice: Choice) -> None:
        """A backend failed too often."""

    def snapshot(self) -> Snapshot:
        """Another one, made as the first."""
        return make_snapshot(
            self.places, self.live, self.registry, handlers=self.handlers, **self.settings
        )

    def _admit(self, transport: asyncio.Transport) -> Session | None:
        session = open_session(transport, "http")
        session.is_trusted = self.is_trusted
        return session if self.endpoint.accepts(session) else None

    async def _create(self, make, host, port, ssl=None, server_hostname=None):
        if self.refusals:
            raise self.refusals.pop(0)
        protocol = make()
        self.backends.append(LostTransport(protocol))
        return self.backends[-1], protocol

    # --- what client and backends do

    async def say(self, data: bytes = GET) -> bytes:
        """The client sends `data`; what the backend used last gets of it."""
        await in_callback(lambda: self.client.data_received(data))
        return await self.asked()

    async def asked(self) -> bytes:
        """What the backend used last gets without the client saying anything."""
        await settle()
        return self.backends[-1].take() if self.backends else b""

    async def answer(self, *pieces: bytes, over: int = -1) -> bytes:
        """The backend answers with `pieces`, one at a time; what the client gets."""
        backend = self.backends[over]
        for piece in pieces:
            await in_callback(lambda piece=piece: backend.protocol.data_received(piece))
            await settle()
        return self.transport.take()

    async def end(self, over: int = -1) -> bytes:
        """The backend ends its connection; what the client gets."""
        backend = self.backends[over]
        await in_callback(backend.protocol.eof_received)
        if not backend.is_closing():
            await in_callback(backend.drop)
        await settle()
        return self.transport.take()

    async def begun(self) -> "Way":
        """With one exchange behind it, so that a connection to the backend is kept."""
        await self.say()
        assert await self.answer(OK) == TO_CLIENT
        self.finished.clear()
        return self

    @property
    def exchange(self) -> Exchange:
        """The one that is over."""
        (exchange,) = self.finished
        return exchange

    @property
    def in_flight(self) -> int:
        """Attempts that backends count as running."""
        balancer = self.store.current.balancers["web"]
        return sum(one.in_flight for sub in balancer.sub_clusters for one in sub.states)


def on_way(**settings: object) -> Callable[[Callable[[Way], object]], Callable[[], None]]:
    """Run a test with a way on which one exchange is over."""

    def decorate(test: Callable[[Way], object]) -> Callable[[], None]:
        def run() -> None:
            async def main() -> None:
                way = await Way(**settings).begun()
                await test(way)
                assert way.in_flight == 0

            run_plain(main())

        run.__name__ = test.__name__
        return run

    return decorate


def answered_by(
    handlers: dict[Phase, tuple[Callable[[Exchange], object], ...]],
    check: Callable[[Way, bytes], None],
    **settings: object,
) -> None:
    """Have a request served with `handlers`, where a backend answers if it is asked."""

    async def main() -> None:
        way = await Way(**settings).begun()
        way.handlers.update(handlers)
        way.store.swap(way.snapshot())
        asked = await way.say()
        said = await way.answer(OK) if asked else way.transport.take()
        check(way, said)
        assert way.in_flight == 0
        assert way.endpoint.counters.requests_active == 0

    run_plain(main())
