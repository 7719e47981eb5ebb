"""ClientConnection: bytes from a client -> codec -> one task per exchange -> serve().

Callbacks decide nothing: they feed the codec and hand events on. One exchange runs at a time on an
HTTP/1 connection; bytes of the next one wait in the codec while reading is paused.
"""

import asyncio
import logging
from typing import cast

from bfe_py.downstream.endpoint import Endpoint
from bfe_py.downstream.pace import Waiting
from bfe_py.downstream.reply import CodecReply, refuse
from bfe_py.downstream.sessions import open_session, tls_facts
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
)
from bfe_py.transport import BodyQueue

_log = logging.getLogger("bfe.downstream")


class ClientConnection(asyncio.Protocol):
    """One connection of a client.

    Lifetime of the connection: session, codec, wire, pace. Lifetime of one exchange: reply, body,
    task.
    """

    __slots__ = (
        "_body",
        "_codec",
        "_endpoint",
        "_head_begun",
        "_loop",
        "_reply",
        "_stream",
        "_task",
        "_wire",
        "session",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, endpoint: Endpoint, session: Session | None = None
    ) -> None:
        self._loop = loop
        self._endpoint = endpoint
        self.session = session
        terms = endpoint.terms
        self._codec: Codec = H1Server(terms.limits, terms.dialect)
        self._wire: Wire | None = None
        self._head_begun = 0.0
        self._stream = 0
        self._reply: CodecReply | None = None
        self._body: BodyQueue | None = None
        self._task: asyncio.Task[None] | None = None

    # --- callbacks of the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there, its TLS handshake done."""
        made, endpoint = cast("asyncio.Transport", transport), self._endpoint
        if self.session is None:
            self.session = open_session(made)
            if not endpoint.accepts(self.session):
                self.session = None
                made.abort()
                return
        wire = self._wire = Wire(self._loop, made, endpoint.date, self._expired)
        endpoint.opened(self, self.session, is_secure=wire.is_secure)
        if wire.is_secure:
            self.session.tls = tls_facts(made)
            if endpoint.phases.handshake(self.session):
                wire.abort()
                return
        wire.pace.wait(Waiting.HEAD, endpoint.terms.header_seconds)

    def data_received(self, data: bytes) -> None:
        """Bytes of a client."""
        session, wire = self.session, self._wire
        if session is None or wire is None or wire.is_closing:
            return
        session.bytes_read += len(data)
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
        if wire is None or wire.is_closing:
            return False
        for event in self._codec.receive_eof():
            self._dispatch(event)
        # TLS has no half-close; in clear the response is still delivered.
        return self._task is not None and not wire.is_secure

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        wire, endpoint = self._wire, self._endpoint
        if self.session is None or wire is None:
            return
        kind = Kind.CLIENT_RESET if isinstance(exc, ConnectionResetError) else Kind.CLIENT_CLOSED
        fault = Fault(kind, "EOF" if exc is None else "reset")
        wire.lose(fault)
        if self._body is not None:
            self._body.fail(fault)
        if self._reply is not None:
            self._reply.client_gone()
        endpoint.lost(self, self.session, is_secure=wire.is_secure)
        if self._task is not None:
            endpoint.counters.unfinished += 1
            # Its session ends when the exchange does.
        else:
            endpoint.session_ended(self.session, None if wire.is_closing else fault)

    def pause_writing(self) -> None:
        """The client reads slower than we send."""
        wire = self._get_wire()
        wire.gate.shut()
        wire.pace.wait(Waiting.WRITE, self._endpoint.terms.write_seconds)

    def resume_writing(self) -> None:
        """The client has caught up."""
        wire = self._get_wire()
        wire.gate.open()
        self._wait_for_body(wire)

    def _wait_for_body(self, wire: Wire) -> None:
        """What is due from the client while an exchange runs: the rest of its body, or nothing."""
        if self._body is None or self._body.is_ended:
            wire.pace.wait(Waiting.NOTHING, None)
        else:
            wire.pace.wait(Waiting.BODY, self._endpoint.terms.body_seconds)

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
                wire = self._get_wire()
                if wire.pace.waiting is Waiting.BODY:
                    wire.pace.wait(Waiting.NOTHING, None)
            case Faulted(fault, _):
                self._fault(fault)
            case _:
                pass  # resets and interim heads do not come from HTTP/1 clients

    def _begin(self, stream: int, head: RequestHead, *, is_whole: bool) -> None:
        assert self.session is not None
        wire, session, terms = self._get_wire(), self.session, self._endpoint.terms
        self._stream = stream
        head.received = self._head_begun or self._loop.time()
        self._head_begun = 0.0
        reply = self._reply = CodecReply(self._codec, wire, stream)
        body = self._body = BodyQueue(self._loop, wire.pace.pause, wire.pace.resume)
        session.requests += 1
        if is_whole:
            body.end()
        self._wait_for_body(wire)
        if head.expects_continue:
            session.used_continue = True
            self._endpoint.counters.continues += 1
            if not is_whole:
                body.before_read(lambda: reply.send_interim(ResponseHead(100)))
        is_last = session.requests >= terms.requests or self._endpoint.is_draining
        if is_last or not terms.keeps_alive:
            self._codec.announce_close()
        self._endpoint.count_request(1, is_secure=wire.is_secure)
        self._task = self._loop.create_task(self._run(session, head, body, reply))

    async def _run(
        self, session: Session, head: RequestHead, body: BodyQueue, reply: CodecReply
    ) -> None:
        is_drained = False
        try:
            await self._endpoint.serve(session, head, body, reply)
            if reply.is_ended:
                is_drained = body.is_ended or await body.drain()
        except Exception:
            # The last fence: one exchange may die, its neighbours may not.
            self._endpoint.counters.crashes += 1
            _log.exception("exchange crashed method=%s", head.method)
        finally:
            reply.abort()
            self._finished(session, reply, is_drained=is_drained)

    def _finished(self, session: Session, reply: CodecReply, *, is_drained: bool) -> None:
        self._task = self._reply = self._body = None
        wire, endpoint = self._get_wire(), self._endpoint
        endpoint.count_request(-1, is_secure=wire.is_secure)
        session.bytes_written += reply.bytes_sent
        if wire.is_gone:
            fault = None if wire.is_closing else Fault(Kind.CLIENT_CLOSED, "EOF")
            endpoint.session_ended(session, fault)
        elif not is_drained:
            wire.linger()
        elif not self._codec.can_reuse or endpoint.is_draining:
            wire.close()
        else:
            wire.pace.wait(Waiting.IDLE, session.idle_seconds or endpoint.terms.idle_seconds)
            for event in self._codec.next_exchange():
                self._dispatch(event)
            if self._task is None:
                wire.pace.resume()

    # --- the end

    def _fault(self, fault: Fault) -> None:
        """The client broke the protocol, or took too long."""
        endpoint = self._endpoint
        endpoint.count_fault(fault)
        if self._task is not None:
            if self._body is not None:
                self._body.fail(fault)
            return
        assert self.session is not None
        self.session.fault_code, self.session.fault_detail = fault.code, fault.detail
        wire = self._get_wire()
        status = fault.status(compatible=endpoint.terms.is_compatible)
        if status and not wire.is_gone:
            self.session.bytes_written += refuse(self._codec, wire, self._stream + 1, status)
        wire.linger()

    def _expired(self) -> None:
        wire = self._get_wire()
        match wire.pace.waiting:
            case Waiting.IDLE | Waiting.LINGER:
                wire.close()
            case Waiting.BODY:
                self._fault(Fault(Kind.BODY_TIMEOUT, "body-timeout"))
            case Waiting.REST_OF_HEAD if not self._endpoint.terms.hides_timeouts:
                self._fault(Fault(Kind.HEADER_TIMEOUT, "header-timeout"))
            case Waiting.HEAD | Waiting.REST_OF_HEAD:
                self._endpoint.count_fault(Fault(Kind.HEADER_TIMEOUT))
                wire.close()
            case _:
                wire.abort()

    def drain(self) -> None:
        """End after the exchange at hand; at once if there is none."""
        if self._task is not None:
            self._codec.announce_close()
        elif self._wire is not None:
            self._wire.close()

    def abort(self) -> None:
        """End now."""
        if self._wire is not None:
            self._wire.abort()

    def _get_wire(self) -> Wire:
        assert self._wire is not None
        return self._wire
