"""Stages: the steps on the way of an exchange, in their order, and how it ends."""

from collections.abc import Awaitable

from bfe_py.balance import Balancer
from bfe_py.model import (
    Body,
    Clock,
    Exchange,
    Fault,
    Reply,
    RequestHead,
    Session,
    client_address,
)
from bfe_py.observe import ExchangeStatistics
from bfe_py.pipeline import Chain, Phase, Verdict
from bfe_py.protocol import is_websocket, repeat_pragma
from bfe_py.proxy.answers import Answers
from bfe_py.proxy.destination import find_balancer, find_tenant
from bfe_py.proxy.entry import admit, bound, make_canonical
from bfe_py.proxy.policy import Policy
from bfe_py.proxy.switch import OpenTunnel
from bfe_py.snapshot import Snapshot, SnapshotStore
from bfe_py.transport import ReadAhead, Turn
from bfe_py.upstream import Forwarder, Outcome, UpstreamResponse, ask, settled

_REQUEST, _TENANT, _ROUTE = Phase.REQUEST, Phase.TENANT, Phase.ROUTE


class Stages:
    """The steps of the way, from each of which the rest can be gone.

    `see_through` answers with what the others come to, whatever that is.
    """

    __slots__ = (
        "_ahead",
        "_policy",
        "_statistics",
        "answers",
        "forwarder",
        "lasting",
        "now",
        "store",
        "turn",
        "wall",
    )

    def __init__(
        self,
        store: SnapshotStore,
        forwarder: Forwarder,
        clock: Clock,
        statistics: ExchangeStatistics,
        policy: Policy,
        ahead: ReadAhead,
    ) -> None:
        self.store = store
        self.forwarder = forwarder
        self.answers = Answers(clock, statistics, policy)
        self.wall = clock.wall
        self.now = clock.monotonic
        self._statistics = statistics
        self._policy = policy
        self._ahead = ahead
        self.lasting: set[Exchange] = set()
        """Exchanges that may be under way for long: bodies that come in pieces, and tunnels."""
        self.turn: Turn | None = None
        """Has exchanges finished behind the answers that were posted; None: each at once."""

    def begin(self, session: Session, head: RequestHead) -> Exchange:
        """The exchange of a request."""
        exchange = Exchange(session, head, self.wall(), self.now())
        if self._policy.is_compatible:
            exchange.compatible = True
            repeat_pragma(head.headers)
        if session.is_trusted:
            exchange.client = client_address(session, head.headers)
        return exchange

    async def see_through(
        self,
        chain: Chain,
        exchange: Exchange,
        body: Body,
        reply: Reply,
        outcome: Awaitable[Outcome | None],
    ) -> None:
        """Answer with what `outcome` comes to, or with its fault; None: it is answered."""
        opened: OpenTunnel | None = None
        self.lasting.add(exchange)
        try:
            try:
                opened = await self._deliver(chain, exchange, await outcome, reply)
            except Fault as fault:
                await self.answers.refuse(chain, exchange, fault, reply)
        except Fault as fault:
            self.answers.give_up(exchange, fault, reply)
        finally:
            if opened is None:
                self.finish(chain, exchange, body, reply)
            else:
                del chain  # a tunnel may outlive many of them
                await opened.carry(exchange)
                self.finish(self.store.current.chain, exchange, body, reply)
            self.lasting.discard(exchange)

    async def _deliver(
        self, chain: Chain, exchange: Exchange, outcome: Outcome | None, reply: Reply
    ) -> OpenTunnel | None:
        """Send the answer, wherever it comes from; or the tunnel that begins with it."""
        answers = self.answers
        if not isinstance(outcome, UpstreamResponse):
            if outcome is not None:
                await answers.answer(chain, exchange, outcome, reply)
            return None
        if outcome.head.status == 101:
            return await answers.switch(chain, exchange, outcome, reply)
        if self._policy.is_compatible:
            repeat_pragma(outcome.head.headers)
        try:
            rest = answers.respond(chain, exchange, outcome.head, outcome.body, reply)
            if rest is not None:
                await rest
        finally:
            reply.when_gone(None)
            outcome.finish()
        return None

    # --- where the answer comes from

    async def reach(
        self, snapshot: Snapshot, exchange: Exchange, body: Body, reply: Reply
    ) -> Outcome:
        """Tenant, route, attempts; or the verdict of a module on the way.

        Raises:
            Fault: it has to be refused.
        """
        if self._policy.body_limit:
            body = bound(body, exchange.request, self._policy.body_limit)
        answer = admit(exchange, self._policy)
        if answer is not None:
            return answer
        verdict = await ask(snapshot.chain, _REQUEST, exchange)
        return verdict or await self._reach_tenant(snapshot, exchange, body, reply)

    async def _reach_tenant(
        self, snapshot: Snapshot, exchange: Exchange, body: Body, reply: Reply
    ) -> Outcome:
        find_tenant(snapshot, exchange)
        if snapshot.body_phases or snapshot.any_body_phase is not None:
            body = await self._read_ahead(snapshot, exchange, body)
        verdict = await ask(snapshot.chain, _TENANT, exchange)
        return verdict or await self._reach_cluster(snapshot, exchange, body, reply)

    async def _reach_cluster(
        self, snapshot: Snapshot, exchange: Exchange, body: Body, reply: Reply
    ) -> Outcome:
        balancer = find_balancer(snapshot, exchange)
        limit = balancer.cluster.body_limit
        body = bound(body, exchange.request, limit) if limit else body
        verdict = await ask(snapshot.chain, _ROUTE, exchange)
        return verdict or await self._reach_backend(snapshot, balancer, exchange, body, reply)

    async def _reach_backend(
        self,
        snapshot: Snapshot,
        balancer: Balancer,
        exchange: Exchange,
        body: Body,
        reply: Reply,
    ) -> Outcome:
        self.settle_target(exchange)
        return await self.forwarder.forward(snapshot.chain, balancer, exchange, body, reply)

    def settle_target(self, exchange: Exchange) -> None:
        """Bring the path into its one form: a rule may have put dots where there were none.

        Raises:
            Fault: it could mean several things.
        """
        if not self._policy.paths_as_sent:
            make_canonical(exchange)

    async def _read_ahead(self, snapshot: Snapshot, exchange: Exchange, body: Body) -> Body:
        """The start of the body, where a rule of this tenant looks at it."""
        phase = snapshot.body_phases.get(exchange.tenant, snapshot.any_body_phase)
        if phase is None or exchange.request.body_length == 0:
            return body
        exchange.body_prefix, body = await self._ahead.read(body)
        return body

    # --- for an exchange that has come to one of these points without a coroutine

    async def on_from_request(
        self,
        snapshot: Snapshot,
        exchange: Exchange,
        body: Body,
        reply: Reply,
        verdict: Verdict | Awaitable[Verdict],
    ) -> Outcome:
        """Behind REQUEST, where a module said or waits for `verdict`."""
        said = await settled(verdict)
        return said or await self._reach_tenant(snapshot, exchange, body, reply)

    async def on_from_tenant(
        self,
        snapshot: Snapshot,
        exchange: Exchange,
        body: Body,
        reply: Reply,
        verdict: Verdict | Awaitable[Verdict],
    ) -> Outcome:
        """Behind TENANT."""
        said = await settled(verdict)
        return said or await self._reach_cluster(snapshot, exchange, body, reply)

    async def on_from_route(
        self,
        snapshot: Snapshot,
        exchange: Exchange,
        body: Body,
        reply: Reply,
        verdict: Verdict | Awaitable[Verdict],
        balancer: Balancer,
    ) -> Outcome:
        """Behind ROUTE, with the cluster of `balancer`."""
        said = await settled(verdict)
        return said or await self._reach_backend(snapshot, balancer, exchange, body, reply)

    def finish(self, chain: Chain, exchange: Exchange, body: Body, reply: Reply) -> None:
        """The exchange is over: count it, and let the modules see it for the last time."""
        now = exchange.response_ended
        if not now:
            now = exchange.response_ended = self.now()
        if exchange.request.body_length != 0:
            exchange.body_bytes += body.taken
        exchange.response_bytes += reply.bytes_sent
        if exchange.compatible and is_websocket(exchange.request):
            reply.announce_close()  # once it is answered: BFE ends the connection without a word
        if exchange.body_prefix:
            self._ahead.release(exchange.body_prefix)
        self._statistics.finished(exchange, now)
        run = chain.finish
        if run is not None and run(exchange):
            reply.announce_close()
            reply.abort()
