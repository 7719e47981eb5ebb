"""What a connection to a backend holds: whether it can be used, is read, waits, or has failed."""

import asyncio
from collections.abc import Callable

from bfe_py.model import Body, Fault, Kind, ResponseHead, Side
from bfe_py.protocol import Codec
from bfe_py.transport import BodyQueue, Signal, WriteGate
from bfe_py.upstream.patience import IDLE_SECONDS, Patience
from bfe_py.upstream.pool import PoolKey

_NO_PROGRESS = (Kind.RESPONSE_BODY, "no progress")


class HeldConnection(asyncio.Protocol):
    """State of a connection to a backend, and how it fails, rests and is closed.

    `is_usable`: it is open and idle, and the backend has not begun to close it.
    """

    __slots__ = (
        "_codec",
        "_early",
        "_failure",
        "_gate",
        "_interim",
        "_is_timed",
        "_loop",
        "_patience",
        "_paused",
        "_queue",
        "_response",
        "_signal",
        "_stream",
        "_transport",
        "_unread",
        "body",
        "is_busy",
        "is_event_stream",
        "is_reused",
        "is_usable",
        "key",
        "taken",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        key: PoolKey,
        codec: Codec,
    ) -> None:
        self._loop = loop
        self._codec = codec
        self._gate = WriteGate(loop)
        self._patience = Patience(loop, self._expired)
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._stream = 0
        self._signal = Signal(loop)
        self._response: ResponseHead | None = None
        self._queue: BodyQueue | None = None
        self._interim: Callable[[ResponseHead], None] | None = None
        self._failure: Fault | None = None
        self._early = self._unread = b""
        self._is_timed = False  # the time of the attempt at hand is that of an idle connection
        self.key = key
        self.body: Body | None = None
        self.taken: tuple[ResponseHead, bytes] | None = None
        self.is_busy = False
        self.is_event_stream = False
        self.is_reused = False
        self.is_usable = False

    def fail(self, fault: Fault) -> None:
        """Give the attempt up; the backend sees an unfinished request."""
        self._fail(fault)
        self.abort()

    def _fail(self, fault: Fault) -> None:
        if fault.kind is Kind.CONNECTION_BROKEN and not self.is_reused:
            fault = Fault(Kind.READ_RESPONSE, fault.detail, request_sent=True)
        if self._failure is None:
            self._failure = fault
        self._signal.give()
        if self._queue is not None:
            late = fault
            if fault.side is not Side.CLIENT:
                late = Fault(Kind.RESPONSE_BODY, fault.detail, request_sent=True)
            self._queue.fail(late)
        self._gate.fail(Fault(Kind.WRITE_REQUEST, fault.detail, request_sent=True))

    def _expired(self, fault: Fault | None) -> None:
        if fault is not None and fault.kind is Kind.WRITE_REQUEST and self.body is not None:
            return  # it may well answer without having read all of the request
        if fault is not None and fault.kind is Kind.RESPONSE_TIMEOUT and self.body is not None:
            return  # it was in time; who passes the answer on may take longer
        if fault is not None:
            self._fail(fault)
        self.abort()

    # --- the pool's view

    def rest(self) -> bool:
        """The attempt is over; idle from here on, until `IDLE_SECONDS` have passed.

        False: it cannot carry another one, because a message is not whole or an end is near.
        """
        if self._gate.is_blocked or self._transport is None or self._transport.is_closing():
            return False
        codec = self._codec
        if not codec.is_ready and codec.next_exchange() != []:
            return False  # or there are events that nobody asked for
        is_timed = self._is_timed and self.taken is not None
        self.is_busy = False
        self.is_reused = self.is_usable = True
        self._response = self._interim = self.taken = None
        if self.body is not None:
            self.body = self._queue = None
            self.is_event_stream = False
            if self._paused:
                self._resume_reading()
        if is_timed:
            self._patience.rest()  # its time runs from the request on
        else:
            self._patience.wait(IDLE_SECONDS)
        return True

    def check(self) -> None:
        """Raise the Fault with which the connection was lost, or the attempt given up, if any."""
        if self._failure is not None:
            raise self._failure

    @property
    def is_open(self) -> bool:
        """The connection was made, and nobody has begun to close it."""
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """Close after what is written is sent."""
        self.is_usable = False
        self._unread = b""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self.is_usable = False
        self._unread = b""
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
        is_due = self._queue is not None and not self._queue.is_ended
        if is_due and not self._paused and not self.is_event_stream:
            self._patience.wait(IDLE_SECONDS, _NO_PROGRESS)
