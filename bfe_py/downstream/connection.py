"""ClientConnection: bytes from a client -> codec -> one eager task per exchange -> serve().

Callbacks decide nothing: they feed the codec and hand events on. One exchange runs at a time; bytes
of the next one wait in the codec while reading is paused.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from bfe_py.downstream.ending import EndingConnection
from bfe_py.downstream.endpoint import Endpoint
from bfe_py.downstream.pace import Waiting
from bfe_py.downstream.reply import CodecReply
from bfe_py.downstream.sessions import find_tls_facts
from bfe_py.downstream.wire import Wire
from bfe_py.model import Body, BytesBody, Fault, Kind, RequestHead, ResponseHead, Session
from bfe_py.protocol import (
    BodyReceived,
    Event,
    Faulted,
    H1Server,
    HeadReceived,
    MessageEnded,
)
from bfe_py.transport import BodyQueue, EagerTask

_IDLE, _NOTHING = Waiting.IDLE, Waiting.NOTHING

_log = logging.getLogger("bfe.downstream")

Admit = Callable[[asyncio.Transport], Session | None]
"""Session of a connection; None: it may not stay."""


class ClientConnection(EndingConnection):
    """One connection of a client.

    Lifetime of the connection: session, codec, wire. Lifetime of one exchange: reply, body, task.
    """

    __slots__ = ("_admit",)

    def __init__(self, loop: asyncio.AbstractEventLoop, endpoint: Endpoint, admit: Admit) -> None:
        super().__init__(loop, endpoint)
        self._admit = admit

    # --- callbacks of the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there, its TLS handshake done."""
        made, endpoint = cast("asyncio.Transport", transport), self._endpoint
        session = self._admit(made)
        if session is None:
            made.abort()
            return
        terms = endpoint.terms
        self.session = session
        self._codec = H1Server(terms.limits, terms.dialect, endpoint.known_lines)
        wire = self._wire = Wire(self._loop, made, endpoint.date, self._expired, terms, session)
        session.tls = find_tls_facts(made)
        endpoint.opened(self, is_secure=wire.is_secure)
        if wire.is_secure and endpoint.phases.handshake(session):
            wire.abort()
            return
        wire.pace.wait(Waiting.HEAD, terms.header_seconds)

    def data_received(self, data: bytes) -> None:
        """Bytes of a client."""
        wire = self._wire
        self.session.bytes_read += len(data)
        if wire.is_closing:
            wire.received_late()
            return
        if self._is_serving:
            if self._reply is not None and self._reply.is_settled:
                # The codec is at the next exchange, but the client has not taken this answer yet.
                wire.pace.pause()
                self._early += data
                return
            if self._body is None or self._body.is_ended:
                wire.pace.pause()  # the next request waits until this one is answered
            self._dispatch(self._codec.receive_data(data))
            return
        request = self._codec.take_request(data)
        if request is not None:
            self._begin(self._stream + 1, request, is_whole=True)
            self._serve(request, BytesBody())
            return
        events = self._codec.receive_data(data)
        if events:
            self._dispatch(events)
        elif not self._head_begun:
            self._head_begun = self._loop.time()
            wire.pace.wait(Waiting.REST_OF_HEAD, self._endpoint.terms.header_seconds)

    def eof_received(self) -> bool:
        """The client sends no more; it may still read."""
        wire = self._wire
        if not wire.is_closing:
            self._has_eof = True
            self._dispatch(self._codec.receive_eof())
        if not self._is_serving or wire.is_secure:  # TLS has no half-close
            wire.pace.watch_writes()
            return False
        if self._reply is not None:
            self._reply.client_half_closed()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        endpoint = self._endpoint
        if self not in endpoint.connections:
            return  # it was refused
        wire = self._wire
        wire.lose(Fault(Kind.CLIENT_WRITE, "client left"))
        if exc is not None:
            self._lost = Fault(Kind.CLIENT_RESET, "reset")
        if self._body is not None:
            self._body.fail(self._lost)
        if self._reply is not None:
            self._reply.client_gone()
        endpoint.lost(self, is_secure=wire.is_secure)
        if not self._is_serving:
            self._end_session()
        elif wire.side is None:
            endpoint.counters.unfinished += 1  # the session ends when the exchange does

    def pause_writing(self) -> None:
        """The client reads slower than we send."""
        self._wire.gate.shut()
        self._wire.pace.watch_writes()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._wire.pace.rest_writes()
        self._wire.gate.open()  # who waits goes on at once, and may write too much again

    def _dispatch(self, events: list[Event]) -> None:
        """Hand on what the codec saw; then let the exchange go on that it is for."""
        begun: HeadReceived | None = None
        for event in events:
            if type(event) is HeadReceived:
                begun = event
                self._begin(event.stream, cast("RequestHead", event.head), is_whole=event.end)
            elif type(event) is BodyReceived:
                if self._body is not None:
                    self._body.feed(event.piece)
            elif type(event) is MessageEnded:
                if self._body is not None:
                    is_dropped = self._endpoint.terms.follows_bfe
                    self._body.end(None if is_dropped else event.trailers)
                self._wire.pace.wait(Waiting.NOTHING, None)
            elif type(event) is Faulted:
                self._fault(event.fault)
            # resets and interim heads do not come from HTTP/1 clients
        if begun is not None:
            body = BytesBody(begun.content) if self._body is None else self._body
            self._serve(cast("RequestHead", begun.head), body)
        elif self._body is not None:
            self._body.wake()

    def _begin(self, stream: int, head: RequestHead, *, is_whole: bool) -> None:
        wire, session, endpoint = self._wire, self.session, self._endpoint
        terms = endpoint.terms
        self._stream = stream
        self._says_close = b"close" in head.options
        head.received = self._head_begun or self._loop.time()
        self._head_begun = 0.0
        reply = self._reply = CodecReply(self._codec, wire, stream)
        session.requests += 1
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
        is_last = session.requests >= terms.requests or endpoint.is_draining
        if is_last or not terms.keeps_alive:
            reply.announce_close()
            endpoint.counters.over_requests += session.requests >= terms.requests
        counters = endpoint.counters
        counters.requests += 1
        counters.requests_active += 1
        if wire.is_secure:
            counters.https_requests += 1
            counters.https_requests_active += 1
        else:
            counters.http_requests += 1
            counters.http_requests_active += 1
        self._is_serving = True

    def _serve(self, head: RequestHead, body: Body) -> None:
        reply = self._reply
        assert reply is not None
        task = EagerTask(self._endpoint.serve(self.session, head, body, reply), self._served)
        if self._body is not None:
            self._wire.pace.renew_body()  # the cluster is known by now, and what it grants
        if self._endpoint.terms.exchange_seconds and not task.is_done:
            self._wire.pace.limit_exchange(task, reply)

    def _served(self, error: BaseException | None) -> None:
        """The answer is given, or cut off."""
        reply = self._reply
        assert reply is not None
        if error is not None:
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
        counters = endpoint.counters
        counters.requests_active -= 1
        if wire.is_secure:
            counters.https_requests_active -= 1
        else:
            counters.http_requests_active -= 1
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

    def _next(self) -> None:
        """Serve what waits, or wait for what comes."""
        wire, self._is_serving = self._wire, False
        if wire.is_gone:
            self._end_session()
            return
        if wire.is_closing:
            return
        early, self._early = self._early, b""
        events = self._codec.receive_data(early) if early else self._codec.next_exchange()
        if events is None:
            self._end(may_send=True)
            return
        wire.pace.resume()
        if events:
            self._dispatch(events)
