"""Wire: the transport's side of a client connection: writing, waiting, closing."""

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate

from bfe_py.downstream.pace import Pace, Waiting
from bfe_py.model import Fault
from bfe_py.transport import WriteGate

_LINGER_SECONDS = 2.0


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
    """A transport with its flow control and its deadline.

    `is_closing`: this side has decided to end the connection.
    """

    __slots__ = ("_transport", "date", "gate", "is_closing", "is_secure", "pace")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.Transport,
        date: DateStamp,
        expired: Callable[[], None],
    ) -> None:
        self._transport: asyncio.Transport | None = transport
        self.date = date
        self.gate = WriteGate(loop)
        self.pace = Pace(loop, transport, expired)
        self.is_secure = transport.get_extra_info("ssl_object") is not None
        self.is_closing = False

    @property
    def is_gone(self) -> bool:
        """The connection is lost."""
        return self._transport is None

    def write(self, out: bytes) -> None:
        """Hand bytes to the transport, if it is still there."""
        if out and self._transport is not None:
            self._transport.write(out)

    def lose(self, fault: Fault) -> None:
        """The connection is lost; whoever waits to write gets `fault`."""
        self._transport = None
        self.pace.end()
        self.gate.fail(fault)

    def close(self) -> None:
        """End the connection once all is written."""
        self.is_closing = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        self.is_closing = True
        if self._transport is not None:
            self._transport.abort()

    def linger(self) -> None:
        """Close although bytes are unread: the client is to read our answer before a reset.

        Over TLS there is no half-close; then this is `close`.
        """
        transport = self._transport
        if transport is None or self.is_secure or not transport.can_write_eof():
            self.close()
            return
        self.is_closing = True
        transport.write_eof()
        self.pace.wait(Waiting.LINGER, _LINGER_SECONDS)
        self.pace.resume()
