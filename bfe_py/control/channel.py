"""Channel: length-prefixed MessagePack over a Unix socket between controller and workers."""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

import msgspec

from bfe_py.control.messages import Message

_log = logging.getLogger("bfe.control")

_PREFIX = 4
MOST_BYTES = 256 * 1024 * 1024
"""A longer message is a broken peer."""

_decoder = msgspec.msgpack.Decoder(Message)
_encoder = msgspec.msgpack.Encoder()


class Channel(asyncio.Protocol):
    """One end of the connection between a worker and the controller."""

    __slots__ = ("_closed", "_received", "_rest", "_transport")

    def __init__(
        self,
        received: "Callable[[Channel, Message], None]",
        closed: "Callable[[Channel], None]",
    ) -> None:
        self._received = received
        self._closed = closed
        self._rest = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The other side is there."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Some bytes of messages."""
        rest = self._rest
        rest += data
        while self._transport is not None and len(rest) >= _PREFIX:
            size = int.from_bytes(rest[:_PREFIX], "big")
            if size > MOST_BYTES:
                self._refuse(f"{size} bytes")
                return
            if len(rest) < _PREFIX + size:
                return
            message = bytes(rest[_PREFIX : _PREFIX + size])
            del rest[: _PREFIX + size]
            try:
                decoded = _decoder.decode(message)
            except msgspec.DecodeError as error:
                self._refuse(str(error))
                return
            self._received(self, decoded)

    def _refuse(self, reason: str) -> None:
        _log.error("message not understood reason=%r", reason)
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The other side is gone."""
        self._transport = None
        self._closed(self)

    def send(self, message: Message) -> None:
        """Send one message; does nothing if the other side is gone."""
        if self._transport is not None:
            packed = _encoder.encode(message)
            self._transport.write(len(packed).to_bytes(_PREFIX, "big") + packed)

    def close(self) -> None:
        """End the connection; what was sent still goes out."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
