"""BackendConnection: one socket to a backend that drives one client codec."""

import asyncio
from collections.abc import Callable
from typing import cast

from bfe_py.model import Fault, Headers, Kind, RequestHead, ResponseHead, Side
from bfe_py.protocol import (
    BodyReceived,
    Codec,
    Event,
    Faulted,
    HeadReceived,
    InterimReceived,
    MessageEnded,
)
from bfe_py.transport import BodyQueue, Deadline, WriteGate
from bfe_py.upstream.pool import PoolKey

IDLE_SECONDS = 60.0
"""How long a connection is kept without use."""


class BackendConnection(asyncio.Protocol):
    """Bytes in, events to the attempt at hand; idle in the pool between two attempts.

    Lifetime of the connection: transport, codec, gate, deadline. Lifetime of one attempt: head
    waiter, body, interim callback, `is_reused`.
    """

    __slots__ = (
        "_codec",
        "_deadline",
        "_gate",
        "_interim",
        "_loop",
        "_lost",
        "_on_timeout",
        "_paused",
        "_stream",
        "_transport",
        "_waiter",
        "body",
        "is_busy",
        "is_reused",
        "key",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        key: PoolKey,
        codec: Codec,
        lost: "Callable[[BackendConnection], None]",
    ) -> None:
        self._loop = loop
        self._codec = codec
        self._lost = lost
        self._gate = WriteGate(loop)
        self._deadline = Deadline(loop, self._expired)
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._stream = 0
        self._waiter: asyncio.Future[ResponseHead] | None = None
        self._interim: Callable[[ResponseHead], None] | None = None
        self._on_timeout: Fault | None = None
        self.key = key
        self.body: BodyQueue | None = None
        self.is_busy = False
        self.is_reused = False

    # --- callbacks of the transport: feed the codec, dispatch, nothing else

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of a response."""
        if not self.is_busy:  # nobody asked: the backend is not to be trusted with the next request
            self.close()
            return
        for event in self._codec.receive_data(data):
            self._dispatch(event)

    def eof_received(self) -> bool:
        """The backend will send no more; the transport closes."""
        for event in self._codec.receive_eof():
            self._dispatch(event)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._deadline.cancel()
        detail = "closed" if exc is None else type(exc).__name__
        self._fail(Fault(Kind.CONNECTION_BROKEN, detail, request_sent=True))
        self._transport = None
        self._lost(self)

    def pause_writing(self) -> None:
        """The socket takes no more for now."""
        self._gate.shut()

    def resume_writing(self) -> None:
        """The socket takes more again."""
        self._gate.open()

    def _dispatch(self, event: Event) -> None:
        match event:
            case HeadReceived(_, head, end):
                self._head_received(cast("ResponseHead", head), is_whole=end)
            case BodyReceived(_, piece, _):
                if self.body is not None:
                    self._deadline.set(IDLE_SECONDS)
                    self.body.feed(piece)
            case MessageEnded(_, trailers):
                self._deadline.set(None)
                if self.body is not None:
                    self.body.end(trailers)
            case InterimReceived(_, head):
                # Expect is never relayed, so nobody asked for a 100.
                if self._interim is not None and head.status != 100:
                    self._interim(head)
            case Faulted(fault, _):
                self._fail(fault)
                self.close()
            case _:
                pass  # StreamReset comes from HTTP/2 only; Switched only if we asked to upgrade

    def _head_received(self, head: ResponseHead, *, is_whole: bool) -> None:
        body = self.body = BodyQueue(self._loop, self._pause_reading, self._resume_reading)
        if is_whole:
            self._deadline.set(None)
            body.end()
        else:
            self._on_timeout = Fault(Kind.RESPONSE_BODY, "no progress", request_sent=True)
            self._deadline.set(IDLE_SECONDS)
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(head)

    # --- one attempt

    def start(
        self, head: RequestHead, first: bytes, interim: Callable[[ResponseHead], None] | None
    ) -> None:
        """Send a request head, with the first piece of its body if there is one already."""
        self.is_busy = True
        self._interim = interim
        self.body = None
        self._stream += 1
        self._waiter = self._loop.create_future()
        self._on_timeout = None
        self._codec.send_head(self._stream, head, end=head.body_length == 0)
        if first:
            self._codec.send_body(self._stream, first)
        self._write()

    async def send_body(self, piece: bytes) -> None:
        """Send one piece of the request body and wait until the socket takes more.

        Raises:
            Fault: the connection is gone.
        """
        if self._transport is None:
            raise Fault(Kind.WRITE_REQUEST, "closed", request_sent=True)
        self._codec.send_body(self._stream, piece)
        self._write()
        if self._gate.is_blocked:
            await self._gate.wait()

    def send_end(self, trailers: Headers | None) -> None:
        """The request is whole."""
        if self._transport is not None:
            self._codec.send_end(self._stream, trailers)
            self._write()

    def _write(self) -> None:
        out = self._codec.data_to_send()
        if out and self._transport is not None:
            self._transport.write(out)

    async def wait_head(self) -> ResponseHead:
        """The final response head.

        Raises:
            Fault: there is none.
        """
        assert self._waiter is not None
        return await self._waiter

    def limit_head(self, seconds: float | None) -> None:
        """The response head is due in `seconds` from now."""
        if self._waiter is not None:
            self._on_timeout = Fault(Kind.RESPONSE_TIMEOUT, "no response head", request_sent=True)
            self._deadline.set(seconds)

    @property
    def can_reuse(self) -> bool:
        """Both messages of the attempt are whole and the backend keeps the connection."""
        return self._transport is not None and self._codec.can_reuse

    def rest(self) -> None:
        """The attempt is over; idle from here on, until `IDLE_SECONDS` have passed."""
        unasked = self._codec.next_exchange()
        self.is_busy = False
        self.is_reused = True
        self.body = None
        self._interim = None
        if self._paused:
            self._resume_reading()
        self._on_timeout = None
        self._deadline.set(IDLE_SECONDS)
        if unasked:
            self.close()

    def fail(self, fault: Fault) -> None:
        """Give the attempt up for a reason of ours; the backend sees an unfinished request."""
        self._fail(fault)
        self.abort()

    def _fail(self, fault: Fault) -> None:
        if fault.kind is Kind.CONNECTION_BROKEN and not self.is_reused:
            fault = Fault(Kind.READ_RESPONSE, fault.detail, request_sent=True)
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(fault)
            # Nobody may be waiting yet, or any more; asyncio would complain of an unread exception.
            waiter.exception()
        if self.body is not None:
            late = fault
            if fault.side is not Side.CLIENT:
                late = Fault(Kind.RESPONSE_BODY, fault.detail, request_sent=True)
            self.body.fail(late)
        self._gate.fail(Fault(Kind.WRITE_REQUEST, fault.detail, request_sent=True))

    def _expired(self) -> None:
        if self._on_timeout is not None:
            self._fail(self._on_timeout)
        self.abort()

    # --- the pool's view

    @property
    def is_usable(self) -> bool:
        """Open, idle, and the backend has not begun to close it."""
        transport = self._transport
        return transport is not None and not transport.is_closing() and not self.is_busy

    def close(self) -> None:
        """Close after what is written is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _pause_reading(self) -> None:
        if self._transport is not None and not self._paused:
            self._paused = True
            self._deadline.set(None)
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._transport is not None and self._paused:
            self._paused = False
            if self.is_busy:
                self._deadline.set(IDLE_SECONDS)
            self._transport.resume_reading()
