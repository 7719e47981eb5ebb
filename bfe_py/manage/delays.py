"""Pages of latency: /monitor/proxy_delay and its like."""

from dataclasses import dataclass
from itertools import accumulate
from time import localtime, strftime

import msgspec

from bfe_py.manage.answer import PageError
from bfe_py.manage.counting import Counted, Slots, bucket_counts, difference
from bfe_py.manage.names import DelayFrame


class DelaySummary(msgspec.Struct, frozen=True, rename="pascal"):
    """Latencies of one interval; `sum` and `ave` in microseconds, the last counter for the rest."""

    bucket_size: int
    bucket_num: int
    count: int
    sum: int
    ave: int
    counters: list[int]


class DelayPage(msgspec.Struct, frozen=True, rename="pascal"):
    """One page as BFE encodes it: the interval that runs and the last whole one."""

    interval: int
    key_prefix: str
    program_name: str
    curr_time: str
    current: DelaySummary
    past_time: str
    past: DelaySummary


@dataclass(frozen=True, slots=True)
class Intervals:
    """What grew in the interval that runs and in the one before, which began at these times."""

    seconds: int
    started: float
    current: Counted
    past: Counted


def read_intervals(slots: Slots[Counted], counted: Counted, now: float) -> Intervals:
    """The two intervals of every latency page."""
    return Intervals(
        slots.seconds,
        slots.start(now),
        difference(counted, slots.edge),
        difference(slots.edge, slots.before),
    )


def delay_page(name: str, frame: DelayFrame, intervals: Intervals) -> DelayPage:
    """The page called `name`."""
    return DelayPage(
        interval=intervals.seconds,
        key_prefix=name,
        program_name="",
        curr_time=_clock(intervals.started),
        current=_summary(frame, intervals.current),
        past_time=_clock(intervals.started - intervals.seconds),
        past=_summary(frame, intervals.past),
    )


def encode_delay(page: DelayPage, form: str) -> bytes:
    """A page in the format that the client asked for.

    Raises:
        PageError: there is no such format.
    """
    if form in {"json", "hier_json"}:
        return msgspec.json.encode(page)
    if form in {"kv", "noah", "kv_with_program_name"}:
        prefix = page.key_prefix
        current = _lines(f"{prefix}_Current", page.current)
        return (current + _lines(f"{prefix}_Past", page.past)).encode()
    if form == "prometheus":
        return _histogram(f"{page.key_prefix}_Past", page.past).encode()
    raise PageError(f"format not support: {form}")


def _summary(frame: DelayFrame, counted: Counted) -> DelaySummary:
    histogram = counted.histograms.get(frame.histogram)
    if histogram is None:
        empty = [0] * (frame.buckets + 1)
        return DelaySummary(frame.bucket_ms, frame.buckets, 0, 0, 0, empty)
    counters = bucket_counts(histogram, frame.bounds)
    number = sum(counters)
    total = round(histogram.total * 1_000_000)
    average = total // number if number else 0
    return DelaySummary(frame.bucket_ms, frame.buckets, number, total, average, counters)


def _lines(prefix: str, summary: DelaySummary) -> str:
    lines = [
        f"{prefix}_BucketSize:{summary.bucket_size}\n",
        f"{prefix}_BucketNum:{summary.bucket_num}\n",
        f"{prefix}_Count:{summary.count}\n",
        f"{prefix}_Sum:{summary.sum}\n",
        f"{prefix}_Ave:{summary.ave}\n",
    ]
    lines += [f"{prefix}_Counters_{n}:{value}\n" for n, value in enumerate(summary.counters)]
    return "".join(lines)


def _histogram(name: str, summary: DelaySummary) -> str:
    # Bounds in microseconds, the unit of its sum.
    lines = [f"# TYPE {name} histogram\n"]
    for index, inside in enumerate(accumulate(summary.counters[:-1])):
        bound = (index + 1) * summary.bucket_size * 1000
        lines.append(f'{name}_bucket{{le="{bound}"}} {inside}\n')
    lines.append(f'{name}_bucket{{le="+Inf"}} {summary.count}\n')
    lines.append(f"{name}_sum {summary.sum}\n{name}_count {summary.count}\n")
    return "".join(lines)


def _clock(wall: float) -> str:
    return strftime("%Y-%m-%d %H:%M:%S", localtime(wall))
