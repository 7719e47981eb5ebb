"""Delivery: configurations on their way from controller to worker, part by part.

A worker is sent what changed since the configuration that it was sent before, in messages of a
modest size, and then told to use it. Nobody decodes a whole tree at once, and a change costs what
it changed.
"""

from collections.abc import Iterable, Iterator, Mapping

from bfe_py.config import Changes, PackedTree, Part, PartKey
from bfe_py.control.messages import Configure, Down, PutParts

_MOST_BYTES = 64 * 1024
"""Of the parts in one message; a larger part has a message of its own."""


def deliver(
    generation: int,
    packed: PackedTree,
    before: Mapping[PartKey, Part] | None,
    down: Iterable[Down],
) -> Iterator[PutParts | Configure]:
    """Messages for a worker that was sent the parts `before` last; None: nothing is known of it."""
    changes = packed.changes(before)
    yield from map(PutParts, _batches(changes.put))
    yield Configure(
        generation, changes.version, sorted(changes.gone), sorted(down), changes.is_whole
    )


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
    """What a worker was sent and has not used yet.

    `version` is that of the last configuration it was told to use. Changes that could not be used,
    or were overtaken by others, count together with those that come next.
    """

    __slots__ = ("_arriving", "_gone", "_is_whole", "_put", "version")

    def __init__(self) -> None:
        self.version = ""
        self._arriving: dict[PartKey, Part] = {}
        self._put: dict[PartKey, Part] = {}
        self._gone: set[PartKey] = set()
        self._is_whole = False

    def connected(self) -> None:
        """There is a new connection: what had come over the one before without its end is void."""
        self._arriving = {}

    def put(self, message: PutParts) -> None:
        """Some parts came."""
        self._arriving.update(message.parts)

    def configure(self, message: Configure) -> None:
        """All parts of a configuration came."""
        if message.is_whole:
            self._put, self._gone, self._is_whole = {}, set(), True
        self._put.update(self._arriving)
        self._gone -= self._arriving.keys()
        self._arriving = {}
        for key in message.gone:
            self._put.pop(key, None)
            self._gone.add(key)
        self.version = message.version

    def take(self) -> Changes:
        """The way from what is in use to the last configuration."""
        changes = Changes(self.version, self._put, frozenset(self._gone), self._is_whole)
        self._put, self._gone, self._is_whole = {}, set(), False
        return changes

    def give_back(self, changes: Changes) -> None:
        """`changes` could not be used: they still are between what is in use and what comes."""
        if self._is_whole:
            return
        self._put = {
            **{key: part for key, part in changes.put.items() if key not in self._gone},
            **self._put,
        }
        self._gone |= changes.gone - self._put.keys()
        self._is_whole = changes.is_whole
