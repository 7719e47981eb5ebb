"""ConnectionSide: a transport as one side of a tunnel."""

import asyncio
from typing import Any, Protocol, cast

from bfe_py.model import TunnelFlow
from bfe_py.transport.stall import Stall

_STALL_SECONDS = 30.0
"""Without the peer taking a byte, at the end of a tunnel."""


class Carrier(Protocol):
    """Who owns the transport."""

    def close(self) -> None:
        """End the connection once all is written."""

    def abort(self) -> None:
        """End the connection at once."""


class _Nobody:
    """Is told what happens before a tunnel is open; `ConnectionSide.open` tells it again."""

    __slots__ = ()

    def received(self, piece: bytes) -> None:
        """Nothing is read yet."""

    def ended(self) -> None:
        """Nobody asks."""

    def blocked(self) -> None:
        """Nobody writes."""

    def unblocked(self) -> None:
        """Nobody writes."""

    def lost(self) -> None:
        """Nobody asks."""


class ConnectionSide(asyncio.Protocol):
    """A `model.TunnelSide` that takes a transport over from the protocol it had.

    That one is told of the end of the connection before the tunnel is, and of nothing else.
    `received` and `written` count bytes from then on.

    Args:
        transport: its reading is paused.
        carrier: ends the connection.
        early: bytes that came already.
        has_ended: nothing comes behind them.
    """

    __slots__ = (
        "_before",
        "_carrier",
        "_early",
        "_flow",
        "_has_ended",
        "_is_blocked",
        "_is_lost",
        "_is_paused",
        "_stall",
        "_transport",
        "received",
        "written",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        carrier: Carrier,
        early: bytes,
        *,
        has_ended: bool = False,
        is_blocked: bool = False,
    ) -> None:
        self._transport = transport
        self._carrier = carrier
        self._early = early
        self._has_ended = has_ended
        self._is_blocked = is_blocked
        self._is_lost = False
        self._is_paused = True
        self._flow: TunnelFlow = _Nobody()
        self._stall: Stall | None = None
        self.received = 0
        self.written = 0
        self._before = transport.get_protocol()
        transport.set_protocol(self)
        if self._is_secure:
            # What is not taken apart yet has to stay in the socket while reading is paused: the
            # end of the connection would overtake it, and it would be lost.
            cast("Any", transport).set_read_buffer_limits(high=1, low=0)

    @property
    def _is_secure(self) -> bool:
        return self._transport.get_extra_info("ssl_object") is not None

    # --- callbacks of the transport

    def data_received(self, data: bytes) -> None:
        """Bytes of the peer."""
        self.received += len(data)
        self._flow.received(data)

    def eof_received(self) -> bool:
        """The peer sends no more."""
        self._has_ended = True
        self._flow.ended()
        return not self._is_secure  # TLS has no half-close

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._is_lost = True
        if self._stall is not None:
            self._stall.end()
        self._before.connection_lost(exc)
        self._flow.lost()

    def pause_writing(self) -> None:
        """The peer takes less than is written."""
        self._is_blocked = True
        self._flow.blocked()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        self._is_blocked = False
        self._flow.unblocked()

    # --- the tunnel's view

    def open(self, flow: TunnelFlow) -> None:
        """Tell `flow` what happens from here on, and first of all what has happened already."""
        self._flow = flow
        if self._is_blocked:
            flow.blocked()
        early, self._early = self._early, b""
        if early:
            flow.received(early)
        if self._has_ended:
            flow.ended()
        if self._is_lost:
            flow.lost()

    def write(self, piece: bytes) -> None:
        """Send bytes, unless the connection ends."""
        if not self._transport.is_closing():
            self._transport.write(piece)
            self.written += len(piece)

    def end_writing(self) -> None:
        """Send no more; a connection over TLS is closed."""
        if self._transport.can_write_eof():
            if not self._transport.is_closing():
                self._transport.write_eof()
        else:
            self.close()

    def pause(self) -> None:
        """Read no more for now."""
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._is_paused and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()

    def close(self) -> None:
        """End the connection once the peer has taken what is written, or takes no more of it."""
        transport = self._transport
        if transport.is_closing():
            return
        self._carrier.close()
        if transport.get_write_buffer_size():
            loop = asyncio.get_running_loop()
            self._stall = Stall(loop, transport, _STALL_SECONDS, self._carrier.abort)
            self._stall.watch()
