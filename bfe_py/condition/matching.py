"""How values are compared: functions that are built once and then only called.

A source answers with the text it reads, or None when there is none. Whether nothing reads as the
empty text or makes the primitive false is the primitive's rule (`Missing`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, cast

from bfe_py.condition.arguments import Buckets, Case, Patterns
from bfe_py.condition.buckets import BUCKETS, bucket_of
from bfe_py.condition.facts import Facts
from bfe_py.condition.folding import fold, lower, to_utf8

Matches: TypeAlias = Callable[[Facts], bool]
"""Decides about one subject."""

Source: TypeAlias = Callable[[Facts], str | None]
"""Reads one value of a subject."""

Test: TypeAlias = Callable[[str], bool]
"""Decides about one text."""


class Missing(Enum):
    """What becomes of a value that is not there."""

    EMPTY = "reads as empty"
    FALSE = "never matches"
    NEVER = "is always there"


@dataclass(frozen=True, slots=True)
class Atom:
    """A primitive with its arguments parsed: `matches` decides, `read` says what it looked at."""

    matches: Matches
    read: Callable[[Facts], object]


def compare(source: Source, test: Test, missing: Missing) -> Atom:
    """Apply `test` to what `source` reads."""
    if missing is Missing.NEVER:
        present = cast(Callable[[Facts], str], source)
        return Atom(lambda facts: test(present(facts)), source)
    if missing is Missing.EMPTY and test(""):

        def matches(facts: Facts) -> bool:
            value = source(facts)
            return value is None or test(value)

    else:

        def matches(facts: Facts) -> bool:
            value = source(facts)
            return value is not None and test(value)

    return Atom(matches, source)


def equals_one(patterns: Patterns, case: Case) -> Test:
    """The value is one of the patterns."""
    values = frozenset(patterns.for_case(case))
    if case is Case.SENSITIVE:
        return values.__contains__
    return lambda value: (value.upper() if value.isascii() else fold(value)) in values


def starts_with_one(patterns: Patterns, case: Case) -> Test:
    """The value starts with one of the patterns, whatever follows."""
    prefixes = patterns.for_case(case)
    if case is Case.SENSITIVE:
        return lambda value: value.startswith(prefixes)
    return lambda value: fold(value).startswith(prefixes)


def starts_with_elements(patterns: Patterns, case: Case) -> Test:
    """The value starts with one of the patterns, and an element ends where the pattern does."""
    closed = tuple([each if each.endswith("/") else each + "/" for each in patterns.values])
    prefixes = Patterns(closed).for_case(case)
    is_folded = case is Case.INSENSITIVE

    def test(value: str) -> bool:
        subject = fold(value) if is_folded else value
        return (subject if subject.endswith("/") else subject + "/").startswith(prefixes)

    return test


def ends_with_one(patterns: Patterns, case: Case) -> Test:
    """The value ends with one of the patterns."""
    suffixes = patterns.for_case(case)
    if case is Case.SENSITIVE:
        return lambda value: value.endswith(suffixes)
    return lambda value: fold(value).endswith(suffixes)


def contains_one(patterns: Patterns, case: Case) -> Test:
    """One of the patterns is somewhere in the value."""
    parts = patterns.for_case(case)
    is_folded = case is Case.INSENSITIVE
    if len(parts) == 1:
        part = parts[0]
        if is_folded:
            return lambda value: part in fold(value)
        return lambda value: part in value

    def test(value: str) -> bool:
        subject = fold(value) if is_folded else value
        for part in parts:  # noqa: SIM110  # a generator costs more than the loop
            if part in subject:
                return True
        return False

    return test


def in_buckets(buckets: Buckets, case: Case) -> Test:
    """The value's bucket is one of `buckets`."""
    has_bucket = _bucket_test(buckets)
    if case is Case.INSENSITIVE:
        return lambda value: has_bucket(bucket_of(to_utf8(lower(value))))
    return lambda value: has_bucket(bucket_of(to_utf8(value)))


def _bucket_test(buckets: Buckets) -> Callable[[int], bool]:
    if len(buckets.ranges) == 1:
        first, last = buckets.ranges[0]
        return lambda bucket: first <= bucket <= last
    bits = bytearray((BUCKETS + 7) // 8)
    for first, last in buckets.ranges:
        for bucket in range(first, last + 1):
            bits[bucket >> 3] |= 1 << (bucket & 7)
    mask = bytes(bits)
    return lambda bucket: mask[bucket >> 3] >> (bucket & 7) & 1 == 1
