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
    strip_hop_by_hop,
)
from bfe_py.transport import BodyQueue, WriteGate
from bfe_py.upstream.leftover import read_leftover
from bfe_py.upstream.patience import IDLE_SECONDS, Patience
from bfe_py.upstream.pool import PoolKey

_NO_HEAD = (Kind.RESPONSE_TIMEOUT, "no response head")
_NO_PROGRESS = (Kind.RESPONSE_BODY, "no progress")


class BackendConnection(asyncio.Protocol):
    """Bytes in, events to the attempt at hand; idle in the pool between two attempts.

    Lifetime of the connection: transport, codec, gate, patience. Lifetime of one attempt: head
    waiter, body, interim callback, `is_reused`.
    """

    __slots__ = (
        "_codec",
        "_failure",
        "_gate",
        "_interim",
        "_loop",
        "_lost",
        "_patience",
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
        self._patience = Patience(loop, self._expired)
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._stream = 0
        self._waiter: asyncio.Future[ResponseHead] | None = None
        self._interim: Callable[[ResponseHead], None] | None = None
        self._failure: Fault | None = None
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
        is_whole = self.body is not None and self.body.is_ended
        if is_whole or not self.is_busy:
            # Nobody asked: the backend is not to be trusted with the next request.
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
        if exc is not None and self._transport is not None and self.is_busy:
            for piece in read_leftover(self._transport):
                self.data_received(piece)
        self._patience.end()
        detail = "closed" if exc is None else type(exc).__name__
        self._fail(Fault(Kind.CONNECTION_BROKEN, detail, request_sent=True))
        self._transport = None
        self._lost(self)

    def pause_writing(self) -> None:
        """The socket takes no more for now."""
        self._gate.shut()
        if self._transport is not None:
            self._patience.watch_writes(self._transport)

    def resume_writing(self) -> None:
        """The socket takes more again."""
        self._gate.open()
        self._patience.rest_writes()

    def _dispatch(self, event: Event) -> None:
        match event:
            case HeadReceived(_, head, end):
                self._head_received(cast("ResponseHead", head), is_whole=end)
            case BodyReceived(_, piece, _):
                if self.body is not None:
                    self._expect_more()
                    self.body.feed(piece)
            case MessageEnded(_, trailers):
                self._patience.wait(None)
                if self.body is not None:
                    self.body.end(trailers)
            case InterimReceived(_, head):
                # Expect is never relayed, so nobody asked for a 100.
                if self._interim is not None and head.status != 100:
                    strip_hop_by_hop(head.headers)
                    self._interim(head)
            case Faulted(fault, _):
                self._fail(fault)
                self.close()
            case _:
                pass  # StreamReset comes from HTTP/2 only; Switched only if we asked to upgrade

    def _head_received(self, head: ResponseHead, *, is_whole: bool) -> None:
        body = self.body = BodyQueue(self._loop, self._pause_reading, self._resume_reading)
        self._patience.wait(None)
        if is_whole:
            body.end()
        self._expect_more()
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(head)

    # --- one attempt

    def check(self) -> None:
        """Raise the Fault with which the connection was lost, or the attempt given up, if any."""
        if self._failure is not None:
            raise self._failure

    def start(
        self, head: RequestHead, first: bytes, interim: Callable[[ResponseHead], None] | None
    ) -> None:
        """Send a request head, with the first piece of its body if it is there; `check`s first."""
        self.check()
        self._patience.wait(None)
        self.is_busy = True
        self._interim = interim
        self.body = None
        self._stream += 1
        self._waiter = self._loop.create_future()
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
        self._expect_more()  # an answer that waits for the rest of the request is not late

    def send_end(self, trailers: Headers | None) -> None:
        """The request is whole."""
        if self._transport is not None:
            self._codec.send_end(self._stream, trailers)
            self._write()

    def _write(self) -> None:
        out = self._codec.data_to_send()
        if out and self._transport is not None and not self._transport.is_closing():
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
            self._patience.wait(seconds, _NO_HEAD)

    @property
    def can_reuse(self) -> bool:
        """Both messages of the attempt are whole and the backend keeps the connection."""
        return self.is_open and not self._gate.is_blocked and self._codec.can_reuse

    def rest(self) -> None:
        """The attempt is over; idle from here on, until `IDLE_SECONDS` have passed."""
        unasked = self._codec.next_exchange()
        self.is_busy = False
        self.is_reused = True
        self.body = None
        self._interim = None
        self._resume_reading()
        self._patience.wait(IDLE_SECONDS)
        if unasked:
            self.close()

    def fail(self, fault: Fault) -> None:
        """Give the attempt up; the backend sees an unfinished request."""
        self._fail(fault)
        self.abort()

    def _fail(self, fault: Fault) -> None:
        if fault.kind is Kind.CONNECTION_BROKEN and not self.is_reused:
            fault = Fault(Kind.READ_RESPONSE, fault.detail, request_sent=True)
        if self._failure is None:
            self._failure = fault
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

    def _expired(self, fault: Fault | None) -> None:
        if fault is not None and fault.kind is Kind.WRITE_REQUEST and self.body is not None:
            return  # it may well answer without having read all of the request
        if fault is not None:
            self._fail(fault)
        self.abort()

    # --- the pool's view

    @property
    def is_usable(self) -> bool:
        """Open, idle, and the backend has not begun to close it (the codec knows that first)."""
        return self.can_reuse and not self.is_busy

    @property
    def is_open(self) -> bool:
        """The connection was made, and nobody has begun to close it."""
        return self._transport is not None and not self._transport.is_closing()

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
            self._patience.wait(None)
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._transport is not None and self._paused:
            self._paused = False
            self._transport.resume_reading()
            self._expect_more()

    def _expect_more(self) -> None:
        """The rest of a response body is due, unless it is we who do not read it."""
        if self.body is not None and not self.body.is_ended and not self._paused:
            self._patience.wait(IDLE_SECONDS, _NO_PROGRESS)
