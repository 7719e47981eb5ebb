"""Delivery: configurations on their way from controller to worker, part by part.

A worker is sent what changed since the configuration that it was sent before, in messages of a
modest size, and then told to prepare it. Nobody decodes a whole tree at once, and a change costs
what it changed.
"""

from collections.abc import Iterator, Mapping

from bfe_py.config import Changes, PackedTree, Part, PartKey
from bfe_py.control.messages import Prepare, PutParts

_MOST_BYTES = 64 * 1024
"""Of the parts in one message; a larger part has a message of its own."""


def deliver(
    generation: int, packed: PackedTree, before: PackedTree | None
) -> Iterator[PutParts | Prepare]:
    """Messages for a worker that was sent `before` last; None: nothing is known of it."""
    changes = packed.changes(None if before is None else before.parts)
    yield from map(PutParts, _batches(changes.put))
    base = "" if before is None else before.version
    yield Prepare(generation, changes.version, base, sorted(changes.gone), changes.is_whole)


def _batches(parts: Mapping[PartKey, Part]) -> Iterator[list[tuple[PartKey, Part]]]:
    batch: list[tuple[PartKey, Part]] = []
    size = 0
    for key, part in parts.items():
        if batch and size + len(part.packed) > _MOST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append((key, part))
        size += len(part.packed)
    if batch:
        yield batch


class Inbox:
    """Parts that a worker was sent, until all of a configuration are there."""

    __slots__ = ("_arriving",)

    def __init__(self) -> None:
        self._arriving: dict[PartKey, Part] = {}

    def clear(self) -> None:
        """What came is void: its end will never come."""
        self._arriving = {}

    def put(self, message: PutParts) -> None:
        """Some parts came."""
        self._arriving.update(message.parts)

    def take(self, message: Prepare) -> Changes:
        """All parts came: the way from the configuration before to this one."""
        put, self._arriving = self._arriving, {}
        return Changes(message.version, put, frozenset(message.gone), message.is_whole)
