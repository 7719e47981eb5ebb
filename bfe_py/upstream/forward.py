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
from bfe_py.pipeline import Chain, Close, Phase, Respond
from bfe_py.upstream.client import Upstream, UpstreamResponse, Watcher
from bfe_py.upstream.counters import BackendCounters
from bfe_py.upstream.request import build_request

Outcome = Respond | Close | UpstreamResponse
"""Where the answer to an exchange comes from."""

BackendDown = Callable[[Cluster, Choice], None]
"""Told that a backend was marked down."""


class _Onlooker:
    """Passes interim responses on, and does not care whether the client stays."""

    __slots__ = ("_reply",)

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def send_interim(self, head: ResponseHead) -> None:
        """Take a 1xx response."""
        self._reply.send_interim(head)

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        """Nobody is told."""


class Forwarder:
    """Picks a backend, sends, and judges what came of it.

    Args:
        is_compatible: an attempt is given up with its client only where the cluster says so, and
            addresses are hashed as BFE does on a listener bound to an IPv4 address.
    """

    __slots__ = ("_backends", "_clock", "_down", "_is_compatible", "_statistics", "_upstream")

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
        self._clock = clock
        self._statistics = statistics
        self._backends = backends
        self._down = down
        self._is_compatible = is_compatible

    async def forward(
        self, chain: Chain, balancer: Balancer, exchange: Exchange, body: Body, reply: Reply
    ) -> Outcome:
        """Response of the first attempt that gets one, or what a module said instead.

        Raises:
            Fault: that of the last attempt, or there is no backend to try.
        """
        key = self._key(balancer.cluster, exchange) if balancer.needs_key else b""
        attempts = balancer.start(key)
        exchange.times.cluster_started = self._clock.monotonic()
        try:
            while True:
                outcome = await self._attempt(chain, balancer, attempts, exchange, body, reply)
                if outcome is not None:
                    break
                exchange.retries += 1
        except BaseException:
            attempts.finish()
            raise
        finally:
            exchange.times.cluster_ended = self._clock.monotonic()
        if isinstance(outcome, UpstreamResponse):
            outcome.attempts = attempts
        else:
            attempts.finish()
        return outcome

    async def _attempt(
        self,
        chain: Chain,
        balancer: Balancer,
        attempts: Attempts,
        exchange: Exchange,
        body: Body,
        reply: Reply,
    ) -> Outcome | None:
        """One attempt; None: failed, and another may follow."""
        cluster = balancer.cluster
        choice = self._choose(exchange, attempts)
        attempt = self._start(exchange, cluster, choice)
        if chain.handlers[Phase.FORWARD]:
            verdict = await chain.ask(Phase.FORWARD, exchange)
            if verdict is not None:
                return verdict
        head = build_request(exchange, cluster, attempt.host, attempt.port)
        watcher = self._watcher(cluster, reply)
        counters = self._backends[cluster.name, choice.state.address]
        counters.attempts += 1
        try:
            response = await self._upstream.send(cluster, attempt, head, body, watcher)
        except Fault as caught:
            fault = self._as_bfe(caught)
            reply.when_gone(None)
            self._judge(balancer, choice, attempt, fault, counters)
            is_untouched = body.taken == 0 and not reply.has_begun
            if is_untouched and attempts.failed(
                fault,
                method=head.method,
                has_body=head.body_length != 0,
                reused=attempt.is_reused,
            ):
                return None
            raise fault from None
        if balancer.record_status(choice.state, response.head.status, self._clock.monotonic()):
            counters.downs += 1
            self._down(cluster, choice)
        return response

    def _as_bfe(self, fault: Fault) -> Fault:
        """For BFE a kept connection that was closed is a missing answer."""
        if self._is_compatible and fault.kind is Kind.CONNECTION_BROKEN:
            return Fault(Kind.READ_RESPONSE, fault.detail, request_sent=fault.request_sent)
        return fault

    def _watcher(self, cluster: Cluster, reply: Reply) -> Watcher:
        is_watched = cluster.cancels_on_close or not self._is_compatible
        return reply if is_watched else _Onlooker(reply)

    def _choose(self, exchange: Exchange, attempts: Attempts) -> Choice:
        try:
            choice = attempts.next(self._clock.monotonic())
        except Fault as unchosen:
            if unchosen.kind is Kind.BLACKHOLE:
                exchange.sub_cluster = BLACKHOLE
            raise
        exchange.crossed = attempts.is_cross
        return choice

    def _start(self, exchange: Exchange, cluster: Cluster, choice: Choice) -> Attempt:
        state = choice.state
        exchange.sub_cluster = choice.sub_cluster
        attempt = exchange.attempt = Attempt(
            cluster.name, choice.sub_cluster, state.name, state.host, state.port
        )
        attempt.scheme = "https" if cluster.protocol == "https" else "http"
        attempt.started = self._clock.monotonic()
        return attempt

    def _judge(
        self,
        balancer: Balancer,
        choice: Choice,
        attempt: Attempt,
        fault: Fault,
        counters: BackendCounters,
    ) -> None:
        attempt.fault = fault
        attempt.ended = self._clock.monotonic()
        self._statistics.attempt_failed(fault.kind)
        before = choice.state.total_failures
        if balancer.record_fault(choice.state, fault, attempt.ended):
            counters.downs += 1
            self._down(balancer.cluster, choice)
        counters.failures += choice.state.total_failures - before

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
