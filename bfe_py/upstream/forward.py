"""Forwarder: the attempts of one exchange, until a backend answers or none is left to ask."""

import os
from collections.abc import Callable

from bfe_py.balance import BLACKHOLE, Attempts, Balancer, Choice, Cluster, hash_key, short_key
from bfe_py.model import (
    Address,
    Attempt,
    Body,
    Clock,
    Exchange,
    Fault,
    Kind,
    Reply,
    ResponseHead,
)
from bfe_py.observe import ExchangeStatistics, Family
from bfe_py.pipeline import Chain, Close, Phase, Respond, Verdict
from bfe_py.upstream.client import Upstream, Watcher
from bfe_py.upstream.client_way import find_way
from bfe_py.upstream.connection import BackendConnection
from bfe_py.upstream.counters import BackendCounters
from bfe_py.upstream.lane import Begun, Lane, Watching
from bfe_py.upstream.onlooker import Onlooker
from bfe_py.upstream.request import NOT_FORWARDED, TE, build_request
from bfe_py.upstream.response import UpstreamResponse
from bfe_py.upstream.retrying import can_retry
from bfe_py.upstream.verdicts import ask

_FORWARD = Phase.FORWARD

Outcome = Respond | Close | UpstreamResponse
"""Where the answer to an exchange comes from."""

BackendDown = Callable[[Cluster, Choice], None]
"""Told that a backend was marked down."""


class Forwarder:
    """Picks a backend, sends, and judges what came of it.

    Args:
        is_compatible: an attempt is given up with its client only where the cluster says so, and
            addresses are hashed as BFE does on a listener bound to an IPv4 address.
    """

    __slots__ = ("_backends", "_down", "_is_compatible", "_now", "_statistics", "_upstream")

    def __init__(
        self,
        upstream: Upstream,
        clock: Clock,
        statistics: ExchangeStatistics,
        backends: Family[BackendCounters],
        down: BackendDown,
        *,
        is_compatible: bool = False,
    ) -> None:
        self._upstream = upstream
        self._now = clock.monotonic
        self._statistics = statistics
        self._backends = backends
        self._down = down
        self._is_compatible = is_compatible

    def start(
        self, balancer: Balancer, exchange: Exchange, reply: Reply, by: Watching
    ) -> Begun | None:
        """Begin the first attempt of a request that is plain; over a kept connection it is sent.

        None: `forward` has to do it all. Otherwise `answered`, or `forward` with what has begun.
        """
        cluster, request = balancer.cluster, exchange.request
        if cluster.proxy_version or request.headers.has_added(TE):
            return None
        monotonic = self._now
        now = exchange.cluster_started = monotonic()
        key = self._key(cluster, exchange) if balancer.needs_key else b""
        choice = balancer.choose_first(key, now)
        if choice is None:
            return None
        lane: Lane | None = choice.lane
        if lane is None:
            lane = choice.lane = self._lane(cluster, choice)
        attempt = _note(exchange, cluster, choice, now)
        lane.counters.attempts += 1
        authority = exchange.host_field
        if cluster.replaces_host or not authority:
            authority = lane.authority
        asked = (request, exchange.upstream_target, authority, NOT_FORWARDED)
        try:
            connection = self._upstream.ask(lane.key, attempt, asked, lane.seconds, by)
        except BaseException:
            choice.state.in_flight -= 1
            raise
        if connection is not None and (not self._is_compatible or cluster.cancels_on_close):
            reply.when_gone(by.client_left, counts_half_close=cluster.cancels_on_close)
        return choice, connection

    def answered(
        self, balancer: Balancer, exchange: Exchange, begun: Begun
    ) -> tuple[ResponseHead, bytes] | None:
        """The response to what was started with its body, if all of it is there.

        The attempt is over then, and its connection free. None: `forward` goes on.
        """
        choice, connection = begun
        taken = None if connection is None else connection.taken
        if connection is None or taken is None:
            return None
        monotonic = self._now
        self._answered(balancer, choice, exchange, taken[0].status, monotonic())
        choice.state.in_flight -= 1
        self._upstream.answered(connection, balancer.cluster.idle_connections)
        return taken

    def client_left(self, connection: BackendConnection) -> None:
        """Nobody is there any more to take the answer that is waited for."""
        self._upstream.client_left(connection)

    def _answered(
        self,
        balancer: Balancer,
        choice: Choice,
        exchange: Exchange,
        status: int,
        now: float,
    ) -> None:
        """Judge the response to the attempt at hand, which came at `now`."""
        attempt, state = exchange.attempt, choice.state
        assert attempt is not None
        attempt.ended = exchange.cluster_ended = now
        if balancer.record_status(state, status, now):
            self._backends[balancer.cluster.name, state.address].downs += 1
            self._down(balancer.cluster, choice)

    async def forward(
        self,
        chain: Chain,
        balancer: Balancer,
        exchange: Exchange,
        body: Body,
        reply: Reply,
        begun: Begun | None = None,
    ) -> Outcome:
        """Response of the first attempt that gets one, or what a module said instead.

        Args:
            begun: what `start` began; the attempt goes on from there.

        Raises:
            Fault: that of the last attempt, or there is no backend to try.
        """
        first, connection = begun or (None, None)
        key = self._key(balancer.cluster, exchange) if balancer.needs_key else b""
        attempts, is_begun = balancer.start(key, first), begun is not None
        try:
            while True:
                if not is_begun:
                    verdict = await self._begin(chain, balancer.cluster, attempts, exchange)
                    if verdict is not None:
                        attempts.finish()
                        return verdict
                try:
                    response = await self._attempt(
                        balancer.cluster, exchange, body, reply, connection
                    )
                except Fault as caught:
                    is_begun, connection = False, None
                    reply.when_gone(None)
                    fault = self._judge(balancer, attempts, exchange, caught)
                    if not can_retry(attempts, exchange, fault, body, reply):
                        raise fault from None
                    exchange.retries += 1
                    continue
                choice = attempts.choice
                assert choice is not None
                self._answered(balancer, choice, exchange, response.head.status, response.received)
                response.attempts = attempts
                return response
        except BaseException:
            attempts.finish()
            raise
        finally:
            last = exchange.attempt
            ended = 0.0 if last is None else last.ended
            exchange.cluster_ended = ended or self._now()

    async def _begin(
        self, chain: Chain, cluster: Cluster, attempts: Attempts, exchange: Exchange
    ) -> Verdict:
        """Choose where the next attempt goes; what a module says to that, the attempt is over."""
        now = self._now()
        if not exchange.cluster_started:
            exchange.cluster_started = now
        choice = self._choose(exchange, cluster, attempts, now)
        if chain.handlers[_FORWARD]:
            verdict = await ask(chain, _FORWARD, exchange)
            if verdict is not None:
                return verdict
        self._backends[cluster.name, choice.state.address].attempts += 1
        return None

    async def _attempt(
        self,
        cluster: Cluster,
        exchange: Exchange,
        body: Body,
        reply: Reply,
        connection: BackendConnection | None,
    ) -> UpstreamResponse:
        """Send the request, or wait for the answer of the `connection` that it was sent over."""
        attempt = exchange.attempt
        assert attempt is not None
        watcher: Watcher = reply
        if self._is_compatible and not cluster.cancels_on_close:
            watcher = Onlooker(reply)
        request = build_request(exchange, cluster, attempt.host, attempt.port)
        if connection is not None:
            return await self._upstream.receive(connection, cluster, attempt, request, watcher)
        version = cluster.proxy_version
        way = find_way(exchange, version) if version else None
        return await self._upstream.send(cluster, attempt, request, body, watcher, way)

    def _lane(self, cluster: Cluster, choice: Choice) -> Lane:
        state = choice.state
        return Lane(
            self._upstream.key(cluster, state.host, state.port),
            self._backends[cluster.name, state.address],
            f"{state.host}:{state.port}".encode(),
            cluster.timeouts.response_header,
        )

    def _choose(
        self, exchange: Exchange, cluster: Cluster, attempts: Attempts, now: float
    ) -> Choice:
        """Where the next attempt goes, which begins `now`."""
        try:
            choice = attempts.next(now)
        except Fault as unchosen:
            if unchosen.kind is Kind.BLACKHOLE:
                exchange.sub_cluster = BLACKHOLE
            raise
        exchange.crossed = attempts.is_cross
        _note(exchange, cluster, choice, now)
        return choice

    def _judge(
        self, balancer: Balancer, attempts: Attempts, exchange: Exchange, caught: Fault
    ) -> Fault:
        """Count the fault of an attempt; as which it is reported."""
        fault, attempt, choice = caught, exchange.attempt, attempts.choice
        assert attempt is not None
        assert choice is not None
        state = choice.state
        if self._is_compatible and caught.kind is Kind.CONNECTION_BROKEN:
            # For BFE a kept connection that was closed is a missing answer.
            fault = Fault(Kind.READ_RESPONSE, caught.detail, request_sent=caught.request_sent)
        attempt.fault = fault
        attempt.ended = self._now()
        self._statistics.attempt_failed(fault.kind)
        counters = self._backends[balancer.cluster.name, state.address]
        before = state.total_failures
        if balancer.record_fault(state, fault, attempt.ended):
            counters.downs += 1
            self._down(balancer.cluster, choice)
        counters.failures += state.total_failures - before
        return fault

    def _key(self, cluster: Cluster, exchange: Exchange) -> bytes:
        address: Address | bytes | None = exchange.client
        session = exchange.session
        is_plain = session.balancer is None and not session.is_trusted
        if self._is_compatible and exchange.client is not None and is_plain:
            address = short_key(exchange.client)
        return hash_key(
            cluster.affinity,
            header=exchange.header,
            cookie=exchange.cookies.get,
            address=address,
            target=exchange.request.target,
            random=os.urandom,
        )


def _note(exchange: Exchange, cluster: Cluster, choice: Choice, now: float) -> Attempt:
    """Note the attempt of `exchange` that goes there `now`."""
    state = choice.state
    exchange.sub_cluster = choice.sub_cluster
    scheme = "https" if cluster.protocol == "https" else "http"
    attempt = exchange.attempt = Attempt(
        cluster.name, choice.sub_cluster, state.name, state.host, state.port, scheme, now
    )
    return attempt
