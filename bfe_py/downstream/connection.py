"""ClientConnection: bytes from a client -> codec -> one task per exchange -> serve().

Callbacks decide nothing: they feed the codec and hand events on. One exchange runs at a time on an
HTTP/1 connection; bytes of the next one wait in the codec while reading is paused.
"""

import asyncio
import logging
from typing import cast

from bfe_py.downstream.endpoint import Endpoint
from bfe_py.downstream.pace import Pace, Waiting
from bfe_py.downstream.reply import CodecReply, Wire, refuse
from bfe_py.downstream.sessions import open_session, tls_facts
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
from bfe_py.transport import BodyQueue, WriteGate

_log = logging.getLogger("bfe.downstream")

_LINGER_SECONDS = 2.0


class ClientConnection(asyncio.Protocol):
    """One connection of a client.

    Lifetime of the connection: session, codec, wire, pace. Lifetime of one exchange: reply, body,
    task.
    """

    __slots__ = (
        "_body",
        "_codec",
        "_endpoint",
        "_gate",
        "_head_begun",
        "_is_ours",
        "_loop",
        "_pace",
        "_reply",
        "_secure",
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
        self._gate = WriteGate(loop)
        self._pace: Pace | None = None
        terms = endpoint.terms
        self._codec: Codec = H1Server(terms.limits, terms.dialect)
        self._wire: Wire | None = None
        self._head_begun = 0.0
        self._is_ours = False
        self._secure = False
        self._stream = 0
        self._reply: CodecReply | None = None
        self._body: BodyQueue | None = None
        self._task: asyncio.Task[None] | None = None

    # --- callbacks of the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there, its TLS handshake done."""
        made = cast("asyncio.Transport", transport)
        self._wire = Wire(made, self._gate)
        pace = self._pace = Pace(self._loop, made, self._expired)
        endpoint = self._endpoint
        self._secure = made.get_extra_info("ssl_object") is not None
        if self.session is None:
            self.session = open_session(made)
            if endpoint.phases.accept(self.session):
                endpoint.phases.close(self.session)
                self.session = None
                made.abort()
                return
        endpoint.connections.add(self)
        endpoint.count_open(1, is_secure=self._secure)
        if self._secure:
            self.session.tls = tls_facts(made)
            if endpoint.phases.handshake(self.session):
                made.abort()
                return
        pace.wait(Waiting.HEAD, endpoint.terms.header_seconds)

    def data_received(self, data: bytes) -> None:
        """Bytes of a client."""
        session, pace = self.session, self._pace
        if session is None or pace is None or pace.waiting is Waiting.LINGER:
            return
        session.bytes_read += len(data)
        if self._task is None:
            if not self._head_begun:
                self._head_begun = self._loop.time()
                pace.wait(Waiting.REST_OF_HEAD, self._endpoint.terms.header_seconds)
        elif self._body is None or self._body.is_ended:
            pace.pause()  # the next request waits until this one is answered
        elif pace.waiting is Waiting.BODY:
            pace.touch()
        for event in self._codec.receive_data(data):
            self._dispatch(event)

    def eof_received(self) -> bool:
        """The client sends no more; it may still read."""
        if self._get_pace().waiting is Waiting.LINGER:
            return False
        for event in self._codec.receive_eof():
            self._dispatch(event)
        if self._task is None:
            return False
        # TLS has no half-close; in clear the response is still delivered.
        return not self._secure

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        session, wire = self.session, self._wire
        if self._pace is not None:
            self._pace.end()
        if session is None or wire is None:
            return
        kind = Kind.CLIENT_RESET if isinstance(exc, ConnectionResetError) else Kind.CLIENT_CLOSED
        fault = Fault(kind, "EOF" if exc is None else "reset")
        wire.transport = None
        if self._body is not None:
            self._body.fail(fault)
        if self._reply is not None:
            self._reply.client_gone()
        else:
            self._gate.fail(fault)
        if self not in self._endpoint.connections:
            return
        self._endpoint.connections.discard(self)
        self._endpoint.count_open(-1, is_secure=self._secure)
        if self._task is not None:
            self._endpoint.counters.unfinished += 1
            # Its session ends when the exchange does.
        else:
            self._end_session(fault)

    def pause_writing(self) -> None:
        """The client reads slower than we send."""
        self._gate.shut()
        self._get_pace().wait(Waiting.WRITE, self._endpoint.terms.write_seconds)

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._gate.open()
        self._get_pace().wait(Waiting.NOTHING, None)

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
                self._get_pace().wait(Waiting.NOTHING, None)
            case Faulted(fault, _):
                self._fault(fault)
            case _:
                pass  # resets and interim heads do not come from HTTP/1 clients

    def _begin(self, stream: int, head: RequestHead, *, is_whole: bool) -> None:
        assert self.session is not None
        assert self._wire is not None
        pace = self._get_pace()
        self._stream = stream
        head.received = self._head_begun or self._loop.time()
        self._head_begun = 0.0
        reply = self._reply = CodecReply(self._codec, self._wire, stream)
        body = self._body = BodyQueue(self._loop, pace.pause, pace.resume)
        session = self.session
        session.requests += 1
        terms = self._endpoint.terms
        if is_whole:
            body.end()
            self._get_pace().wait(Waiting.NOTHING, None)
        else:
            self._get_pace().wait(Waiting.BODY, terms.body_seconds)
        if head.expects_continue:
            session.used_continue = True
            self._endpoint.counters.continues += 1
            if not is_whole:
                body.before_read(lambda: reply.send_interim(ResponseHead(100)))
        if (
            not terms.keeps_alive
            or session.requests >= terms.requests
            or self._endpoint.is_draining
        ):
            self._codec.announce_close()
        self._endpoint.count_request(1, is_secure=self._secure)
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
            self._finished(reply, is_drained=is_drained)

    def _finished(self, reply: CodecReply, *, is_drained: bool) -> None:
        self._task = None
        self._reply = None
        self._body = None
        self._endpoint.count_request(-1, is_secure=self._secure)
        session = self.session
        assert session is not None
        assert self._wire is not None
        session.bytes_written += reply.bytes_sent
        if self._wire.transport is None:
            self._end_session(Fault(Kind.CLIENT_CLOSED, "EOF"))
            return
        if not is_drained or not self._codec.can_reuse:
            self._linger(is_drained=is_drained)
            return
        if self._endpoint.is_draining:
            self._wire.transport.close()
            return
        seconds = session.idle_seconds or self._endpoint.terms.idle_seconds
        self._get_pace().wait(Waiting.IDLE, seconds)
        events = self._codec.next_exchange()
        for event in events:
            self._dispatch(event)
        if self._task is None:
            self._get_pace().resume()

    # --- the end

    def _fault(self, fault: Fault) -> None:
        """The client broke the protocol."""
        self._endpoint.count_fault(fault)
        if self._task is not None:
            if self._body is not None:
                self._body.fail(fault)
            return
        session, wire = self.session, self._wire
        assert session is not None
        assert wire is not None
        session.fault_code, session.fault_detail = fault.code, fault.detail
        status = fault.status(compatible=self._endpoint.terms.is_compatible)
        if status and wire.transport is not None:
            session.bytes_written += refuse(self._codec, wire, self._stream + 1, status)
        self._linger(is_drained=False)

    def _linger(self, *, is_drained: bool) -> None:
        """Close; with unread bytes around, let the client read the answer before they reset it."""
        assert self._wire is not None
        transport = self._wire.transport
        if transport is None:
            return
        self._is_ours = True
        if is_drained or self._secure or not transport.can_write_eof():
            transport.close()
            return
        transport.write_eof()
        self._get_pace().wait(Waiting.LINGER, _LINGER_SECONDS)
        self._get_pace().resume()

    def _expired(self) -> None:
        assert self._wire is not None
        transport = self._wire.transport
        if transport is None:
            return
        waiting = self._get_pace().waiting
        match waiting:
            case Waiting.IDLE | Waiting.LINGER:
                transport.close()
            case Waiting.BODY:
                self._fault(Fault(Kind.BODY_TIMEOUT, "body-timeout"))
            case Waiting.HEAD | Waiting.REST_OF_HEAD:
                begun = waiting is Waiting.REST_OF_HEAD
                if begun and not self._endpoint.terms.hides_timeouts:
                    self._fault(Fault(Kind.HEADER_TIMEOUT, "header-timeout"))
                else:
                    self._endpoint.count_fault(Fault(Kind.HEADER_TIMEOUT))
                    transport.close()
            case _:
                transport.abort()

    def _end_session(self, fault: Fault) -> None:
        assert self.session is not None
        self._endpoint.session_ended(self.session, None if self._is_ours else fault)

    def drain(self) -> None:
        """End after the exchange at hand; at once if there is none."""
        if self._task is not None:
            self._codec.announce_close()
        elif self._wire is not None and self._wire.transport is not None:
            self._wire.transport.close()

    def abort(self) -> None:
        """End now."""
        if self._wire is not None and self._wire.transport is not None:
            self._wire.transport.abort()

    def _get_pace(self) -> Pace:
        assert self._pace is not None
        return self._pace
