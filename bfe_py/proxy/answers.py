"""Answers: how exchanges are answered, whatever their answer comes from."""

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
    ResponseHead,
    Side,
)
from bfe_py.observe import ExchangeStatistics
from bfe_py.pipeline import Chain, Close, Phase, Respond, Verdict
from bfe_py.protocol import finish_response
from bfe_py.proxy.policy import Policy
from bfe_py.proxy.switch import OpenTunnel
from bfe_py.transport import in_task, relay, trailers_of
from bfe_py.upstream import UpstreamResponse, ask, settled

_CLOSING = frozenset({Kind.NO_TENANT, Kind.NO_ROUTE, Kind.NO_CLUSTER, Kind.NO_BALANCE})
"""Faults after which BFE ends the connection."""

_BODILESS = frozenset({204, 304})
_RESPONSE = Phase.RESPONSE


class Answers:
    """Sends what a backend, a module or a fault is answered with."""

    __slots__ = ("_now", "_policy", "_tunnels")

    def __init__(self, clock: Clock, statistics: ExchangeStatistics, policy: Policy) -> None:
        self._now = clock.monotonic
        self._tunnels = statistics.tunnels
        self._policy = policy

    async def answer(
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
                    rest = self.respond(chain, exchange, head, source, reply)
                if rest is not None:
                    await in_task(rest)
                if outcome.skips_response_phase:
                    exchange.response = None if outcome.is_redirect else head
            case Close(reason):
                exchange.fail(exchange.fault or Fault(Kind.BLOCKED, reason))
                reply.abort()

    def respond(
        self, chain: Chain, exchange: Exchange, head: ResponseHead, body: Body, reply: Reply
    ) -> Awaitable[None] | None:
        """RESPONSE, then head and body; what is left to wait for, if anything."""
        exchange.response = head
        if chain.response is not None:
            verdict = chain.response(exchange)
            if verdict is not None:
                return self._replace(exchange, verdict, body, reply)
        return self._send(exchange, head, body, reply)

    def respond_whole(
        self, chain: Chain, exchange: Exchange, head: ResponseHead, content: bytes, reply: Reply
    ) -> Awaitable[None] | None:
        """As `respond`, with a response whose body is there and that came from a backend."""
        exchange.response = head
        run = chain.response
        if run is not None:
            verdict = run(exchange)
            if verdict is not None:
                return self._replace(exchange, verdict, BytesBody(content), reply)
        if exchange.transforms is not None or exchange.closes or not content:
            return self._send(exchange, head, BytesBody(content), reply)
        now = self._now
        exchange.response_started = exchange.response_ended = now()
        exchange.response_body_bytes = len(content)
        reply.send_whole(head, content)
        return None  # it is for the connection to wait until that is taken

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
                exchange.fail(exchange.fault or Fault(Kind.BLOCKED, reason))
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
        exchange.response_started = self._now()
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

    async def switch(
        self, chain: Chain, exchange: Exchange, response: UpstreamResponse, reply: Reply
    ) -> OpenTunnel | None:
        """RESPONSE for a 101, and the tunnel behind it; None if a module answers instead."""
        exchange.response = response.head
        exchange.response_started = self._now()
        opened = None
        try:
            verdict = await ask(chain, _RESPONSE, exchange)
            if verdict is not None:
                await self._replace(exchange, verdict, response.body, reply)
                return None
            seconds, counters = self._policy.tunnel_seconds, self._tunnels
            reply.when_gone(None)
            opened = OpenTunnel(exchange, response, reply, seconds, counters)
        finally:
            if opened is None:
                reply.when_gone(None)
                response.finish()
        return opened

    async def refuse(self, chain: Chain, exchange: Exchange, fault: Fault, reply: Reply) -> None:
        """Answer a fault with its status, or cut the connection where that is too late."""
        exchange.fail(fault)
        exchange.transforms = None
        status = fault.status(compatible=self._policy.statuses_as_bfe)
        if reply.has_begun or not status:
            reply.abort()
            return
        if fault.side is Side.CLIENT or (self._policy.is_compatible and fault.kind in _CLOSING):
            exchange.closes = True
        head = ResponseHead(status, Headers([(b"Content-Length", b"0")]))
        rest = self.respond(chain, exchange, head, BytesBody(), reply)
        if rest is not None:
            await rest

    def give_up(self, exchange: Exchange, fault: Fault, reply: Reply) -> None:
        """The answer to a fault failed as well: its bare status, past all modules, if it can be."""
        exchange.fail(exchange.fault or fault)
        status = fault.status(compatible=self._policy.statuses_as_bfe)
        if reply.has_begun or not status:
            reply.abort()
            return
        exchange.response = ResponseHead(status, Headers([(b"Content-Length", b"0")]))
        reply.announce_close()
        reply.send_whole(exchange.response, b"")
