"""What all processes count together: merged for /metrics, summed under BFE's names for /monitor.

Counters and histograms of processes that ended still count, so that nothing goes backwards; their
gauges do not, for what they held is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Generic, TypeVar

from bfe_py.manage.state import WorkerReading
from bfe_py.observe import HistogramSample, Labels, Reading, Sample

# Gauges of which a sum over processes says nothing: the greatest value stands for all.
_GREATEST = ("_timestamp_seconds", "_lag_seconds", "_ratio")


@dataclass(frozen=True, slots=True)
class Total:
    """One of BFE's names with its value over all processes and labels."""

    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class Counted:
    """Everything that /monitor shows, at one moment: totals by ``PAGE.NAME``; histograms."""

    totals: Mapping[str, Total] = field(default_factory=dict)
    histograms: Mapping[str, HistogramSample] = field(default_factory=dict)


def count(readings: Sequence[WorkerReading]) -> Counted:
    """Totals and histograms over all processes."""
    totals: dict[str, Total] = {}
    for own in readings:
        for sample in own.reading.samples:
            if not sample.bfe or (sample.kind == "gauge" and not own.is_alive):
                continue
            value = sum([value for _, value in sample.values])
            known = totals.get(sample.bfe)
            totals[sample.bfe] = Total(sample.kind, value + (known.value if known else 0.0))
    merged = _merge_histograms([own.reading.histograms for own in readings])
    return Counted(totals, {each.name: each for each in merged})


def merge(readings: Sequence[WorkerReading]) -> Reading:
    """One reading for all processes; samples whose labels differ from the first's are left out."""
    piles: dict[str, _Pile] = {}
    for own in readings:
        for sample in own.reading.samples:
            if sample.kind == "gauge" and not own.is_alive:
                continue
            pile = piles.get(sample.name)
            if pile is None:
                piles[sample.name] = _Pile(sample)
            elif pile.first.labels == sample.labels:
                pile.add(sample)
    samples = [pile.merged() for pile in piles.values()]
    return Reading(samples, _merge_histograms([own.reading.histograms for own in readings]))


class _Pile:
    """Samples of one name from several processes."""

    __slots__ = ("_takes_greatest", "_values", "first")

    def __init__(self, first: Sample) -> None:
        self.first = first
        self._values: dict[Labels, float] = dict(first.values)
        self._takes_greatest = first.kind == "gauge" and first.name.endswith(_GREATEST)

    def add(self, sample: Sample) -> None:
        values = self._values
        for labels, value in sample.values:
            known = values.get(labels)
            if known is None:
                values[labels] = value
            elif self._takes_greatest:
                values[labels] = max(known, value)
            else:
                values[labels] = known + value

    def merged(self) -> Sample:
        first = self.first
        values = list(self._values.items())
        return Sample(first.name, first.help, first.kind, first.bfe, first.labels, values)


def _merge_histograms(lists: Iterable[Sequence[HistogramSample]]) -> list[HistogramSample]:
    merged: dict[str, HistogramSample] = {}
    for own in lists:
        for each in own:
            known = merged.get(each.name)
            if known is None:
                merged[each.name] = each
            elif known.bounds == each.bounds:
                counts = [a + b for a, b in zip(known.counts, each.counts, strict=True)]
                merged[each.name] = HistogramSample(
                    each.name, each.help, each.bounds, counts, known.total + each.total
                )
    return list(merged.values())


def difference(now: Counted, before: Counted) -> Counted:
    """What the counters and histograms of `now` grew by; gauges are left out."""
    totals = {
        name: Total(total.kind, total.value - _value(before, name))
        for name, total in now.totals.items()
        if total.kind == "counter"
    }
    histograms = {
        name: _grown(each, before.histograms.get(name)) for name, each in now.histograms.items()
    }
    return Counted(totals, histograms)


def _value(counted: Counted, name: str) -> float:
    total = counted.totals.get(name)
    return total.value if total else 0.0


def _grown(now: HistogramSample, before: HistogramSample | None) -> HistogramSample:
    if before is None or before.bounds != now.bounds:
        return now
    counts = [new - old for new, old in zip(now.counts, before.counts, strict=True)]
    return HistogramSample(now.name, now.help, now.bounds, counts, now.total - before.total)


def bucket_counts(histogram: HistogramSample, bounds: tuple[float, ...]) -> list[int]:
    """Counts of a histogram by other upper bounds, one more for what is above.

    Exact where `bounds` are among its own; a value is never put lower than it was.
    """
    inside = []
    for bound in bounds:
        own = zip(histogram.bounds, histogram.counts, strict=False)
        inside.append(sum([number for upper, number in own if upper <= bound]))
    edges = [0, *inside, sum(histogram.counts)]
    return [after - before for before, after in pairwise(edges)]


T = TypeVar("T")


class Slots(Generic[T]):
    """What stood at the last two edges of the wall clock's slots of `seconds`."""

    __slots__ = ("_slot", "before", "edge", "seconds")

    def __init__(self, seconds: int, nothing: T) -> None:
        self.seconds = seconds
        self.edge = nothing
        """At the beginning of the slot that runs."""
        self.before = nothing
        """At the beginning of the one before."""
        self._slot: int | None = None

    def note(self, now: float, counted: T) -> None:
        """Remember `counted` if a new slot has begun since the last call."""
        slot = self._slot_of(now)
        if self._slot is None:
            self.edge = counted
            self.before = counted
        elif slot != self._slot:
            self.before = self.edge
            self.edge = counted
        self._slot = slot

    def start(self, now: float) -> float:
        """When the slot of `now` began."""
        return float(self._slot_of(now) * self.seconds)

    def next_start(self, now: float) -> float:
        """When the next slot begins."""
        return float((self._slot_of(now) + 1) * self.seconds)

    def _slot_of(self, now: float) -> int:
        return int(now // self.seconds)
