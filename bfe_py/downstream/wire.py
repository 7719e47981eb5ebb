"""Wire: the transport's side of a client connection: writing, waiting, closing.

RFC 9112 section 9.6: a server that closes while its client is sending makes the client's system
throw away what it has not read yet. So "servers typically close a connection in stages. First, the
server performs a half-close by closing only the write side of the read/write connection. The server
then continues to read from the connection until it receives a corresponding close by the client".
"""

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from email.utils import formatdate

from bfe_py.downstream.pace import Pace, Waiting
from bfe_py.downstream.terms import Terms
from bfe_py.model import Fault, Kind, Session
from bfe_py.transport import ConnectionSide, Turn, WriteGate

_SILENCE = 3.0
"""Seconds without a byte of the client after which its end is not waited for any longer."""

_MOST = 30.0
"""Seconds that a client which goes on sending is read at the end."""

_NO_LINGER = struct.pack("ii", 1, 0)


class DateStamp:
    """Value of the Date field, made once a second (RFC 9110 section 6.6.1)."""

    __slots__ = ("_second", "_value")

    def __init__(self) -> None:
        self._second = 0
        self._value = b""

    def value(self) -> bytes:
        """The date now."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._value = formatdate(second, usegmt=True).encode()
        return self._value


class Wire:
    """A transport with its flow control and its deadlines.

    `is_closing`: it was this side that decided to end the connection; `is_gone`: it is lost.
    `turn`, if there is one, takes what is posted. `written`: bytes handed to the transport.
    `side`: the connection became this side of a tunnel.

    Args:
        expired: what the client owes is late.
    """

    __slots__ = (
        "_loop",
        "_most",
        "_posted",
        "_transport",
        "_until",
        "date",
        "gate",
        "is_closing",
        "is_gone",
        "is_secure",
        "pace",
        "side",
        "turn",
        "written",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.Transport,
        date: DateStamp,
        expired: Callable[[], None],
        terms: Terms,
        session: Session,
    ) -> None:
        self._loop = loop
        self.turn: Turn | None = None
        self._posted = 0  # in which turn of the turn something was
        self._transport: asyncio.Transport | None = transport
        self._until = 0.0
        self._most = _MOST
        self.date = date
        self.gate = WriteGate(loop)
        self.pace = Pace(loop, transport, expired, terms, session)
        self.is_secure = transport.get_extra_info("ssl_object") is not None
        self.is_closing = False
        self.is_gone = False
        self.written = 0
        self.side: ConnectionSide | None = None

    def write(self, out: bytes) -> int:
        """Hand bytes to the transport, if it still takes any; answers how many."""
        transport = self._transport
        if not out or transport is None or transport.is_closing():
            return 0
        self.flush()
        transport.write(out)
        self.written += len(out)
        return len(out)

    @property
    def is_lost(self) -> bool:
        """Nothing can be read or written any more."""
        return self._transport is None or self._transport.is_closing()

    def post(self, out: bytes) -> int:
        """As `write`, at the end of the turn of the loop; for what nothing follows soon."""
        transport, turn = self._transport, self.turn
        if turn is None:
            return self.write(out)
        if transport is None or transport.is_closing():
            return 0
        self._posted = turn.post(transport, out)
        size = len(out)
        self.written += size
        return size

    def flush(self) -> None:
        """Write what was posted, with what others have posted."""
        turn = self.turn
        if turn is not None and self._posted == turn.number:
            turn.flush()

    def switch(self, early: bytes, *, has_ended: bool) -> ConnectionSide:
        """The connection as one side of a tunnel; `early` came already, `has_ended` is all of it.

        Raises:
            Fault: the connection is lost, or ends.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise Fault(Kind.CLIENT_WRITE, "client left")
        self.flush()
        self.pace.wait(Waiting.NOTHING, None)
        self.pace.rest_writes()
        self.pace.pause()
        is_blocked = self.gate.is_blocked
        self.side = ConnectionSide(
            transport, self, early, has_ended=has_ended, is_blocked=is_blocked
        )
        return self.side

    def lose(self, fault: Fault) -> None:
        """The connection is lost; whoever waits to write gets `fault`."""
        self._transport = None
        self.is_gone = True
        self.pace.end()
        self.gate.fail(fault)

    # --- the end

    def close(self) -> None:
        """End the connection once all is written, or the client takes no more of it."""
        transport = self._transport
        if transport is not None:
            self.flush()
            self.is_closing = True
            self.pace.wait(Waiting.END, _SILENCE)
            self.pace.watch_writes()
            transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self.flush()
            self.is_closing = True
            self._transport.abort()

    def reset(self) -> None:
        """End the connection at once, in a way that no client takes for the end of a message."""
        transport = self._transport
        raw = None if transport is None else transport.get_extra_info("socket")
        if raw is not None and raw.family != socket.AF_UNIX:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.abort()

    def linger(self) -> None:
        """Close as `close`, but let a client that may be sending finish first."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self.flush()
        self.is_closing = True
        self._until = self._loop.time() + self._most
        self.pace.wait(Waiting.END, _SILENCE)
        self.pace.watch_writes()
        self.pace.resume()
        # TLS has no half-close; its client finds the end by the length of the answer.
        if not self.is_secure and transport.can_write_eof():
            transport.write_eof()

    def hurry(self) -> None:
        """The client is slow: at the end it is not read for long, whatever it sends."""
        self._most = _SILENCE

    def received_late(self) -> None:
        """The client sent what nobody wants any more."""
        if self._loop.time() < self._until:
            self.pace.touch()
        else:
            self.close()

    def waited(self) -> None:
        """A client was silent for a while at the end: it reads, if there is something to read."""
        transport = self._transport
        if transport is not None and transport.get_write_buffer_size():
            self.pace.touch()
        else:
            self.close()
