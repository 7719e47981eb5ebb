"""The clock: an interval once, or the same hours of every day.

The field X-Bfe-Debug-Time replaces the clock, whoever sends it; if it is no time, nothing matches.
"""

from bfe_py.condition.arguments import ArgumentError, Text, TimeOfDay, TimePoint
from bfe_py.condition.clock import ClockError, parse_time_point
from bfe_py.condition.facts import Facts
from bfe_py.condition.matching import Atom, Missing
from bfe_py.condition.problems import Finding
from bfe_py.condition.registry import Comparison, Reads, primitive

_DAY = 86_400


def _now(facts: Facts) -> float | None:
    """Seconds since the epoch, or None if the field that replaces the clock is no time."""
    text = facts.header("x-bfe-debug-time")
    if text is None:
        return facts.now
    try:
        return parse_time_point(text)
    except ClockError:
        return None


@primitive(compares=Comparison.RANGE, missing=Missing.FALSE, reads=Reads.CLOCK)
def bfe_time_range(start: TimePoint, end: TimePoint) -> Atom:
    """The time lies between the two, both included."""
    first, last = start.seconds, end.seconds
    if first > last:
        raise _wrong_way_round(start.text, end.text)

    def matches(facts: Facts) -> bool:
        now = _now(facts)
        return now is not None and first <= now <= last

    return Atom(matches, _now)


@primitive(compares=Comparison.RANGE, missing=Missing.FALSE, reads=Reads.CLOCK)
def bfe_periodic_time_range(start: TimeOfDay, end: TimeOfDay, period: Text) -> Atom:
    """The time of day in the zone given lies between the two, both included."""
    if period.value:
        raise ArgumentError([_NO_PERIOD], parameter=2)
    first, last, offset = start.seconds, end.seconds, start.offset
    if first > last:
        raise _wrong_way_round(start.text, end.text)
    if offset != end.offset:
        raise ArgumentError([_TWO_ZONES], parameter=1)

    def matches(facts: Facts) -> bool:
        now = _now(facts)
        return now is not None and first <= int(now // 1 + offset) % _DAY <= last

    return Atom(matches, _now)


_NO_PERIOD = Finding(
    "the period is not supported",
    expected='an empty text, ""',
    suggestion='""',
    reference="periodStr is not supported, should not be set!",
)
_TWO_ZONES = Finding(
    "the two times are in different zones",
    expected="the same letter behind both",
    reference="timezone of startime and endtime should be same!",
)


def _wrong_way_round(start: str, end: str) -> ArgumentError:
    finding = Finding(
        f"the range ends at `{end}`, before its start `{start}`",
        expected="the earlier time first; two ranges joined by || reach over midnight",
        reference=f"startTime[{start}] must <= endTime[{end}]",
    )
    return ArgumentError([finding], parameter=1)
