"""The types of arguments: what a primitive's signature names, parsed once when compiled.

Each has its kind of literal (`KIND`), a name for the documentation (`LABEL`) and `parse`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Self

from bfe_py.condition.addresses import network_ends, parse_address
from bfe_py.condition.buckets import BUCKETS, BucketError, join_ranges, parse_section
from bfe_py.condition.clock import ClockError, parse_time_of_day, parse_time_point
from bfe_py.condition.folding import fold
from bfe_py.condition.nodes import Kind
from bfe_py.condition.patterns import PatternError, Test, compile_pattern
from bfe_py.condition.problems import Finding

PARAMETER = "{parameter}"
"""Stands in a reference for the name of the parameter."""

_BUCKETS = f"a bucket from 0 to {BUCKETS - 1}, or two as first-last"


class ArgumentError(Exception):
    """What is wrong with an argument, in offsets of its text; an `end` of -1 is all of it.

    `parameter` is the number of the argument at fault, if not the one that was parsed.
    """

    def __init__(self, findings: Iterable[Finding], parameter: int = 0) -> None:
        """Keep all of `findings`."""
        super().__init__()
        self.findings = tuple(findings)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Text:
    """Text taken as it stands; ``|`` has no meaning in it."""

    KIND: ClassVar[Kind] = Kind.STRING
    LABEL: ClassVar[str] = "text"
    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Any text will do."""
        return cls(text)


@dataclass(frozen=True, slots=True)
class Name(Text):
    """Name of a field, parameter, cookie, tag or value; not a list."""

    LABEL: ClassVar[str] = "name"


class Case(Enum):
    """Whether letters of either case are the same; written as a bool."""

    SENSITIVE = "false"
    INSENSITIVE = "true"

    @classmethod
    def parse(cls, text: str) -> "Case":
        """``true`` makes them the same."""
        return cls(text)


@dataclass(frozen=True, slots=True)
class Patterns:
    """A list of texts, split at every ``|``; an empty element is a text too."""

    KIND: ClassVar[Kind] = Kind.STRING
    LABEL: ClassVar[str] = "list"
    values: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Split; nothing is trimmed."""
        return cls(tuple(text.split("|")))

    def for_case(self, case: Case) -> tuple[str, ...]:
        """The texts, folded if case plays no part."""
        if case is Case.INSENSITIVE:
            return tuple([fold(each) for each in self.values])
        return self.values


@dataclass(frozen=True, slots=True)
class Hosts(Patterns):
    """A list of hosts, none with a port."""

    LABEL: ClassVar[str] = "list of hosts"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Split.

        Raises:
            ArgumentError: elements with a colon.
        """
        findings = []
        for start, each in _elements(text):
            host, colon, port = each.partition(":")
            if colon:
                advice = f', and compare with req_port_in("{port}")' if port.isdecimal() else ""
                findings.append(
                    Finding(
                        f"`{each}` has a port, a host never has one",
                        start,
                        start + len(each),
                        f"only the host{advice}",
                        host if host and host != "[" else "",
                        f"port should not be included in host({each})",
                    )
                )
        if findings:
            raise ArgumentError(findings)
        return cls(tuple(text.split("|")))


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression of RE2, found anywhere in a value."""

    KIND: ClassVar[Kind] = Kind.STRING
    LABEL: ClassVar[str] = "regex"
    pattern: str
    test: Test

    @classmethod
    def parse(cls, text: str) -> Self:
        """Compile.

        Raises:
            ArgumentError: RE2 refuses it.
        """
        try:
            return cls(text, compile_pattern(text))
        except PatternError as error:
            finding = Finding(
                f"not a regular expression of RE2: {error.reference.partition(': ')[2]}",
                expected=error.expected,
                reference=f"compile regexp err {error.reference}",
            )
            raise ArgumentError([finding]) from None


@dataclass(frozen=True, slots=True)
class Buckets:
    """A list of ``N`` or ``N-M``; `ranges` holds first and last of each, apart and in order."""

    KIND: ClassVar[Kind] = Kind.STRING
    LABEL: ClassVar[str] = "list of buckets"
    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the sections.

        Raises:
            ArgumentError: sections that are no bucket or range of buckets.
        """
        ranges, findings = [], []
        for start, section in _elements(text):
            try:
                ranges.append(parse_section(section))
            except BucketError as error:
                end = start + len(section)
                findings.append(Finding(error.message, start, end, _BUCKETS, "", error.reference))
        if findings:
            raise ArgumentError(findings)
        return cls(join_ranges(ranges))


@dataclass(frozen=True, slots=True)
class Address:
    """One address, IPv4 or IPv6."""

    KIND: ClassVar[Kind] = Kind.STRING
    LABEL: ClassVar[str] = "address"
    value: int
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it.

        Raises:
            ArgumentError: no address.
        """
        value = parse_address(text)
        if value is None:
            raise ArgumentError([_no_address(text, 0, -1)])
        return cls(value, text)


@dataclass(frozen=True, slots=True)
class Addresses:
    """A list of addresses."""

    KIND: ClassVar[Kind] = Kind.STRING
    LABEL: ClassVar[str] = "list of addresses"
    values: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read each element.

        Raises:
            ArgumentError: elements that are no address.
        """
        values, findings = [], []
        for start, each in _elements(text):
            value = parse_address(each)
            if value is None:
                findings.append(_no_address(each, start, start + len(each)))
            else:
                values.append(value)
        if findings:
            raise ArgumentError(findings)
        return cls(frozenset(values))


@dataclass(frozen=True, slots=True)
class TimePoint:
    """``YYYYMMDDhhmmssZ``; `seconds` since the epoch."""

    KIND: ClassVar[Kind] = Kind.STRING
    LABEL: ClassVar[str] = "time"
    seconds: int
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it.

        Raises:
            ArgumentError: no time.
        """
        try:
            return cls(parse_time_point(text), text)
        except ClockError as error:
            raise ArgumentError([_no_time(text, error)]) from None


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """``hhmmssZ``: `seconds` since midnight, `offset` of the zone from UTC in seconds."""

    KIND: ClassVar[Kind] = Kind.STRING
    LABEL: ClassVar[str] = "time of day"
    seconds: int
    offset: int
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it.

        Raises:
            ArgumentError: no time of day.
        """
        try:
            seconds, offset = parse_time_of_day(text)
        except ClockError as error:
            raise ArgumentError([_no_time(text, error)]) from None
        return cls(seconds, offset, text)


def _elements(text: str) -> list[tuple[int, str]]:
    """Elements of a list with their offsets."""
    elements, start = [], 0
    for each in text.split("|"):
        elements.append((start, each))
        start += len(each) + 1
    return elements


def _no_address(text: str, start: int, end: int) -> Finding:
    expected = "an address such as 10.0.0.1 or 2001:db8::1"
    ends = network_ends(text)
    if ends is not None:
        expected = f'a range has two addresses: "{ends[0]}", "{ends[1]}"'
    reference = f"invalid IP addr string:{text}"
    return Finding(f"`{text}` is no address", start, end, expected, "", reference)


def _no_time(text: str, error: ClockError) -> Finding:
    # BFE names the argument; whoever knows its name puts it in.
    reference = f"{PARAMETER}Time format invalid, err:{error.reference}"
    return Finding(f"`{text}` is no time", expected=error.expected, reference=reference)
