"""Host patterns, found without regard to case.

A pattern is an exact host, ``*.suffix`` (one label or more before the suffix) or ``*`` (any host,
the empty one too). The exact host wins, then the longest suffix, then ``*``. That is what BFE's
trie over reversed labels answers; here it is one dictionary of exact hosts and one of suffixes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class HostEntry:
    """Owner of a host: the tenant, and the tag under which the host table lists it."""

    tenant: str
    tag: str


class HostTable(Generic[V]):
    """Value of a host by exact name, longest wildcard suffix or ``*``.

    Of patterns that differ in case or in one dot at the end only, the last one counts. A pattern
    with a label ``*`` anywhere but in front matches nothing, as in BFE; ``*x.test`` is no wildcard
    and matches only that text.
    """

    __slots__ = ("_any", "_exact", "_longest", "_suffixes")

    def __init__(self, entries: Iterable[tuple[str, V]] = ()) -> None:
        self._exact: dict[str, V] = {}
        self._suffixes: dict[str, V] = {}
        self._any: V | None = None
        for pattern, value in entries:
            self._add(_normal(pattern), value)
        self._longest = max(map(len, self._suffixes), default=0)

    def _add(self, pattern: str, value: V) -> None:
        first, dot, rest = pattern.partition(".")
        if "*" in rest.split("."):
            return
        if first != "*":
            self._exact[pattern] = value
        elif dot:
            self._suffixes[rest] = value
        else:
            self._any = value

    def find(self, host: str) -> V | None:
        """Value of `host` (without a port; one dot at its end does not count), or None."""
        name = host.lower()
        if name[-1:] == ".":
            name = name[:-1]
        value = self._exact.get(name)
        if value is not None:
            return value
        if self._suffixes:
            # Nothing longer than the longest suffix is looked up, so a host of a thousand labels
            # costs no more than one of a few.
            dot = name.find(".", max(0, len(name) - self._longest - 1))
            while dot >= 0:
                value = self._suffixes.get(name[dot + 1 :])
                if value is not None:
                    return value
                dot = name.find(".", dot + 1)
        return self._any

    def convert(self, function: Callable[[V], W]) -> "HostTable[W]":
        """The same patterns with `function` of each value."""
        table: HostTable[W] = HostTable()
        table._exact = {host: function(value) for host, value in self._exact.items()}
        table._suffixes = {suffix: function(value) for suffix, value in self._suffixes.items()}
        table._any = None if self._any is None else function(self._any)
        table._longest = self._longest
        return table


def _normal(pattern: str) -> str:
    return pattern.lower().removesuffix(".")
