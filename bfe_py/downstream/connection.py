"""ClientConnection: bytes from a client -> codec -> one eager task per exchange -> serve().

Callbacks decide nothing: they feed the codec and hand events on. One exchange runs at a time; bytes
of the next one wait in the codec while reading is paused.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from bfe_py.downstream.endpoint import Endpoint
from bfe_py.downstream.pace import Waiting
from bfe_py.downstream.serving import ServingConnection
from bfe_py.downstream.sessions import find_tls_facts
from bfe_py.downstream.wire import Wire
from bfe_py.model import BytesBody, Fault, Kind, RequestHead, Session
from bfe_py.protocol import (
    BodyReceived,
    Event,
    Faulted,
    H1Server,
    HeadReceived,
    MessageEnded,
)

Admit = Callable[[asyncio.Transport], Session | None]
"""Session of a connection; None: it may not stay."""


class ClientConnection(ServingConnection):
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
        wire.turn = endpoint.turn
        self._tally = endpoint.counters.secure if wire.is_secure else endpoint.counters.clear
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
        if self._unread:
            self.read()
        if self._is_serving or wire.is_closing:
            self._receive_early(data)
        elif wire.turn is None:
            self._receive(data)
        else:
            self._unread = data
            wire.turn.take(self)

    def read(self) -> None:
        """Work on what came in this turn, unless the connection is lost."""
        data, self._unread = self._unread, b""
        if data and not self._wire.is_lost:
            self._receive(data)

    def _receive(self, data: bytes) -> None:
        """Bytes of a request, where no other is under way."""
        request = self._codec.take_request(data)
        if request is not None:
            if request.is_plain and self._endpoint.serve_plain is not None:
                self._serve_plain(request)
            else:
                self._begin(self._stream + 1, request, is_whole=True)
                self._serve(request, BytesBody())
            return
        events = self._codec.receive_data(data)
        if events:
            self._dispatch(events)
        elif not self._head_begun:
            self._head_begun = self._loop.time()
            self._wire.pace.wait(Waiting.REST_OF_HEAD, self._endpoint.terms.header_seconds)

    def _receive_early(self, data: bytes) -> None:
        """Bytes behind the head of the request at hand, or behind the last one."""
        wire = self._wire
        if wire.is_closing:
            wire.received_late()
        else:
            if self._reply is not None and self._reply.is_settled:
                # The codec is at the next exchange, but the client has not taken this answer yet.
                wire.pace.pause()
                self._early += data
                return
            if self._body is None or self._body.is_ended:
                wire.pace.pause()  # the next request waits until this one is answered
            self._dispatch(self._codec.receive_data(data))

    def eof_received(self) -> bool:
        """The client sends no more; it may still read."""
        wire = self._wire
        if self._unread:
            self.read()
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
        if self._unread:
            self.read()
        wire.lose(Fault(Kind.CLIENT_WRITE, "client left"))
        self._is_reset = exc is not None
        if self._body is not None:
            self._body.fail(self._loss())
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
