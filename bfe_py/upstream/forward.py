"""Forwarder: the attempts of one exchange, until a backend answers or none is left to ask."""

import os
from collections.abc import Awaitable, Callable

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
from bfe_py.transport import in_task
from bfe_py.upstream.client import Upstream, UpstreamResponse, Watcher
from bfe_py.upstream.client_way import find_way
from bfe_py.upstream.counters import BackendCounters
from bfe_py.upstream.request import build_request

_FORWARD = Phase.FORWARD

Outcome = Respond | Close | UpstreamResponse
"""Where the answer to an exchange comes from."""

BackendDown = Callable[[Cluster, Choice], None]
"""Told that a backend was marked down."""


async def ask(chain: Chain, phase: Phase, exchange: Exchange) -> Verdict:
    """First verdict of a phase of the exchange other than None.

    A handler that waits does so in an ordinary task, where all of asyncio works.

    Raises:
        Fault: a handler failed.
    """
    return await settled(chain.ask(phase, exchange))


async def settled(verdict: Verdict | Awaitable[Verdict]) -> Verdict:
    """The verdict, waited for where a handler does."""
    if verdict is None or isinstance(verdict, (Respond, Close)):
        return verdict
    return await in_task(verdict)


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
        cluster = balancer.cluster
        attempts = balancer.start(self._key(cluster, exchange) if balancer.needs_key else b"")
        watcher: Watcher = reply
        if self._is_compatible and not cluster.cancels_on_close:
            watcher = _Onlooker(reply)
        version = cluster.proxy_version
        way = find_way(exchange, version) if version else None
        now = exchange.times.cluster_started = self._clock.monotonic()
        try:
            while True:
                choice = self._choose(exchange, cluster, attempts, now)
                if chain.handlers[_FORWARD]:
                    verdict = await ask(chain, _FORWARD, exchange)
                    if verdict is not None:
                        attempts.finish()
                        return verdict
                state, attempt = choice.state, exchange.attempt
                assert attempt is not None
                self._backends[cluster.name, state.address].attempts += 1
                request = build_request(exchange, cluster, attempt.host, attempt.port)
                try:
                    response = await self._upstream.send(
                        cluster, attempt, request, body, watcher, way
                    )
                except Fault as caught:
                    reply.when_gone(None)
                    fault = self._judge(balancer, choice, exchange, caught)
                    if not _can_retry(attempts, exchange, fault, body, reply):
                        raise fault from None
                    exchange.retries += 1
                    now = self._clock.monotonic()
                    continue
                if balancer.record_status(state, response.head.status, response.received):
                    self._backends[cluster.name, state.address].downs += 1
                    self._down(cluster, choice)
                response.attempts = attempts
                return response
        except BaseException:
            attempts.finish()
            raise
        finally:
            last = exchange.attempt
            ended = 0.0 if last is None else last.ended
            exchange.times.cluster_ended = ended or self._clock.monotonic()

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
        state = choice.state
        exchange.sub_cluster = choice.sub_cluster
        exchange.attempt = Attempt(
            cluster.name,
            choice.sub_cluster,
            state.name,
            state.host,
            state.port,
            "https" if cluster.protocol == "https" else "http",
            now,
        )
        return choice

    def _judge(
        self, balancer: Balancer, choice: Choice, exchange: Exchange, caught: Fault
    ) -> Fault:
        """Count the fault of an attempt; as which it is reported."""
        fault, attempt, state = caught, exchange.attempt, choice.state
        assert attempt is not None
        if self._is_compatible and caught.kind is Kind.CONNECTION_BROKEN:
            # For BFE a kept connection that was closed is a missing answer.
            fault = Fault(Kind.READ_RESPONSE, caught.detail, request_sent=caught.request_sent)
        attempt.fault = fault
        attempt.ended = self._clock.monotonic()
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


def _can_retry(
    attempts: Attempts, exchange: Exchange, fault: Fault, body: Body, reply: Reply
) -> bool:
    """Whether another attempt may follow: nothing of the request body or the response was used."""
    request, attempt = exchange.request, exchange.attempt
    assert attempt is not None
    if body.taken or reply.has_begun:
        return False
    return attempts.failed(
        fault,
        method=request.method,
        has_body=request.body_length != 0,
        reused=attempt.is_reused,
    )
