"""Course: the way of an exchange that waits for nothing but its backend, without a coroutine.

Nearly every exchange is one: its request is plain, the modules answer at once, a connection to the
backend is there, and the answer comes in one piece. Such an exchange is two calls, from the request
to the backend and from its response to the end. They take the steps of `Proxy.serve`, in its order
and by its functions; wherever something has to be waited for, a coroutine of it takes over.
"""

from collections.abc import Awaitable, Callable

import msgspec

from bfe_py.balance import Balancer
from bfe_py.model import BytesBody, Exchange, Reply, ResponseHead
from bfe_py.proxy.destination import find_balancer, find_tenant
from bfe_py.proxy.stages import Stages
from bfe_py.snapshot import Snapshot
from bfe_py.transport import EagerTask
from bfe_py.upstream import Begun, Outcome

_NO_BODY = BytesBody()

Done = Callable[[BaseException | None], None]
"""Told that an exchange is over, with the exception that it let out if it did."""


class Course(msgspec.Struct, eq=False):
    """One exchange on its way.

    `is_done`: it is over, and `done` is told, at the latest behind the answers of this turn.
    """

    _stages: Stages
    _snapshot: Snapshot
    _exchange: Exchange
    _reply: Reply
    _done: Done
    _balancer: Balancer | None = None
    _begun: Begun | None = None
    _task: EagerTask | None = None
    is_done: bool = False

    def start(self) -> None:
        """Begin."""
        try:
            outcome = self._reach()
        except Exception as error:
            outcome = _raise(error)
        if outcome is not None:
            self._wait_for(outcome)

    def _reach(self) -> Awaitable[Outcome] | None:
        """Tenant, route, first attempt; what has to be waited for if it is not the backend."""
        stages, snapshot, exchange, reply = (
            self._stages,
            self._snapshot,
            self._exchange,
            self._reply,
        )
        chain = snapshot.chain
        run = chain.request
        if run is not None:
            verdict = run(exchange)
            if verdict is not None:
                return stages.on_from_request(snapshot, exchange, _NO_BODY, reply, verdict)
        find_tenant(snapshot, exchange)
        run = chain.tenant
        if run is not None:
            verdict = run(exchange)
            if verdict is not None:
                return stages.on_from_tenant(snapshot, exchange, _NO_BODY, reply, verdict)
        balancer = self._balancer = find_balancer(snapshot, exchange)
        run = chain.route
        if run is not None:
            verdict = run(exchange)
            if verdict is not None:
                return stages.on_from_route(snapshot, exchange, _NO_BODY, reply, verdict, balancer)
        if exchange.upstream_target is not exchange.request.target:
            stages.settle_target(exchange)
        if chain.forward is None:
            begun = self._begun = stages.forwarder.start(balancer, exchange, reply, self)
            if begun is not None and begun[1] is not None:
                return None
        return self._forward()

    def _forward(self) -> Awaitable[Outcome]:
        assert self._balancer is not None
        return self._stages.forwarder.forward(
            self._snapshot.chain, self._balancer, self._exchange, _NO_BODY, self._reply, self._begun
        )

    def step(self) -> None:
        """The response is there, or there will be none."""
        stages, exchange, reply, begun = self._stages, self._exchange, self._reply, self._begun
        assert begun is not None
        assert self._balancer is not None
        chain = self._snapshot.chain
        try:
            taken = stages.forwarder.answered(self._balancer, exchange, begun)
            if taken is None:
                if self._task is None and not self.is_done:  # or `throw` came first
                    self._wait_for(self._forward())
                return
            self._begun = None
            rest = stages.answers.respond_whole(chain, exchange, taken[0], taken[1], reply)
        except Exception as error:
            self._wait_for(_raise(error))
            return
        if rest is not None:
            self._wait_for(_nothing_behind(rest))
            return
        self.is_done = True
        if stages.turn is None:
            self.finish()
        else:
            stages.turn.finish(self)

    def finish(self) -> None:
        """Do what is left of an exchange that was answered."""
        try:
            self._stages.finish(self._snapshot.chain, self._exchange, _NO_BODY, self._reply)
        except Exception as error:
            self._done(error)
        else:
            self._done(None)

    # --- where a coroutine takes over

    def _wait_for(self, outcome: Awaitable[Outcome | None]) -> None:
        chain, exchange, reply = self._snapshot.chain, self._exchange, self._reply
        rest = self._stages.see_through(chain, exchange, _NO_BODY, reply, outcome)
        task = EagerTask(rest, self._ended)
        self._task = None if task.is_done else task

    def _ended(self, error: BaseException | None) -> None:
        self.is_done = True
        self._task = None  # which holds this
        self._done(error)

    def throw(self, error: Exception) -> None:
        """Raise `error` in the exchange where it waits; has no effect on one that is over."""
        if self.is_done:
            return
        if self._task is None:
            self._wait_for(self._forward())
        assert self._task is not None
        self._task.throw(error)

    # --- what the backend's connection tells

    def send_interim(self, head: ResponseHead) -> None:
        """Pass a 1xx response on."""
        self._reply.send_interim(head)

    def client_left(self) -> None:
        """The client is gone: the attempt that was sent is given up."""
        begun = self._begun
        if begun is not None and begun[1] is not None:
            self._stages.forwarder.client_left(begun[1])


async def _raise(error: Exception) -> Outcome:
    raise error


async def _nothing_behind(rest: Awaitable[None]) -> None:
    await rest
