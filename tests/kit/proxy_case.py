"""A proxy with a forwarder and a client that are the test's own."""

import asyncio
from collections.abc import Callable

from bfe_py.balance import LiveBackends
from bfe_py.model import (
    BytesBody,
    Exchange,
    Fault,
    Headers,
    RequestHead,
    ResponseHead,
    Session,
    parse_address,
)
from bfe_py.observe import ExchangeStatistics, Registry
from bfe_py.pipeline import Phase, Respond
from bfe_py.proxy import Policy, Proxy
from bfe_py.snapshot import Snapshot, SnapshotStore
from bfe_py.transport import BodyQueue, BufferCounters, EagerTask, ReadAhead
from bfe_py.upstream import UpstreamResponse
from tests.kit.forwarding import Ticks
from tests.kit.plane import make_snapshot
from tests.kit.transports import run_plain

PEER = parse_address("203.0.113.9", 4711)
assert PEER is not None


class Client:
    """A reply that keeps what it was told; blocked or gone where a test says so."""

    def __init__(self) -> None:
        self.head: ResponseHead | None = None
        self.body = b""
        self.trailers: Headers | None = None
        self.is_ended = False
        self.is_whole = False
        self.is_aborted = False
        self.closes = False
        self.fault: Fault | None = None
        self.watched: list[object] = []
        self.bytes_sent = 7

    @property
    def has_begun(self) -> bool:
        return self.head is not None

    @property
    def is_blocked(self) -> bool:
        return self.fault is not None

    async def wait_writable(self) -> None:
        assert self.fault is not None
        raise self.fault

    def send_head(self, head: ResponseHead) -> None:
        assert self.head is None
        self.head = head

    def send_whole(self, head: ResponseHead, content: bytes) -> None:
        self.is_whole = True
        self.send_head(head)
        self.send_body(content)
        self.send_end()

    def send_body(self, piece: bytes) -> None:
        self.body += piece

    def send_end(self, trailers: Headers | None = None) -> None:
        self.trailers, self.is_ended = trailers, True

    def flush(self) -> None:
        pass

    def abort(self) -> None:
        self.is_aborted = self.is_aborted or not self.is_ended

    def announce_close(self) -> None:
        self.closes = True

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        self.watched.append(act)


class Connection:
    def __init__(self, body: object) -> None:
        self.body = body


class Backends:
    """Stands for the forwarder; `outcome` answers, or is raised."""

    def __init__(self, outcome: object) -> None:
        self.outcome = outcome
        self.exchange: Exchange | None = None
        self.bodies: list[bytes] = []
        self.released: list[Connection] = []

    async def forward(self, chain, balancer, exchange, body, reply) -> object:
        self.exchange = exchange
        while piece := await body.read():
            self.bodies.append(piece)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def release(self, connection: Connection, idle_limit: int) -> None:
        self.released.append(connection)

    def answer(self, head: ResponseHead, body: object = None) -> None:
        content = BytesBody() if body is None else body
        self.outcome = UpstreamResponse(self, Connection(content), head, None, 2, 0.0)


class Case:
    def __init__(
        self,
        outcome: object = None,
        *,
        policy: Policy | None = None,
        handlers: dict | None = None,
        change: Callable[[Snapshot], Snapshot] | None = None,
        is_trusted: bool = False,
        **settings: object,
    ) -> None:
        registry = Registry()
        self.finished: list[Exchange] = []
        handlers = {Phase.FINISH: (self.finished.append,)} | (handlers or {})
        snapshot = make_snapshot([], LiveBackends(), registry, handlers=handlers, **settings)
        self.store = SnapshotStore(snapshot if change is None else change(snapshot))
        self.backends = Backends(outcome)
        if outcome is None:
            self.backends.answer(ResponseHead(200, body_length=2), BytesBody(b"ok"))
        self.buffers = registry.counters(BufferCounters)
        self.client = Client()
        self.session = Session(peer=PEER, local=PEER, started=0.0, is_trusted=is_trusted)
        self.proxy = Proxy(
            self.store,
            self.backends,
            Ticks(),
            ExchangeStatistics(registry),
            policy or Policy(),
            ReadAhead(1024, 0, self.buffers),
        )

    def serve(
        self,
        method: bytes = b"GET",
        target: bytes = b"/a",
        content: bytes = b"",
        length: int | None = 0,
        host: bytes = b"shop.test",
        fields: tuple[tuple[bytes, bytes], ...] = (),
        **more: object,
    ) -> Client:
        headers = Headers([(b"Host", host), *fields])
        head = RequestHead(method, target, headers, body_length=length, **more)

        async def main() -> None:
            loop = asyncio.get_running_loop()
            body = BodyQueue(loop, lambda: None, lambda: None)
            body.feed(content)
            body.end()
            served: asyncio.Future[None] = loop.create_future()

            def done(error: Exception | None) -> None:
                if error is None:
                    served.set_result(None)
                else:
                    served.set_exception(error)

            serving = self.proxy.serve(self.session, head, body, self.client)
            loop.call_soon(EagerTask, serving, done)
            await served

        run_plain(main())
        return self.client

    @property
    def exchange(self) -> Exchange:
        (exchange,) = self.finished
        return exchange

    @property
    def status(self) -> int:
        assert self.client.head is not None
        return self.client.head.status


def teapot(**more: object) -> Respond:
    return Respond(ResponseHead(418, Headers(), body_length=3), b"tea", **more)


class Upper:
    def feed(self, piece: bytes) -> bytes:
        return piece.upper()

    def finish(self) -> bytes:
        return b"!"


def transform(exchange: Exchange) -> None:
    assert exchange.response is not None
    exchange.response.body_length = None
    exchange.transforms = [Upper()]
