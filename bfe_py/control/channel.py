"""Messages between controller and workers: length-prefixed MessagePack over a Unix socket."""

import asyncio
from collections.abc import Callable
from typing import cast

import msgspec

from bfe_py.observe import Reading

_PREFIX = 4
MOST_BYTES = 256 * 1024 * 1024
"""A longer message is a broken peer."""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """Worker: here I am; send me the configuration."""

    worker: int
    pid: int


class Configure(msgspec.Struct, frozen=True, tag=True):
    """Controller: compile and use this tree (MessagePack of `config.Tree`)."""

    generation: int
    tree: bytes


class Applied(msgspec.Struct, frozen=True, tag=True):
    """Worker: that generation is in use, or `error` says why not."""

    worker: int
    generation: int
    error: str = ""


class ReadAll(msgspec.Struct, frozen=True, tag=True):
    """Controller: tell me your numbers."""

    request: int


class BackendReading(msgspec.Struct, frozen=True, array_like=True):
    """State of one backend as one worker sees it."""

    cluster: str
    sub_cluster: str
    name: str
    address: str
    weight: int
    is_up: bool
    in_flight: int
    failures: int


class ReadingTaken(msgspec.Struct, frozen=True, tag=True):
    """Worker: my numbers."""

    worker: int
    request: int
    reading: Reading
    backends: list[BackendReading]


class BackendWentDown(msgspec.Struct, frozen=True, tag=True):
    """Worker: too many attempts on this backend failed."""

    cluster: str
    sub_cluster: str
    host: str
    port: int


class BackendCameUp(msgspec.Struct, frozen=True, tag=True):
    """Controller: the probe of this backend succeeded."""

    cluster: str
    sub_cluster: str
    host: str
    port: int


Message = Hello | Configure | Applied | ReadAll | ReadingTaken | BackendWentDown | BackendCameUp

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
        while len(rest) >= _PREFIX:
            size = int.from_bytes(rest[:_PREFIX], "big")
            if size > MOST_BYTES:
                self.close()
                return
            if len(rest) < _PREFIX + size:
                return
            message = bytes(rest[_PREFIX : _PREFIX + size])
            del rest[: _PREFIX + size]
            try:
                decoded = _decoder.decode(message)
            except msgspec.DecodeError:
                self.close()
                return
            self._received(self, decoded)

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
        """End the connection."""
        if self._transport is not None:
            self._transport.close()
