"""Upstream: sends one attempt to a backend and streams the answer back."""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from bfe_py.balance import Cluster, Reach
from bfe_py.model import (
    Attempt,
    Body,
    Fault,
    Headers,
    Kind,
    RequestHead,
    ResponseHead,
)
from bfe_py.protocol import Codec, admit_switch
from bfe_py.shares import Shares
from bfe_py.transport import EagerTask, Turn
from bfe_py.upstream.asked import Asked, Asking
from bfe_py.upstream.client_way import ClientWay
from bfe_py.upstream.connection import BackendConnection
from bfe_py.upstream.connector import Connector
from bfe_py.upstream.counters import UpstreamCounters
from bfe_py.upstream.own_connections import OwnConnections
from bfe_py.upstream.pool import Pool, PoolKey
from bfe_py.upstream.response import UpstreamResponse

_log = logging.getLogger("bfe.upstream")


class Watcher(Protocol):
    """Where the answer goes: takes interim responses, and tells when its client is gone."""

    def send_interim(self, head: ResponseHead) -> None:
        """Take a 1xx response."""

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        """Call `act` if the client goes away, at once if it has."""


class Upstream:
    """Connections to all backends of a worker; confined clusters have theirs as `reach` allows."""

    __slots__ = (
        "_connector",
        "_loop",
        "_make_codec",
        "_own",
        "_pool",
        "_reach",
        "_turn",
        "counters",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        make_codec: Callable[[], Codec],
        counters: UpstreamCounters,
        reach: Reach | None = None,
        turn: Turn | None = None,
        shares: Shares | None = None,
    ) -> None:
        self._loop = loop
        self._turn = turn
        self._reach = reach
        self._make_codec = make_codec
        self._connector = Connector(loop, counters)
        self._pool: Pool[BackendConnection] = Pool(shares)
        self._own = OwnConnections(self._pool)
        self.counters = counters
        counters.pool = self._pool

    async def send(
        self,
        cluster: Cluster,
        attempt: Attempt,
        head: RequestHead,
        body: Body,
        watcher: Watcher | None = None,
        way: ClientWay | None = None,
    ) -> UpstreamResponse:
        """Response head to `head`, its body to be read; the request body is sent meanwhile.

        `attempt` takes the times and whether a kept connection was used. With a `watcher` it is
        given up when its client leaves or, where the cluster says so, sends no more. With a `way`
        it takes a connection that belongs to the client.

        Raises:
            Fault: no response; `request_sent` tells whether the backend may have seen the request.
        """
        key = self.key(cluster, attempt.host, attempt.port, way)
        connection = self._pool.take(key)
        if connection is None:
            connection = await self._connect(key, cluster, attempt)
        else:
            self.counters.reused += 1
            attempt.is_reused = connection.is_reused
        self.counters.requests += 1
        try:
            if watcher is not None:
                self._watch(watcher, connection, counts_half_close=cluster.cancels_on_close)
            pump = _begin(connection, head, body, cluster.timeouts.response_header, watcher)
        except BaseException:
            connection.abort()
            raise
        return await self.receive(connection, cluster, attempt, head, watcher, pump)

    async def receive(
        self,
        connection: BackendConnection,
        cluster: Cluster,
        attempt: Attempt,
        head: RequestHead,
        watcher: Watcher | None,
        pump: EagerTask | None = None,
    ) -> UpstreamResponse:
        """The answer to a request that was sent, and is watched; `pump` sends its body.

        Raises:
            Fault: as `send`.
        """
        try:
            response = await connection.wait_head()
            if response.status == 101:
                admit_switch(head, response)
            if watcher is not None and connection.is_event_stream:
                # Nothing else may tell for hours that the client has left.
                self._watch(watcher, connection, counts_half_close=True)
        except BaseException:
            connection.abort()
            if pump is not None:
                pump.cancel()
            raise
        finally:
            attempt.ended = monotonic()
        self.counters.responses += 1
        # Whoever answers before the request is whole may never read the rest of it.
        idle_limit = cluster.idle_connections if pump is None or pump.is_done else 0
        return UpstreamResponse(self, connection, response, pump, idle_limit, attempt.ended)

    def ask(
        self, key: PoolKey, attempt: Attempt, request: Asked, seconds: float | None, by: Asking
    ) -> BackendConnection | None:
        """Send a request without a body over a kept connection, for one that is no coroutine.

        None: there is none that can carry it. Else either `answered` or `receive` follows.
        """
        pool, counters = self._pool, self.counters
        connection = pool.take(key)
        if connection is None:
            return None
        try:
            if not connection.ask(request, seconds, by):
                pool.keep(key, connection, 1 << 30)  # for `send`, which can do more
                return None
        except BaseException:
            connection.abort()
            raise
        attempt.is_reused = connection.is_reused
        counters.reused += 1
        counters.requests += 1
        return connection

    def answered(self, connection: BackendConnection, idle_limit: int) -> None:
        """The request that was asked has its whole answer: the connection is free again."""
        pool, counters = self._pool, self.counters
        counters.responses += 1
        if not connection.rest():
            connection.abort()
            return
        evicted = pool.keep(connection.key, connection, idle_limit)
        if evicted is not None:
            evicted.close()

    def key(self, cluster: Cluster, host: str, port: int, way: ClientWay | None = None) -> PoolKey:
        """What connections have in common that can carry an attempt of `cluster` to `host`."""
        tls = cluster.tls if cluster.protocol == "https" else None
        number = 0 if tls is None else hash(tls) or 1
        if way is None:
            return cluster.name, host, port, number
        self._own.use(way)
        return cluster.name, host, port, (number, way)

    def _watch(
        self, watcher: Watcher, connection: BackendConnection, *, counts_half_close: bool
    ) -> None:
        watcher.when_gone(lambda: self.client_left(connection), counts_half_close=counts_half_close)

    async def _connect(self, key: PoolKey, cluster: Cluster, attempt: Attempt) -> BackendConnection:
        way = key[3][1] if isinstance(key[3], tuple) else None
        if not self._pool.can_open(key, cluster.connections):
            # Connections that wait for their own clients must not keep others out.
            unused = None if way is None else self._pool.evict(key)
            if unused is None:
                raise Fault(Kind.CONNECT_LIMIT, f"{attempt.host}:{attempt.port} connection limit")
            unused.close()
        self._pool.opened(key)
        attempt.connect_started = monotonic()
        is_ours = False

        def lost(one: BackendConnection) -> None:
            if is_ours:
                self._gone(one)

        connection = BackendConnection(self._loop, key, self._make_codec(), lost, self._turn)
        tls = cluster.tls if cluster.protocol == "https" else None
        try:
            await self._loop.create_task(
                self._connector.connect(
                    lambda: connection,
                    attempt.host,
                    attempt.port,
                    cluster.timeouts.connect,
                    tls,
                    self._reach if cluster.is_confined else None,
                    b"" if way is None else way.header,
                )
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

    def client_left(self, connection: BackendConnection) -> None:
        """Nobody is there any more to take the answer."""
        self.counters.cancelled += 1
        connection.fail(Fault(Kind.CLIENT_CLOSED, "client left", request_sent=True))

    def _gone(self, connection: BackendConnection) -> None:
        self._pool.forget(connection.key, connection)
        self._pool.closed(connection.key)
        self.counters.open_connections -= 1

    def release(self, connection: BackendConnection, idle_limit: int) -> None:
        """An attempt is over: keep its connection, or close it."""
        if not connection.rest():
            connection.abort()
            return
        key = connection.key
        if isinstance(key[3], tuple):  # for one client, who has one request at a time
            idle_limit = min(idle_limit, 1) if self._own.keep(key[3][1], key) else 0
        evicted = self._pool.keep(key, connection, idle_limit)
        if evicted is not None:
            evicted.close()

    def retain(self, clusters: frozenset[str]) -> None:
        """After a reload: close idle connections of clusters that are gone, read TLS files anew."""
        for connection in self._pool.drop_clusters(clusters):
            connection.close()
        self._connector.forget_tls()

    def close(self) -> None:
        """Close every idle connection."""
        self.retain(frozenset())


def _begin(
    connection: BackendConnection,
    head: RequestHead,
    body: Body,
    seconds: float | None,
    watcher: Watcher | None,
) -> EagerTask | None:
    """Send what there is of a request; who sends the rest of its body, if it has one."""
    interim = None if watcher is None else watcher.send_interim
    if head.body_length == 0:
        connection.send_whole(head, b"", seconds, interim)
        return None
    connection.start(head, body.read_ready() or b"", interim)
    return EagerTask(_pump(connection, body, seconds), _pumped)


def _pumped(error: BaseException | None) -> None:
    if error is not None:
        _log.error("request body failed error=%s", error, exc_info=error)


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
