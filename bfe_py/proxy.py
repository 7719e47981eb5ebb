"""The way of one request, from its head to its log line. Read `Proxy.serve` top to bottom."""

from dataclasses import dataclass

from bfe_py.balance import Cluster
from bfe_py.model import (
    AmbiguousTarget,
    Body,
    BytesBody,
    Clock,
    Exchange,
    Fault,
    Headers,
    Kind,
    Reply,
    RequestHead,
    ResponseHead,
    Session,
    Side,
    canonical_target,
    client_address,
)
from bfe_py.observe import ExchangeStatistics
from bfe_py.pipeline import Chain, Close, Phase, Respond
from bfe_py.protocol import reason_phrase, strip_hop_by_hop
from bfe_py.snapshot import Snapshot, SnapshotStore
from bfe_py.transport import LimitedBody, ReadAhead, relay, trailers_of
from bfe_py.upstream import Forwarder, Outcome, UpstreamResponse

_CLOSING = frozenset({Kind.NO_TENANT, Kind.NO_ROUTE, Kind.NO_CLUSTER, Kind.NO_BALANCE})
"""Faults after which BFE ends the connection."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How the data plane behaves where BFE and better manners part.

    `body_limit` is the most bytes that a request body may have, 0 for no limit.
    """

    statuses_as_bfe: bool = False
    paths_as_sent: bool = False
    is_compatible: bool = False
    body_limit: int = 0


class Proxy:
    """Serves exchanges with the snapshot that is current when each begins."""

    __slots__ = ("_ahead", "_clock", "_forwarder", "_policy", "_statistics", "_store")

    def __init__(
        self,
        store: SnapshotStore,
        forwarder: Forwarder,
        clock: Clock,
        statistics: ExchangeStatistics,
        policy: Policy,
        ahead: ReadAhead,
    ) -> None:
        self._store = store
        self._forwarder = forwarder
        self._clock = clock
        self._statistics = statistics
        self._policy = policy
        self._ahead = ahead

    async def serve(self, session: Session, head: RequestHead, body: Body, reply: Reply) -> None:
        """Answer one request; `reply` is ended or aborted when this returns."""
        snapshot = self._store.current  # the pin: nothing below looks at the store again
        exchange = self._begin(session, head)
        try:
            try:
                outcome = await self._reach(snapshot, exchange, body, reply)
                await self._answer(snapshot.chain, exchange, outcome, reply)
            except Fault as fault:
                await self._refuse(snapshot.chain, exchange, fault, reply)
        except Fault as fault:
            self._give_up(exchange, fault, reply)
        finally:
            self._finish(snapshot.chain, exchange, body, reply)

    def _begin(self, session: Session, head: RequestHead) -> Exchange:
        exchange = Exchange(session, head, self._clock.wall())
        exchange.nth = session.requests
        exchange.compatible = self._policy.is_compatible
        exchange.times.head_started = head.received
        exchange.times.head_ended = self._clock.monotonic()
        if session.is_trusted:
            exchange.client = client_address(session, head.headers)
        return exchange

    # --- where the answer comes from

    async def _reach(
        self, snapshot: Snapshot, exchange: Exchange, body: Body, reply: Reply
    ) -> Outcome:
        """Tenant, route, attempts; or the verdict of a module on the way."""
        chain = snapshot.chain
        body = self._check_head(exchange, body)
        if chain.handlers[Phase.REQUEST]:
            verdict = await chain.ask(Phase.REQUEST, exchange)
            if verdict is not None:
                return verdict
        tenant = snapshot.tenants.find(exchange.host, exchange.vip)
        if tenant is None:
            raise Fault(Kind.NO_TENANT, "no tenant for this host")
        exchange.tenant, exchange.host_tag = tenant.tenant, tenant.tag
        if snapshot.body_phases or snapshot.any_body_phase is not None:
            body = await self._read_ahead(snapshot, exchange, body)
        if chain.handlers[Phase.TENANT]:
            verdict = await chain.ask(Phase.TENANT, exchange)
            if verdict is not None:
                return verdict
        cluster = self._route(snapshot, exchange)
        session = exchange.session
        session.idle_seconds = cluster.timeouts.read_client_again
        if chain.handlers[Phase.ROUTE]:
            verdict = await chain.ask(Phase.ROUTE, exchange)
            if verdict is not None:
                return verdict
        return await self._forwarder.forward(
            chain, snapshot.balancers[cluster.name], exchange, body, reply
        )

    def _check_head(self, exchange: Exchange, body: Body) -> Body:
        """The body within its bounds; Fault where the head alone is reason to refuse."""
        length, limit = exchange.request.body_length, self._policy.body_limit
        if limit:
            if length is not None and length > limit:
                raise Fault(Kind.BODY_TOO_LARGE, "body-too-large")
            if length is None:
                body = LimitedBody(body, limit)
        if exchange.request.expects_continue and exchange.request.body_length == 0:
            raise Fault(Kind.EXPECT_EMPTY, "100-continue without a body")
        if exchange.has_bad_target:
            raise Fault(Kind.BAD_REQUEST, "bad-escape-in-path")
        if self._policy.paths_as_sent:
            return body
        try:
            canonical = canonical_target(exchange.upstream_target)
        except AmbiguousTarget as error:
            raise Fault(Kind.BAD_REQUEST, str(error)) from error
        if canonical is not exchange.upstream_target:
            exchange.rewrite(target=canonical)
        return body

    async def _read_ahead(self, snapshot: Snapshot, exchange: Exchange, body: Body) -> Body:
        """The start of the body, where a rule of this tenant looks at it."""
        phase = snapshot.body_phases.get(exchange.tenant, snapshot.any_body_phase)
        if phase is None or exchange.request.body_length == 0:
            return body
        exchange.body_prefix, body = await self._ahead.read(body)
        return body

    def _route(self, snapshot: Snapshot, exchange: Exchange) -> Cluster:
        table = snapshot.routes.get(exchange.tenant)
        if table is None:
            raise Fault(Kind.NO_ROUTE, "no route rule")
        route = table.find(exchange.host, exchange.path, exchange)
        if route is None:
            raise Fault(Kind.NO_ROUTE, table.reason)
        exchange.cluster = route.cluster
        cluster = snapshot.clusters.get(route.cluster)
        if cluster is None:
            raise Fault(Kind.NO_CLUSTER, route.cluster)
        return cluster

    # --- the answer

    async def _answer(
        self, chain: Chain, exchange: Exchange, outcome: Outcome, reply: Reply
    ) -> None:
        """Send what `_reach` came to: the one place where a verdict is interpreted."""
        match outcome:
            case UpstreamResponse():
                strip_hop_by_hop(outcome.head.headers)
                try:
                    await self._respond(chain, exchange, outcome.head, outcome.body, reply)
                finally:
                    reply.when_gone(None)
                    await outcome.finish()
            case Respond(head, body):
                exchange.closes = exchange.closes or outcome.closes
                source = BytesBody(body) if isinstance(body, bytes) else body
                if outcome.skips_response_phase:
                    await self._send(exchange, head, source, reply)
                    exchange.response = None if outcome.is_redirect else head
                else:
                    await self._respond(chain, exchange, head, source, reply)
            case Close(reason):
                exchange.fault = exchange.fault or Fault(Kind.BLOCKED, reason)
                reply.abort()

    async def _respond(
        self, chain: Chain, exchange: Exchange, head: ResponseHead, body: Body, reply: Reply
    ) -> None:
        """RESPONSE, then head and body; a handler may put another response in its place."""
        exchange.response = head
        if chain.handlers[Phase.RESPONSE]:
            verdict = await chain.ask(Phase.RESPONSE, exchange)
            match verdict:
                case Respond(other, content):
                    exchange.response = head = other
                    exchange.transforms = None
                    exchange.closes = exchange.closes or verdict.closes
                    body = BytesBody(content) if isinstance(content, bytes) else content
                case Close(reason):
                    exchange.fault = exchange.fault or Fault(Kind.BLOCKED, reason)
                    reply.abort()
                    return
                case None:
                    pass
        await self._send(exchange, head, body, reply)

    async def _send(self, exchange: Exchange, head: ResponseHead, body: Body, reply: Reply) -> None:
        exchange.times.response_started = self._clock.monotonic()
        if self._policy.is_compatible:
            head.reason = reason_phrase(head.status, compatible=True)
        if exchange.closes:
            reply.announce_close()
        has_no_body = head.body_length == 0 or head.status in (204, 304)
        if has_no_body or exchange.request.method == b"HEAD":
            reply.send_head(head, end=True)
            return
        reply.send_head(head, end=False)
        await relay(exchange, body, reply)
        transforms = exchange.transforms
        reply.send_end(None if self._policy.is_compatible else trailers_of(body, transforms))

    async def _refuse(self, chain: Chain, exchange: Exchange, fault: Fault, reply: Reply) -> None:
        """Answer a fault with its status, or cut the connection where that is too late."""
        exchange.fault = fault
        exchange.transforms = None
        status = fault.status(compatible=self._policy.statuses_as_bfe)
        if reply.has_begun or not status:
            reply.abort()
            return
        if fault.side is Side.CLIENT or (self._policy.is_compatible and fault.kind in _CLOSING):
            exchange.closes = True
        head = ResponseHead(status, Headers([(b"Content-Length", b"0")]))
        await self._respond(chain, exchange, head, BytesBody(), reply)

    def _give_up(self, exchange: Exchange, fault: Fault, reply: Reply) -> None:
        """The answer to a fault failed as well: its bare status, past all modules, if it can be."""
        exchange.fault = exchange.fault or fault
        status = fault.status(compatible=self._policy.statuses_as_bfe)
        if reply.has_begun or not status:
            reply.abort()
            return
        exchange.response = ResponseHead(status, Headers([(b"Content-Length", b"0")]))
        reply.announce_close()
        reply.send_head(exchange.response, end=True)

    def _finish(self, chain: Chain, exchange: Exchange, body: Body, reply: Reply) -> None:
        now = exchange.times.response_ended = self._clock.monotonic()
        exchange.body_bytes = body.taken
        exchange.response_bytes = reply.bytes_sent
        if exchange.body_prefix:
            self._ahead.release(exchange.body_prefix)
        self._statistics.finished(exchange, now)
        if chain.handlers[Phase.FINISH] and chain.run_finish(exchange):
            reply.announce_close()
            reply.abort()
