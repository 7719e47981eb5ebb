"""Inheritance: what a controller leaves to the one that takes its place.

It is kept in memory that the parent made and all controllers of a run share, never on a disk. There
are two copies, written in turn, each with a number and a digest, so that a controller that dies
while it writes leaves the one before.
"""

import os
from hashlib import blake2b
from typing import Generic, TypeVar

import msgspec

from bfe_py.observe import Reading

_DIGEST = 16
_NUMBER = 8

T = TypeVar("T")


class Counted(msgspec.Struct, frozen=True):
    """What one worker counted: the process that it is now, and those before it."""

    worker: int
    pid: int
    reading: Reading
    retired: Reading


class Numbers(msgspec.Struct, frozen=True):
    """Everything that may not go backwards: of workers, of the controller, of reloads."""

    workers: list[Counted] = []
    controller: Reading = Reading([], [])
    taken: int = 0
    refused: int = 0


class Ended(msgspec.Struct, frozen=True):
    """How often processes ended of one reason; `process` is the number of a worker, or
    ``controller``.
    """

    process: str
    reason: str
    times: int


class Ends(msgspec.Struct, frozen=True):
    """What the parent leaves to controllers."""

    ended: list[Ended] = []


def open_memory(name: str) -> tuple[int, int]:
    """Two descriptors of memory that processes forked from here on share."""
    return os.memfd_create(f"{name}-0"), os.memfd_create(f"{name}-1")


class Inheritance(Generic[T]):
    """One value that outlives controllers.

    Args:
        descriptors: from `open_memory`.
        schema: what the value is.
    """

    __slots__ = ("_decoder", "_descriptors", "_encoder", "_number")

    def __init__(self, descriptors: tuple[int, int], schema: type[T]) -> None:
        self._descriptors = descriptors
        self._decoder = msgspec.msgpack.Decoder(schema)
        self._encoder = msgspec.msgpack.Encoder()
        self._number = max(self._read(descriptor)[0] for descriptor in descriptors)

    def find(self) -> T | None:
        """What was left last; None if nothing was."""
        _, packed = max([self._read(descriptor) for descriptor in self._descriptors])
        return self._decoder.decode(packed) if packed else None

    def leave(self, value: T) -> None:
        """Leave `value` in place of what was left before."""
        self._number += 1
        packed = self._number.to_bytes(_NUMBER, "big") + self._encoder.encode(value)
        descriptor = self._descriptors[self._number % 2]
        os.ftruncate(descriptor, 0)
        _write(descriptor, blake2b(packed, digest_size=_DIGEST).digest() + packed)

    @staticmethod
    def _read(descriptor: int) -> tuple[int, bytes]:
        size = os.fstat(descriptor).st_size
        content = _read(descriptor, size)
        digest, packed = content[:_DIGEST], content[_DIGEST:]
        if blake2b(packed, digest_size=_DIGEST).digest() != digest or len(packed) < _NUMBER:
            return 0, b""
        return int.from_bytes(packed[:_NUMBER], "big"), packed[_NUMBER:]


def _write(descriptor: int, content: bytes) -> None:
    view, written = memoryview(content), 0
    while written < len(view):
        written += os.pwrite(descriptor, view[written:], written)


def _read(descriptor: int, size: int) -> bytes:
    pieces: list[bytes] = []
    at = 0
    while at < size and (piece := os.pread(descriptor, size - at, at)):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)
