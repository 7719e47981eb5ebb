"""ClientConnection: bytes from a client -> codec -> one task per exchange -> serve().

Callbacks decide nothing: they feed the codec and hand events on. One exchange runs at a time on an
HTTP/1 connection; bytes of the next one wait in the codec while reading is paused.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from bfe_py.downstream.endpoint import Endpoint
from bfe_py.downstream.pace import Waiting
from bfe_py.downstream.reply import CodecReply, refuse
from bfe_py.downstream.sessions import find_tls_facts
from bfe_py.downstream.wire import Wire
from bfe_py.model import Fault, Kind, RequestHead, ResponseHead, Session
from bfe_py.protocol import (
    BodyReceived,
    Codec,
    Event,
    Faulted,
    H1Server,
    HeadReceived,
    MessageEnded,
    connection_options,
)
from bfe_py.transport import BodyQueue

_log = logging.getLogger("bfe.downstream")

Admit = Callable[[asyncio.Transport], Session | None]
"""Session of a connection; None: it may not stay."""


class ClientConnection(asyncio.Protocol):
    """One connection of a client.

    Lifetime of the connection: session, codec, wire. Lifetime of one exchange: reply, body, task.
    """

    __slots__ = (
        "_admit",
        "_body",
        "_codec",
        "_endpoint",
        "_has_eof",
        "_head_begun",
        "_loop",
        "_lost",
        "_reply",
        "_stream",
        "_task",
        "_wire",
        "session",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, endpoint: Endpoint, admit: Admit) -> None:
        self._loop = loop
        self._endpoint = endpoint
        self._admit = admit
        terms = endpoint.terms
        self._codec: Codec = H1Server(terms.limits, terms.dialect)
        self._has_eof = False
        self._head_begun = 0.0
        self._stream = 0
        self._reply: CodecReply | None = None
        self._body: BodyQueue | None = None
        self._task: asyncio.Task[None] | None = None
        self._lost = Fault(Kind.CLIENT_CLOSED, "EOF")

    # --- callbacks of the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there, its TLS handshake done."""
        made, endpoint = cast("asyncio.Transport", transport), self._endpoint
        seconds = endpoint.terms.write_seconds
        wire = self._wire = Wire(self._loop, made, endpoint.date, self._expired, seconds)
        session = self._admit(made)
        if session is None:
            wire.abort()
            return
        self.session = session
        session.tls = find_tls_facts(made)
        endpoint.opened(self, is_secure=wire.is_secure)
        if wire.is_secure and endpoint.phases.handshake(session):
            wire.abort()
            return
        wire.pace.wait(Waiting.HEAD, endpoint.terms.header_seconds)

    def data_received(self, data: bytes) -> None:
        """Bytes of a client."""
        wire = self._wire
        self.session.bytes_read += len(data)
        if wire.is_closing:
            wire.received_late()
            return
        if self._task is None:
            if not self._head_begun:
                self._head_begun = self._loop.time()
                wire.pace.wait(Waiting.REST_OF_HEAD, self._endpoint.terms.header_seconds)
        elif self._body is None or self._body.is_ended:
            wire.pace.pause()  # the next request waits until this one is answered
        elif wire.pace.waiting is Waiting.BODY:
            wire.pace.touch()
        for event in self._codec.receive_data(data):
            self._dispatch(event)

    def eof_received(self) -> bool:
        """The client sends no more; it may still read."""
        wire = self._wire
        if not wire.is_closing:
            self._has_eof = True
            for event in self._codec.receive_eof():
                self._dispatch(event)
        if self._task is None or wire.is_secure:  # TLS has no half-close
            wire.pace.watch_writes()
            return False
        if self._reply is not None:
            self._reply.client_half_closed()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        wire, endpoint = self._wire, self._endpoint
        wire.lose(Fault(Kind.CLIENT_WRITE, "client left"))
        if self not in endpoint.connections:
            return  # it was refused
        if exc is not None:
            self._lost = Fault(Kind.CLIENT_RESET, "reset")
        if self._body is not None:
            self._body.fail(self._lost)
        if self._reply is not None:
            self._reply.client_gone()
        endpoint.lost(self, is_secure=wire.is_secure)
        if self._task is None:
            self._end_session()
        else:
            endpoint.counters.unfinished += 1  # the session ends when the exchange does

    def pause_writing(self) -> None:
        """The client reads slower than we send."""
        self._wire.gate.shut()
        self._wire.pace.watch_writes()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._wire.gate.open()
        self._wire.pace.rest_writes()

    # --- events

    def _dispatch(self, event: Event) -> None:
        match event:
            case HeadReceived(stream, head, end):
                self._begin(stream, cast("RequestHead", head), is_whole=end)
            case BodyReceived(_, piece, _):
                if self._body is not None:
                    self._body.feed(piece)
            case MessageEnded(_, trailers):
                if self._body is not None:
                    self._body.end(trailers)
                self._wire.pace.wait(Waiting.NOTHING, None)
            case Faulted(fault, _):
                self._fault(fault)
            case _:
                pass  # resets and interim heads do not come from HTTP/1 clients

    def _begin(self, stream: int, head: RequestHead, *, is_whole: bool) -> None:
        wire, session, endpoint = self._wire, self.session, self._endpoint
        terms = endpoint.terms
        self._stream = stream
        head.received = self._head_begun or self._loop.time()
        self._head_begun = 0.0
        reply = self._reply = CodecReply(self._codec, wire, stream)
        body = self._body = BodyQueue(self._loop, wire.pace.pause, wire.pace.resume)
        session.requests += 1
        if is_whole:
            body.end()
            wire.pace.wait(Waiting.NOTHING, None)
        else:
            wire.pace.wait(Waiting.BODY, terms.body_seconds)
        if head.expects_continue:
            session.used_continue = True
            endpoint.counters.continues += 1
            if not is_whole:
                body.before_read(lambda: reply.send_interim(ResponseHead(100)))
        is_last = session.requests >= terms.requests or endpoint.is_draining
        if is_last or not terms.keeps_alive:
            reply.announce_close()
        endpoint.count_request(1, is_secure=wire.is_secure)
        self._task = self._loop.create_task(self._run(head, body, reply))

    async def _run(self, head: RequestHead, body: BodyQueue, reply: CodecReply) -> None:
        is_settled = False
        try:
            await self._endpoint.serve(self.session, head, body, reply)
            is_settled = await self._settle(head, body, reply)
        except Exception:
            # The last fence: one exchange may die, its neighbours may not.
            self._endpoint.counters.crashes += 1
            _log.exception("exchange crashed method=%s", head.method)
        finally:
            reply.abort()
            self._finished(head, is_settled=is_settled)

    async def _settle(self, head: RequestHead, body: BodyQueue, reply: CodecReply) -> bool:
        """Wait for the rest of the request, and for the client to take most of the answer.

        Whether another exchange may follow, as far as these are concerned.
        """
        if not body.is_ended and (reply.closes or _is_last(head) or not await body.drain()):
            return False
        try:
            await self._wire.gate.wait()
        except Fault:
            return False
        return True

    def _finished(self, head: RequestHead, *, is_settled: bool) -> None:
        self._task = self._reply = self._body = None
        wire, endpoint = self._wire, self._endpoint
        endpoint.count_request(-1, is_secure=wire.is_secure)
        if wire.is_gone:
            self._end_session()
        elif not is_settled or endpoint.is_draining or not self._codec.can_reuse:
            # A client that said so sends nothing more behind its last request.
            self._end(may_send=not is_settled or not _is_last(head))
        else:
            wire.pace.wait(Waiting.IDLE, self.session.idle_seconds or endpoint.terms.idle_seconds)
            wire.pace.resume()
            for event in self._codec.next_exchange():
                self._dispatch(event)

    # --- the end

    def _fault(self, fault: Fault, *, is_told: bool = True) -> None:
        """The client broke the protocol, or took too long; `is_told`: it gets an answer."""
        endpoint = self._endpoint
        endpoint.count_fault(fault)
        if self._task is not None:
            if self._body is not None:
                self._body.fail(fault)
            return
        self.session.fault_code, self.session.fault_detail = fault.code, fault.detail
        status = fault.status(compatible=endpoint.terms.is_compatible)
        if status and is_told:
            refuse(self._codec, self._wire, self._stream + 1, status)
        self._end(may_send=is_told)

    def _end(self, *, may_send: bool) -> None:
        if may_send and not self._has_eof:
            self._wire.linger()
        else:
            self._wire.close()

    def _expired(self) -> None:
        waiting = self._wire.pace.waiting
        match waiting:
            case Waiting.END:
                self._wire.waited()
            case Waiting.IDLE:
                self._wire.close()
            case Waiting.BODY:
                self._fault(Fault(Kind.BODY_TIMEOUT, "body-timeout"))
            case _:
                is_told = (
                    waiting is Waiting.REST_OF_HEAD and not self._endpoint.terms.hides_timeouts
                )
                self._fault(Fault(Kind.HEADER_TIMEOUT, "header-timeout"), is_told=is_told)

    def _end_session(self) -> None:
        wire, session = self._wire, self.session
        session.bytes_written = wire.written
        is_ours = wire.is_closing and not self._has_eof
        self._endpoint.session_ended(session, None if is_ours else self._lost)

    def drain(self) -> None:
        """End after the exchange at hand, whose head may be on its way; at once without one."""
        if self._reply is not None:
            self._reply.announce_close()
        elif self._head_begun:
            self._codec.announce_close()
        elif not self._wire.is_closing:
            self._wire.close()

    @property
    def is_ending(self) -> bool:
        """All is answered; it only waits for the client to take leave."""
        return self._wire.is_closing

    def abort(self) -> None:
        """End now."""
        self._wire.abort()


def _is_last(head: RequestHead) -> bool:
    """The client has said that it sends nothing behind this request (RFC 9112 section 9.6)."""
    return b"close" in connection_options(head.headers)
