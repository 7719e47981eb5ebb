"""Counters that cost an addition, and the registry that a scrape reads.

A module or package declares a class once; the code that moves a number holds the object with the
plain attributes. Nothing here knows Prometheus: `manage` merges over workers and
renders.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar, Generic, Literal, TypeVar

import msgspec

NumberKind = Literal["counter", "gauge"]
Labels = tuple[str, ...]

_NAME_PARTS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declared number.

    `bfe` is ``endpoint.NAME`` under which BFE's /monitor pages show it, empty for none. `sum_of`
    names the numbers of the same object that it is the sum of, if it is not counted by itself.
    """

    help: str
    kind: NumberKind
    bfe: str = ""
    sum_of: tuple[str, ...] = ()


def counter(text: str, *, bfe: str = "", sum_of: tuple[str, ...] = ()) -> Any:
    """Declare a number that only grows; `text` is its help."""
    return Declaration(text, "counter", bfe, sum_of)


def gauge(text: str, *, bfe: str = "", sum_of: tuple[str, ...] = ()) -> Any:
    """Declare a number that goes up and down; `text` is its help."""
    return Declaration(text, "gauge", bfe, sum_of)


def _summing(names: tuple[str, ...]) -> Callable[[Any], int]:
    def read(counters: Any) -> int:
        return sum([attrgetter(name)(counters) for name in names])

    return read


class Counters:
    """Numbers of one kind of thing; a subclass declares them as attributes.

    ``class BlockCounters(Counters, prefix="bfe_mod_block", labels=("tenant",))``
    """

    prefix: ClassVar[str]
    labels: ClassVar[Labels]
    declared: ClassVar[dict[str, Declaration]]

    def __init_subclass__(cls, *, prefix: str, labels: Labels = ()) -> None:
        if not set(prefix) <= _NAME_PARTS:
            raise TypeError(f"metric prefix {prefix!r} is not snake case")
        cls.prefix = prefix
        cls.labels = labels
        cls.declared = {
            name: value for name, value in vars(cls).items() if isinstance(value, Declaration)
        }
        for name, declared in cls.declared.items():
            delattr(cls, name)
            if declared.sum_of:
                setattr(cls, name, property(_summing(declared.sum_of)))

    def __init__(self) -> None:
        for name, declared in self.declared.items():
            if not declared.sum_of:
                setattr(self, name, 0)


C = TypeVar("C", bound=Counters)


class _Kept(dict[Labels, C]):
    """Counters by label values; those that are missing are made."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[Labels], C]) -> None:
        self._make = make

    def __missing__(self, labels: Labels) -> C:
        return self._make(labels)


class Family(Generic[C]):
    """Counters by label values, made on first use; beyond `limit` of them one for all others."""

    __slots__ = ("_kept", "declared_by", "find", "limit")

    OTHER = "_other"

    def __init__(self, declared_by: type[C], limit: int = 10_000) -> None:
        self.declared_by = declared_by
        self.limit = limit
        self._kept: _Kept[C] = _Kept(self._make)
        self.find: Callable[[Labels], C] = self._kept.__getitem__
        """As ``[]``, for those who ask often."""

    def __getitem__(self, labels: Labels) -> C:
        """Counters of these label values; unknown values are written ``-``."""
        return self._kept[labels]

    def _make(self, labels: Labels) -> C:
        assert len(labels) == len(self.declared_by.labels)
        if len(self._kept) >= self.limit:
            labels = (self.OTHER,) * len(labels)
            found = self._kept.get(labels)
            if found is not None:
                return found
        made = self._kept[labels] = self.declared_by()
        return made

    def items(self) -> Iterator[tuple[Labels, C]]:
        """Label values with their counters."""
        return iter(list(self._kept.items()))

    def retain(self, keep: frozenset[str], position: int = 0) -> None:
        """Forget counters whose label at `position` is not in `keep`."""
        for labels in [key for key in self._kept if key[position] not in keep]:
            del self._kept[labels]


class Histogram:
    """Counts of values by upper bound; `bounds` rise, one more bucket takes what is above."""

    __slots__ = ("bounds", "counts", "help", "labels", "name", "total")

    def __init__(self, name: str, text: str, bounds: tuple[float, ...]) -> None:
        self.name = name
        self.help = text
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """Values of one declared number by label values, as it travels between processes."""

    name: str
    help: str
    kind: str
    bfe: str
    labels: tuple[str, ...]
    values: list[tuple[tuple[str, ...], float]]


class HistogramSample(msgspec.Struct, frozen=True, array_like=True):
    """One histogram as it travels between processes."""

    name: str
    help: str
    bounds: tuple[float, ...]
    counts: list[int]
    total: float


class Reading(msgspec.Struct, frozen=True, array_like=True):
    """Everything that one process counts, at one moment."""

    samples: list[Sample]
    histograms: list[HistogramSample]


class Registry:
    """What one process counts: made once, handed to whoever counts."""

    def __init__(self) -> None:
        self._single: list[Counters] = []
        self._families: list[Family[Any]] = []
        self._histograms: list[Histogram] = []

    def counters(self, declared_by: type[C]) -> C:
        """One object for a class without labels; the same at each call."""
        assert not declared_by.labels
        for known in self._single:
            if type(known) is declared_by:
                return known
        made = declared_by()
        self._single.append(made)
        return made

    def family(self, declared_by: type[C], limit: int = 10_000) -> Family[C]:
        """The family of a class with labels; the same at each call."""
        assert declared_by.labels
        for known in self._families:
            if known.declared_by is declared_by:
                return known
        made = Family(declared_by, limit)
        self._families.append(made)
        return made

    def histogram(self, name: str, text: str, bounds: tuple[float, ...]) -> Histogram:
        """The histogram of that name; the same at each call."""
        for known in self._histograms:
            if known.name == name:
                return known
        made = Histogram(name, text, bounds)
        self._histograms.append(made)
        return made

    def read(self) -> Reading:
        """All numbers as they stand."""
        pieces = [piece for piece, _ in self.pieces()]
        samples = [sample for piece in pieces for sample in piece.samples]
        return Reading(samples, pieces[-1].histograms)

    def pieces(self, values: int = 2000) -> Iterator[tuple[Reading, bool]]:
        """All numbers in pieces of about so many values, and whether each is the last.

        A piece is taken as it stands when it is asked for. What has one name is whole in one piece;
        of a class with labels, the same labels are in all.
        """
        samples: list[Sample] = []
        taken = 0
        for sample in self._samples():
            samples.append(sample)
            taken += len(sample.values)
            if taken >= values:
                yield Reading(samples, []), False
                samples, taken = [], 0
        histograms = [
            HistogramSample(each.name, each.help, each.bounds, list(each.counts), each.total)
            for each in self._histograms
        ]
        yield Reading(samples, histograms), True

    def _samples(self) -> Iterator[Sample]:
        for single in list(self._single):
            for name, declared in single.declared.items():
                yield _sample(type(single), name, declared, [((), getattr(single, name))])
        for family in list(self._families):
            kept = list(family.items())
            for name, declared in family.declared_by.declared.items():
                read = attrgetter(name)
                values = [(labels, read(counters)) for labels, counters in kept]
                yield _sample(family.declared_by, name, declared, values)


def _sample(
    declared_by: type[Counters],
    name: str,
    declared: Declaration,
    values: list[tuple[Labels, float]],
) -> Sample:
    suffix = "_total" if declared.kind == "counter" else ""
    return Sample(
        f"{declared_by.prefix}_{name}{suffix}",
        declared.help,
        declared.kind,
        declared.bfe,
        declared_by.labels,
        values,
    )
