"""Upstream: sends one attempt to a backend and streams the answer back."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from bfe_py.balance import Attempts, Cluster
from bfe_py.model import Attempt, Body, Fault, Headers, Kind, RequestHead, ResponseHead
from bfe_py.protocol import Codec
from bfe_py.transport import BodyQueue
from bfe_py.upstream.connection import BackendConnection
from bfe_py.upstream.connector import Connector
from bfe_py.upstream.counters import UpstreamCounters
from bfe_py.upstream.pool import Pool, PoolKey


class Watcher(Protocol):
    """Where the answer goes: takes interim responses, and tells when its client is gone."""

    def send_interim(self, head: ResponseHead) -> None:
        """Take a 1xx response."""

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        """Call `act` if the client goes away, at once if it has."""


class UpstreamResponse:
    """The answer to one attempt. `finish` must be called, however the exchange ends."""

    __slots__ = ("_client", "_connection", "_idle_limit", "_pump", "attempts", "body", "head")

    def __init__(
        self,
        client: "Upstream",
        connection: BackendConnection,
        head: ResponseHead,
        pump: "asyncio.Task[None] | None",
        idle_limit: int,
    ) -> None:
        assert connection.body is not None
        self._client = client
        self._connection = connection
        self._pump = pump
        self._idle_limit = idle_limit
        self.attempts: Attempts | None = None
        """Of these it was the last one; they end with the response."""
        self.head = head
        self.body: BodyQueue = connection.body

    async def finish(self) -> None:
        """The exchange is over: keep the connection if both messages are whole, close it if not."""
        if self.attempts is not None:
            self.attempts.finish()
        self._client.release(self._connection, self._idle_limit)
        if self._pump is not None and not self._pump.done():
            await _stop(self._pump)


class Upstream:
    """Connections to all backends of a worker, and how an attempt uses one."""

    __slots__ = ("_connector", "_loop", "_make_codec", "_pool", "counters")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        make_codec: Callable[[], Codec],
        counters: UpstreamCounters,
    ) -> None:
        self._loop = loop
        self._make_codec = make_codec
        self._connector = Connector(loop, counters)
        self._pool: Pool[BackendConnection] = Pool()
        self.counters = counters

    async def send(
        self,
        cluster: Cluster,
        attempt: Attempt,
        head: RequestHead,
        body: Body,
        watcher: Watcher | None = None,
    ) -> UpstreamResponse:
        """Response head to `head`, its body to be read; the request body is sent meanwhile.

        `attempt` takes the times and whether a kept connection was used. With a `watcher` it is
        given up when its client leaves or, where the cluster says so, sends no more.

        Raises:
            Fault: no response; `request_sent` tells whether the backend may have seen the request.
        """
        connection = await self._get_connection(cluster, attempt)
        attempt.is_reused = connection.is_reused
        self.counters.requests += 1
        pump: asyncio.Task[None] | None = None
        try:
            if watcher is not None:
                watcher.when_gone(
                    lambda: self._client_left(connection),
                    counts_half_close=cluster.cancels_on_close,
                )
            interim = None if watcher is None else watcher.send_interim
            pump = self._start(connection, head, body, interim, cluster.timeouts.response_header)
            response = await connection.wait_head()
        except BaseException:
            connection.abort()
            if pump is not None:
                await _stop(pump)
            raise
        finally:
            attempt.ended = monotonic()
        self.counters.responses += 1
        # Whoever answers before the request is whole may never read the rest of it.
        idle_limit = cluster.idle_connections if pump is None or pump.done() else 0
        return UpstreamResponse(self, connection, response, pump, idle_limit)

    def _start(
        self,
        connection: BackendConnection,
        head: RequestHead,
        body: Body,
        interim: Callable[[ResponseHead], None] | None,
        seconds: float | None,
    ) -> "asyncio.Task[None] | None":
        """Send what there is of the request; who sends the rest of its body, if it has one."""
        if head.body_length == 0:
            connection.start(head, b"", interim)
            connection.limit_head(seconds)
            return None
        connection.start(head, body.read_ready() or b"", interim)
        return self._loop.create_task(_pump(connection, body, seconds))

    async def _get_connection(self, cluster: Cluster, attempt: Attempt) -> BackendConnection:
        tls = cluster.tls if cluster.protocol == "https" else None
        digest = 0 if tls is None else hash(tls) or 1
        key = PoolKey(cluster.name, attempt.host, attempt.port, digest)
        kept = self._pool.take(key)
        if kept is not None:
            self.counters.reused += 1
            self.counters.idle_connections = self._pool.idle_total
            return kept
        if not self._pool.can_open(key, cluster.connections):
            raise Fault(Kind.CONNECT_LIMIT, f"{attempt.host}:{attempt.port} connection limit")
        self._pool.opened(key)
        attempt.connect_started = monotonic()
        is_ours = False

        def lost(one: BackendConnection) -> None:
            if is_ours:
                self._gone(one)

        connection = BackendConnection(self._loop, key, self._make_codec(), lost)
        try:
            await self._connector.connect(
                lambda: connection,
                attempt.host,
                attempt.port,
                cluster.timeouts.connect,
                tls,
            )
            connection.check()
        except BaseException:
            connection.abort()
            self._pool.closed(key)
            raise
        is_ours = True
        attempt.connect_ended = monotonic()
        self.counters.open_connections += 1
        return connection

    def _client_left(self, connection: BackendConnection) -> None:
        self.counters.cancelled += 1
        connection.fail(Fault(Kind.CLIENT_CLOSED, "client left", request_sent=True))

    def _gone(self, connection: BackendConnection) -> None:
        self._pool.forget(connection.key, connection)
        self._pool.closed(connection.key)
        self.counters.open_connections -= 1
        self.counters.idle_connections = self._pool.idle_total

    def release(self, connection: BackendConnection, idle_limit: int) -> None:
        """An attempt is over: keep its connection, or close it."""
        if not connection.can_reuse:
            connection.abort()
            return
        connection.rest()
        evicted = self._pool.keep(connection.key, connection, idle_limit)
        if evicted is not None:
            evicted.close()
        self.counters.idle_connections = self._pool.idle_total

    def retain(self, clusters: frozenset[str]) -> None:
        """After a reload: close idle connections of clusters that are gone, read TLS files anew."""
        for connection in self._pool.drop_clusters(clusters):
            connection.close()
        self._connector.forget_tls()
        self.counters.idle_connections = self._pool.idle_total

    def close(self) -> None:
        """Close every idle connection."""
        self.retain(frozenset())


async def _pump(connection: BackendConnection, body: Body, seconds: float | None) -> None:
    """Send the request body; the time for the response head begins when all of it is sent."""
    try:
        while piece := await body.read():
            await connection.send_body(piece)
        trailers: Headers | None = body.trailers()
        connection.send_end(trailers)
        connection.limit_head(seconds)
    except Fault as fault:
        connection.fail(fault)
    except BaseException:
        connection.abort()  # the request will never be whole, so there is no answer to wait for
        raise


async def _stop(pump: "asyncio.Task[None]") -> None:
    pump.cancel()
    await asyncio.wait([pump])
