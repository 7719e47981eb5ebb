"""The way of one request, from its head to its log line. Read `Proxy.serve`, then `Stages`."""

from bfe_py.model import Body, Exchange, Reply, RequestHead, Session, client_address
from bfe_py.proxy.direct import Course, Done
from bfe_py.proxy.stages import Stages


class Proxy(Stages):
    """Serves exchanges with the snapshot that is current when each begins.

    `serve` is the way of every exchange; `serve_plain` goes the same way for those that wait for
    nothing but the backend, and turns to the stages of `serve` where that is not so.
    """

    __slots__ = ()

    async def serve(self, session: Session, head: RequestHead, body: Body, reply: Reply) -> None:
        """Answer one request; `reply` is ended or aborted when this returns."""
        snapshot = self.store.current  # the pin: nothing below looks at the store again
        exchange = self.begin(session, head)
        outcome = self.reach(snapshot, exchange, body, reply)
        rest = self.see_through(snapshot.chain, exchange, body, reply, outcome)
        del snapshot  # a tunnel may outlive many of them
        await rest

    def serve_plain(self, session: Session, head: RequestHead, reply: Reply, done: Done) -> Course:
        """Answer a request that `is_plain`; `done` is told when `reply` is ended or aborted."""
        wall, now = self.wall, self.now
        exchange = Exchange(session, head, wall(), now())
        if session.is_trusted:
            exchange.client = client_address(session, head.headers)
        course = Course(self, self.store.current, exchange, reply, done)
        course.start()
        return course

    @property
    def can_serve_plain(self) -> bool:
        """Requests are not treated in a way of their own (`--compat bfe`)."""
        return not self._policy.is_compatible and not self._policy.paths_as_sent
