"""How a client connection serves one exchange after the other."""

import logging

from bfe_py.downstream.ending import EndingConnection
from bfe_py.downstream.pace import Waiting
from bfe_py.downstream.reply import CodecReply
from bfe_py.model import Body, Fault, RequestHead, ResponseHead
from bfe_py.transport import BodyQueue, EagerTask

_IDLE, _NOTHING = Waiting.IDLE, Waiting.NOTHING

_log = logging.getLogger("bfe.downstream")


class ServingConnection(EndingConnection):
    """Exchanges of a connection: how each begins, and what follows behind it."""

    __slots__ = ()

    def _next(self) -> None:
        """Serve what waits, or wait for what comes."""
        raise NotImplementedError

    def _serve_plain(self, head: RequestHead) -> None:
        """`_begin` and `_serve` of a request that is plain."""
        endpoint, wire = self._endpoint, self._wire
        stream = self._stream = self._stream + 1
        options = head.options
        self._says_close = bool(options) and b"close" in options
        if self._head_begun:
            head.received, self._head_begun = self._head_begun, 0.0
        reply = self._reply = CodecReply(self._codec, wire, stream)
        wire.pace.waiting = _NOTHING
        session, tally = self.session, self._tally
        session.requests += 1
        if session.requests >= endpoint.most_requests:
            self._end_behind(reply)
        tally.begun += 1
        tally.active += 1
        self._is_serving = True
        if self._is_cold:
            self._warm_up()
        assert endpoint.serve_plain is not None
        served = endpoint.serve_plain(session, head, reply, self._served)
        if endpoint.terms.exchange_seconds and not served.is_done:
            wire.pace.limit_exchange(served, reply)

    def _begin(self, stream: int, head: RequestHead, *, is_whole: bool) -> None:
        wire, session, endpoint = self._wire, self.session, self._endpoint
        self._stream = stream
        self._says_close = b"close" in head.options
        head.received = self._head_begun or self._loop.time()
        self._head_begun = 0.0
        reply = self._reply = CodecReply(self._codec, wire, stream)
        if is_whole:
            wire.pace.waiting = _NOTHING  # a deadline that is set may pass: it says nothing
        else:
            self._body = BodyQueue(self._loop, wire.pace.pause, wire.pace.resume)
            wire.pace.wait_body(is_asked_for=not head.expects_continue)
        if head.expects_continue:
            session.used_continue = True
            endpoint.counters.continues += 1
            if self._body is not None:
                self._body.before_read(lambda: reply.send_interim(ResponseHead(100)))
        session.requests += 1
        if session.requests >= endpoint.most_requests:
            self._end_behind(reply)
        self._tally.begun += 1
        self._tally.active += 1
        self._is_serving = True
        if self._is_cold:
            self._warm_up()

    def _warm_up(self) -> None:
        """From here on it knows its client."""
        cooling = self._endpoint.cooling
        if cooling is not None:
            self._is_cold = False
            cooling.warm(self)

    def cool(self) -> bool:
        """Whether it has let go of what it knows of its client, which was idle for a while."""
        session = self.session
        if self._wire.is_gone:
            return True
        if self._is_serving or session.requests != self._seen:
            self._seen = session.requests
            return False
        self._is_cold = True
        self._codec.forget()
        session.forget()
        return True

    def _end_behind(self, reply: CodecReply) -> None:
        """The connection ends behind the exchange at hand."""
        endpoint = self._endpoint
        reply.announce_close()
        endpoint.counters.over_requests += self.session.requests >= endpoint.terms.requests

    def _serve(self, head: RequestHead, body: Body) -> None:
        reply = self._reply
        assert reply is not None
        endpoint = self._endpoint
        task = EagerTask(endpoint.serve(self.session, head, body, reply), self._served)
        if self._body is not None:
            self._wire.pace.renew_body()  # the cluster is known by now, and what it grants
        if endpoint.terms.exchange_seconds and not task.is_done:
            self._wire.pace.limit_exchange(task, reply)

    def _served(self, error: BaseException | None) -> None:
        """The answer is given, or cut off."""
        reply, wire = self._reply, self._wire
        assert reply is not None
        if (
            error is None
            and reply.is_settled
            and self._body is None
            and not wire.gate.is_blocked
            and not wire.is_gone
            and not self._early
            and not reply.closes
            and not self._has_eof
            and not self._endpoint.is_draining
        ):
            # All is over, nothing of it is left, and nothing of the next has come.
            self._reply = None
            self._is_serving = False
            self._tally.active -= 1
            pace = wire.pace
            pace.wait(_IDLE, self.session.idle_seconds or self._endpoint.terms.idle_seconds)
            if pace.is_paused:
                pace.resume()
        elif error is not None:
            self._crashed(error)
        elif self._wire.gate.is_blocked or not self._has_request:
            EagerTask(self._settle(reply), self._crashed)
        else:
            self._finished(is_settled=True)

    def _crashed(self, error: BaseException | None) -> None:
        """The last fence: one exchange may die, its neighbours may not."""
        if error is not None and self._reply is not None:
            self._endpoint.counters.crashes += 1
            _log.error("exchange crashed error=%s", error, exc_info=error)
            self._reply.abort()
            self._finished(is_settled=False)

    @property
    def _has_request(self) -> bool:
        """All of the request at hand has arrived."""
        return self._body is None or self._body.is_ended

    async def _settle(self, reply: CodecReply) -> None:
        """Wait for the rest of the request, and for the client to take most of the answer."""
        is_settled, body, is_whole = False, self._body, True
        if body is not None and not body.is_ended:
            is_whole = not (reply.closes or self._says_close)
            is_whole = is_whole and await self._loop.create_task(body.drain())
        try:
            if is_whole:
                await self._wire.gate.wait()
                is_settled = True
        except Fault:
            pass
        self._finished(is_settled=is_settled)

    def _finished(self, *, is_settled: bool) -> None:
        """The exchange is over; `is_settled`: nothing of it keeps another from following."""
        reply = self._reply
        assert reply is not None
        self._reply = self._body = None
        wire, endpoint = self._wire, self._endpoint
        self._tally.active -= 1
        self._is_serving = False
        if wire.is_gone:
            self._end_session()
        elif reply.is_settled and is_settled and self._can_go_on(reply):
            wire.pace.wait(_IDLE, self.session.idle_seconds or endpoint.terms.idle_seconds)
            if self._early:
                self._is_serving = True
                self._loop.call_soon(self._next)
            elif wire.pace.is_paused:
                wire.pace.resume()
        elif not is_settled or endpoint.is_draining or not self._codec.can_reuse:
            # A client that said so sends nothing more behind its last request.
            self._end(may_send=not (is_settled and self._says_close))
        else:
            wire.pace.wait(Waiting.IDLE, self.session.idle_seconds or endpoint.terms.idle_seconds)
            if self._codec.has_waiting:
                self._is_serving = True
                # A client that sends many requests at once gets its turns like the others.
                self._loop.call_soon(self._next)
            else:
                self._next()

    def _can_go_on(self, reply: CodecReply) -> bool:
        if reply.closes or self._endpoint.is_draining:
            return False
        return not self._has_eof or bool(self._early)
