"""Starts: which of very many texts another one starts with.

Texts are cut behind every separator, as paths are at ``/``. A text is walked from piece to piece,
no farther than there are known texts that go on. In each piece those that end inside of it are
looked up by length: as many look-ups as there are different lengths, however many texts there are.
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Generic, TypeVar

_STEP = 500
"""So many texts are cut between two steps."""

V = TypeVar("V")


class Starts(Generic[V]):
    """Values by text; `find` answers those of all texts that a longer one starts with.

    None of the texts is empty.
    """

    __slots__ = ("_lengths", "_separator", "_values")

    def __init__(self, values: Mapping[str, V], separator: str) -> None:
        for _ in self._fill(values, separator):
            pass

    @classmethod
    def steps(cls, values: Mapping[str, V], separator: str) -> "Generator[None, None, Starts[V]]":
        """The same, a little on each `next`; it comes with `StopIteration`."""
        starts = cls.__new__(cls)
        yield from starts._fill(values, separator)
        return starts

    def _fill(self, values: Mapping[str, V], separator: str) -> Iterator[None]:
        self._separator = separator
        self._values = values
        # By the pieces in front: lengths of the texts that end inside of the next piece.
        lengths: dict[str, set[int]] = {"": set()}
        for count, text in enumerate(values):
            if count % _STEP == _STEP - 1:
                yield
            cut = text.rfind(separator, 0, -1) + 1
            within = lengths.get(text[:cut])
            if within is None:
                within = lengths[text[:cut]] = set()
                self._add_pieces(text[:cut], lengths)
            if text[-1] != separator:
                within.add(len(text))
        self._lengths = {front: tuple(sorted(each)) for front, each in lengths.items()}

    def _add_pieces(self, front: str, lengths: dict[str, set[int]]) -> None:
        cut = front.rfind(self._separator, 0, -1) + 1
        while front[:cut] not in lengths:
            lengths[front[:cut]] = set()
            cut = front.rfind(self._separator, 0, cut - 1) + 1

    def find(self, text: str) -> list[V]:
        """Values of all texts that `text` starts with, in no order; one may come twice."""
        found: list[V] = []
        known, separator = self._values, self._separator
        lengths = self._lengths.get("")
        start = 0
        while lengths is not None:
            end = text.find(separator, start) + 1
            if lengths:
                stop = end or len(text) + 1
                for length in lengths:
                    if length >= stop:
                        break
                    value = known.get(text[:length])
                    if value is not None:
                        found.append(value)
            if not end:
                break
            front = text[:end]
            value = known.get(front)
            if value is not None:
                found.append(value)
            lengths = self._lengths.get(front)
            start = end
        return found
