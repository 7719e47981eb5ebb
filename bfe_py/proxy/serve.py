"""The way of one request, from its head to its log line. Read `Proxy.serve` top to bottom."""

from collections.abc import Awaitable

from bfe_py.model import (
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
    client_address,
)
from bfe_py.observe import ExchangeStatistics
from bfe_py.pipeline import Chain, Close, Phase, Respond, Verdict
from bfe_py.protocol import finish_response, is_websocket, repeat_pragma
from bfe_py.proxy.destination import find_cluster, find_tenant
from bfe_py.proxy.entry import admit, bound, make_canonical
from bfe_py.proxy.policy import Policy
from bfe_py.proxy.switch import OpenTunnel
from bfe_py.snapshot import Snapshot, SnapshotStore
from bfe_py.transport import ReadAhead, in_task, relay, trailers_of
from bfe_py.upstream import Forwarder, Outcome, UpstreamResponse, ask, settled

_CLOSING = frozenset({Kind.NO_TENANT, Kind.NO_ROUTE, Kind.NO_CLUSTER, Kind.NO_BALANCE})
"""Faults after which BFE ends the connection."""


_REQUEST, _TENANT, _ROUTE = Phase.REQUEST, Phase.TENANT, Phase.ROUTE
_BODILESS = frozenset({204, 304})
_RESPONSE, _FINISH = Phase.RESPONSE, Phase.FINISH


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
        chain = snapshot.chain
        opened: OpenTunnel | None = None
        exchange = self._begin(session, head)
        try:
            try:
                if self._policy.body_limit:
                    body = bound(body, head, self._policy.body_limit)
                outcome = await self._reach(snapshot, exchange, body, reply)
                if not isinstance(outcome, UpstreamResponse):
                    await self._answer(chain, exchange, outcome, reply)
                elif outcome.head.status == 101:
                    opened = await self._switch(chain, exchange, outcome, reply)
                else:
                    if self._policy.is_compatible:
                        repeat_pragma(outcome.head.headers)
                    try:
                        rest = self._respond(chain, exchange, outcome.head, outcome.body, reply)
                        if rest is not None:
                            await rest
                    finally:
                        reply.when_gone(None)
                        outcome.finish()
            except Fault as fault:
                await self._refuse(chain, exchange, fault, reply)
        except Fault as fault:
            self._give_up(exchange, fault, reply)
        finally:
            if opened is None:
                self._finish(chain, exchange, body, reply)
            else:
                del snapshot, chain  # a tunnel may outlive many of them
                await opened.carry(exchange)
                self._finish(self._store.current.chain, exchange, body, reply)

    def _begin(self, session: Session, head: RequestHead) -> Exchange:
        exchange = Exchange(session, head, self._clock.wall())
        exchange.nth = session.requests
        if self._policy.is_compatible:
            exchange.compatible = True
            repeat_pragma(head.headers)
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
        answer = admit(exchange, self._policy)
        if answer is not None:
            return answer
        if chain.handlers[_REQUEST]:
            verdict = await ask(chain, _REQUEST, exchange)
            if verdict is not None:
                return verdict
        find_tenant(snapshot, exchange)
        if snapshot.body_phases or snapshot.any_body_phase is not None:
            body = await self._read_ahead(snapshot, exchange, body)
        if chain.handlers[_TENANT]:
            verdict = await ask(chain, _TENANT, exchange)
            if verdict is not None:
                return verdict
        cluster = find_cluster(snapshot, exchange)
        session = exchange.session
        timeouts = cluster.timeouts
        session.idle_seconds = timeouts.read_client_again
        session.read_seconds = timeouts.read_client
        session.write_seconds = timeouts.write_client
        limit = cluster.body_limit
        body = bound(body, exchange.request, limit) if limit else body
        if chain.handlers[_ROUTE]:
            verdict = await ask(chain, _ROUTE, exchange)
            if verdict is not None:
                return verdict
            if not self._policy.paths_as_sent:
                make_canonical(exchange)  # a rule may have put dots where there were none
        return await self._forwarder.forward(
            chain, snapshot.balancers[cluster.name], exchange, body, reply
        )

    async def _read_ahead(self, snapshot: Snapshot, exchange: Exchange, body: Body) -> Body:
        """The start of the body, where a rule of this tenant looks at it."""
        phase = snapshot.body_phases.get(exchange.tenant, snapshot.any_body_phase)
        if phase is None or exchange.request.body_length == 0:
            return body
        exchange.body_prefix, body = await self._ahead.read(body)
        return body

    # --- the answer

    async def _answer(
        self, chain: Chain, exchange: Exchange, outcome: Respond | Close, reply: Reply
    ) -> None:
        """Send what a module said on the way."""
        match outcome:
            case Respond(head, body):
                exchange.closes = exchange.closes or outcome.closes
                source = BytesBody(body) if isinstance(body, bytes) else body
                if outcome.skips_response_phase:
                    rest = self._send(exchange, head, source, reply)
                else:
                    rest = self._respond(chain, exchange, head, source, reply)
                if rest is not None:
                    await in_task(rest)
                if outcome.skips_response_phase:
                    exchange.response = None if outcome.is_redirect else head
            case Close(reason):
                exchange.fault = exchange.fault or Fault(Kind.BLOCKED, reason)
                reply.abort()

    def _respond(
        self, chain: Chain, exchange: Exchange, head: ResponseHead, body: Body, reply: Reply
    ) -> Awaitable[None] | None:
        """RESPONSE, then head and body; what is left to wait for, if anything."""
        exchange.response = head
        if chain.handlers[_RESPONSE]:
            verdict = chain.ask(_RESPONSE, exchange)
            if verdict is not None:
                return self._replace(exchange, verdict, body, reply)
        return self._send(exchange, head, body, reply)

    async def _replace(
        self,
        exchange: Exchange,
        verdict: Verdict | Awaitable[Verdict],
        body: Body,
        reply: Reply,
    ) -> None:
        """Send what a handler of RESPONSE puts in place of a response, if it does."""
        match await settled(verdict):
            case Respond(other, content) as verdict:
                exchange.response = other
                exchange.transforms = None
                exchange.closes = exchange.closes or verdict.closes
                body = BytesBody(content) if isinstance(content, bytes) else content
            case Close(reason):
                exchange.fault = exchange.fault or Fault(Kind.BLOCKED, reason)
                reply.abort()
                return
            case None:
                pass
        assert exchange.response is not None
        rest = self._send(exchange, exchange.response, body, reply)
        if rest is not None:
            await in_task(rest)

    def _send(
        self, exchange: Exchange, head: ResponseHead, body: Body, reply: Reply
    ) -> Awaitable[None] | None:
        """Send a response; what is left to wait for, if anything."""
        exchange.times.response_started = self._clock.monotonic()
        if self._policy.is_compatible:
            finish_response(head)
        if exchange.closes:
            reply.announce_close()
        if head.body_length == 0 or head.status in _BODILESS or exchange.request.method == b"HEAD":
            reply.send_whole(head, b"")
        elif type(body) is BytesBody and exchange.transforms is None:
            content = body.read_ready()
            exchange.response_body_bytes = len(content)
            reply.send_whole(head, content)
        else:
            return self._stream(exchange, head, body, reply)
        return reply.wait_writable() if reply.is_blocked else None

    async def _stream(
        self, exchange: Exchange, head: ResponseHead, body: Body, reply: Reply
    ) -> None:
        reply.send_head(head)
        await relay(exchange, body, reply)
        transforms = exchange.transforms
        reply.send_end(None if self._policy.is_compatible else trailers_of(body, transforms))

    async def _switch(
        self, chain: Chain, exchange: Exchange, response: UpstreamResponse, reply: Reply
    ) -> OpenTunnel | None:
        """RESPONSE for a 101, and the tunnel behind it; None if a module answers instead."""
        exchange.response = response.head
        exchange.times.response_started = self._clock.monotonic()
        opened = None
        try:
            verdict = await ask(chain, _RESPONSE, exchange)
            if verdict is not None:
                await self._replace(exchange, verdict, response.body, reply)
                return None
            seconds, counters = self._policy.tunnel_seconds, self._statistics.tunnels
            reply.when_gone(None)
            opened = OpenTunnel(exchange, response, reply, seconds, counters)
        finally:
            if opened is None:
                reply.when_gone(None)
                response.finish()
        return opened

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
        rest = self._respond(chain, exchange, head, BytesBody(), reply)
        if rest is not None:
            await rest

    def _give_up(self, exchange: Exchange, fault: Fault, reply: Reply) -> None:
        """The answer to a fault failed as well: its bare status, past all modules, if it can be."""
        exchange.fault = exchange.fault or fault
        status = fault.status(compatible=self._policy.statuses_as_bfe)
        if reply.has_begun or not status:
            reply.abort()
            return
        exchange.response = ResponseHead(status, Headers([(b"Content-Length", b"0")]))
        reply.announce_close()
        reply.send_whole(exchange.response, b"")

    def _finish(self, chain: Chain, exchange: Exchange, body: Body, reply: Reply) -> None:
        now = exchange.times.response_ended = self._clock.monotonic()
        exchange.body_bytes += body.taken
        exchange.response_bytes += reply.bytes_sent
        if exchange.compatible and is_websocket(exchange.request):
            reply.announce_close()  # once it is answered: BFE ends the connection without a word
        if exchange.body_prefix:
            self._ahead.release(exchange.body_prefix)
        self._statistics.finished(exchange, now)
        if chain.handlers[_FINISH] and chain.run_finish(exchange):
            reply.announce_close()
            reply.abort()
