"""BackendConnection: one socket to a backend that drives one client codec."""

import asyncio
from collections.abc import Callable
from typing import cast

from bfe_py.model import BytesBody, Fault, Headers, Kind, RequestHead, ResponseHead
from bfe_py.protocol import (
    BodyReceived,
    Codec,
    Event,
    Faulted,
    HeadReceived,
    InterimReceived,
    MessageEnded,
    Switched,
    is_event_stream,
)
from bfe_py.transport import BodyQueue, ConnectionSide, Turn
from bfe_py.upstream.asked import Asked, Asking, TakesInterim
from bfe_py.upstream.held import HeldConnection
from bfe_py.upstream.leftover import read_leftover
from bfe_py.upstream.patience import IDLE_SECONDS
from bfe_py.upstream.pool import PoolKey

_NO_HEAD = (Kind.RESPONSE_TIMEOUT, "no response head")


class BackendConnection(HeldConnection):
    """Bytes in, events to the attempt at hand; idle in the pool between two attempts.

    Lifetime of the connection: transport, codec, gate, patience, signal. Lifetime of one attempt:
    response head, body, interim callback, `is_reused`; `taken`, the response if all of it came at
    once; and `is_event_stream`: the response is one,
    which may be silent for as long as it likes.
    """

    __slots__ = ("_lost", "_posted", "_turn")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        key: PoolKey,
        codec: Codec,
        lost: "Callable[[BackendConnection], None]",
        turn: Turn | None = None,
    ) -> None:
        super().__init__(loop, key, codec)
        self._lost = lost
        self._turn = turn
        self._posted = 0  # in which turn a request was

    # --- callbacks of the transport: feed the codec, dispatch, nothing else

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of a response."""
        if self._unread:
            self.read()
        turn, is_due = self._turn, self.is_busy and self._response is None
        if is_due and turn is not None and self._posted != turn.number:
            self._unread = data
            turn.take(self)
        else:
            self._receive(data)

    def read(self) -> None:
        """Work on what came in this turn, unless it has become of no use."""
        data, self._unread = self._unread, b""
        if data:
            self._receive(data)

    def _receive(self, data: bytes) -> None:
        queue, turn = self._queue, self._turn
        is_sent = turn is None or self._posted != turn.number
        if queue is None and is_sent and self.is_busy and self._response is None:
            taken = self.taken = self._codec.take_response(data)
            if taken is not None:
                self._response = taken[0]
                signal, task = self._signal, self._signal.task
                signal.task = None
                if task is not None:
                    task.step()
                else:
                    signal.give_now()
                return
        elif queue is None or queue.is_ended:
            # Nobody asked, or not yet: the backend is not to be trusted with the next request.
            self.close()
            return
        self._dispatch(self._codec.receive_data(data))

    def eof_received(self) -> bool:
        """The backend will send no more; the transport closes."""
        if self._unread:
            self.read()
        self.is_usable = False
        self._dispatch(self._codec.receive_eof())
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        if self._unread:
            self.read()
        self.is_usable = False
        if exc is not None and self._transport is not None and self.is_busy:
            for piece in read_leftover(self._transport):
                self._receive(piece)
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
        self._patience.rest_writes()
        self._gate.open()

    def _dispatch(self, events: list[Event]) -> None:
        """Hand on what the codec saw; then let the attempt go on that waits for it."""
        for event in events:
            if type(event) is HeadReceived:
                self._head_received(event)
            elif type(event) is BodyReceived:
                if self._queue is not None:
                    self._expect_more()
                    self._queue.feed(event.piece)
            elif type(event) is MessageEnded:
                self._patience.wait(None)
                if self._queue is not None:
                    self._queue.end(event.trailers)
            elif type(event) is InterimReceived:
                self._interim_received(event.head)
            else:
                self._end_received(event)
        if self._queue is not None:
            self._queue.wake()
        self._signal.give_now()

    def _head_received(self, event: HeadReceived) -> None:
        self._response = cast("ResponseHead", event.head)
        self._patience.wait(None)
        if event.end:
            self.body = BytesBody(event.content)
        else:
            self.body = self._queue = BodyQueue(
                self._loop, self._pause_reading, self._resume_reading
            )
            self.is_event_stream = is_event_stream(self._response.headers)
            self._expect_more()

    def _interim_received(self, head: ResponseHead) -> None:
        # Expect is never relayed, so nobody asked for a 100.
        if self._interim is not None and head.status != 100:
            self._interim(head)

    def _end_received(self, event: Event) -> None:
        """The end of HTTP on this connection; StreamReset comes from HTTP/2 only."""
        if type(event) is Faulted:
            self._fail(event.fault)
            self.close()
        elif type(event) is Switched:
            self._early = event.rest
            self._pause_reading()

    # --- one attempt

    def send_whole(
        self,
        head: RequestHead,
        content: bytes,
        seconds: float | None,
        interim: TakesInterim | None,
    ) -> None:
        """Send a request; the response head is due in `seconds`. `check`s first."""
        if self._failure is not None:
            raise self._failure
        self.is_busy = True
        self.is_usable = self._is_timed = False
        self._interim = interim
        self._stream += 1
        self._codec.send_head(self._stream, head, end=True, content=content)
        self._post(self._codec.data_to_send())
        self._patience.wait(seconds, _NO_HEAD)

    def ask(self, request: Asked, seconds: float | None, by: Asking) -> bool:
        """Send a request without a body over a connection that rests, for one that is no coroutine.

        `by` steps once the response is there, or the attempt has failed; the response head is due
        in `seconds`. False: that cannot be done here, and nothing was.
        """
        out = self._codec.ask(*request)
        if not out:
            return False
        self.is_busy = True
        self.is_usable = False
        self._interim = by.send_interim
        self._stream += 1
        self._signal.task = by
        self._post(out)
        self._is_timed = seconds == IDLE_SECONDS
        self._patience.wait(seconds, _NO_HEAD)
        return True

    def _post(self, out: bytes) -> None:
        """Write a whole request at the end of this turn of the loop.

        One that is given up until then is not sent.
        """
        transport, turn = self._transport, self._turn
        if transport is None or transport.is_closing():
            return
        if turn is None:
            transport.write(out)
        else:
            self._posted = turn.post(transport, out)

    def start(self, head: RequestHead, first: bytes, interim: TakesInterim | None) -> None:
        """Send a request head, with the first piece of its body if it is there; `check`s first.

        Behind it stand `send_body`, `send_end` and `limit_head`.
        """
        self.check()
        self._patience.wait(None)
        self.is_busy = True
        self.is_usable = False
        self._interim = interim
        self._stream += 1
        self._codec.send_head(self._stream, head)
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
        self._signal.task = None  # whoever asked is told by who waits from here on
        while self._response is None:
            self.check()
            await self._signal
        if self.taken is not None:
            self.body = BytesBody(self.taken[1])
        return self._response

    def switch(self) -> ConnectionSide:
        """The connection as one side of a tunnel, behind a 101 that was asked for.

        Raises:
            Fault: the connection is gone.
        """
        self.check()
        transport = self._transport
        if transport is None or transport.is_closing():
            raise Fault(Kind.READ_RESPONSE, "closed", request_sent=True)
        self.is_busy = False
        self._patience.rest_writes()
        return ConnectionSide(transport, self, self._early, is_blocked=self._gate.is_blocked)

    def limit_head(self, seconds: float | None) -> None:
        """The response head is due in `seconds` from now."""
        if self._response is None:
            self._patience.wait(seconds, _NO_HEAD)
