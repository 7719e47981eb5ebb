"""Index: which of many conditions may be true, without asking all of them.

Conditions are filed by their keys (`bfe_py.condition.keys`): first under the hosts that they need,
and where a host has more than a few of them, under paths within that host. What needs neither is a
candidate for every request. Candidates are looked at in their order, so the first one that is true
is the first of all that is true; the price is that of a request's own candidates.
"""

from bisect import bisect_left
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import cast

from bfe_py.condition.folding import fold
from bfe_py.condition.keys import Fact, Key, read_key
from bfe_py.condition.starts import Starts

FEW = 8
"""So many conditions are as fast asked one by one."""

_FEW_PATHS = 4
_FEW_SORTED = 64
_MOST_PAIRS = 4
"""Hosts times paths for each host and path that is written: bounds what one condition may take."""

_STEP = 100
"""So many conditions are filed between two steps."""

_Numbers = tuple[int, ...]


def index_conditions(texts: Sequence[str]) -> "Index | None":
    """Index of `texts`, or None where asking one by one is as good."""
    steps = index_steps(texts)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return cast("Index | None", done.value)


def index_steps(texts: Sequence[str]) -> "Generator[None, None, Index | None]":
    """The same, a little on each `next`; the index comes with `StopIteration`."""
    if len(texts) <= FEW:
        return None
    filed: dict[str, Key] = {}
    keys: dict[int, Key] = {}
    for number, text in enumerate(texts):
        key = filed.get(text)
        if key is None:
            key = filed[text] = read_key(text)
        elif key.is_steady:
            continue  # it was false when it stood before
        keys[number] = key
        if number % _STEP == _STEP - 1:
            yield
    if all(key.hosts is None and key.paths is None for key in filed.values()):
        return None
    return (yield from Index.steps(keys))


class Index:
    """Conditions by number, each with its key.

    `candidates` answers, lazily and in their order, the numbers of those that may be true.
    """

    __slots__ = ("_any", "_hosts", "_suffixes")

    def __init__(
        self,
        hosts: "Mapping[str, _Paths]",
        suffixes: "Starts[_Paths] | None",
        others: "_Paths",
    ) -> None:
        self._hosts = hosts
        self._suffixes = suffixes
        self._any = others

    @classmethod
    def steps(cls, keys: Mapping[int, Key]) -> "Generator[None, None, Index]":
        """Make the index of `keys`, a little on each `next`."""
        hosts: dict[str, list[int]] = {}
        suffixes: dict[str, list[int]] = {}
        others: list[int] = []
        for count, (number, key) in enumerate(keys.items()):
            if key.hosts is None:
                others.append(number)
            else:
                _file(number, key.hosts.whole, hosts)
                _file(number, key.hosts.starts, suffixes)
            if count % _STEP == _STEP - 1:
                yield
        every = yield from _Paths.steps(others, keys)
        by_host = yield from _all_paths(hosts, keys)
        by_suffix = yield from _all_paths(suffixes, keys)
        starts = (yield from Starts.steps(by_suffix, ".")) if by_suffix else None
        return cls(by_host, starts, every)

    def candidates(self, host: str, path: str) -> Iterable[int]:
        """Numbers of the conditions that may be true of a request, in order.

        Args:
            host: as conditions read it, without port.
            path: as conditions read it, percent-decoded.
        """
        name = host.upper() if host.isascii() else fold(host)
        folded = path.upper() if path.isascii() else fold(path)
        closed = folded if folded[-1:] == "/" else folded + "/"
        found: list[_Numbers] = []
        self._any.collect(folded, closed, found)
        own = self._hosts.get(name)
        if own is not None:
            own.collect(folded, closed, found)
        if self._suffixes is not None:
            for each in self._suffixes.find(name[::-1]):
                each.collect(folded, closed, found)
        if len(found) < 2:
            return found[0] if found else ()
        return _merge(found)


class _Paths:
    """Conditions of one host: those for `every` path, and where there are many, others by path."""

    __slots__ = ("_every", "_starts", "_whole")

    def __init__(self, every: Sequence[int]) -> None:
        self._whole: dict[str, _Numbers] | None = None
        self._starts: Starts[_Numbers] | None = None
        self._every = tuple(every)

    @classmethod
    def steps(cls, numbers: list[int], keys: Mapping[int, Key]) -> "Generator[None, None, _Paths]":
        """Make it of `numbers`, a little on each `next`."""
        if len(numbers) <= _FEW_PATHS:
            return cls(numbers)
        whole: dict[str, list[int]] = {}
        starts: dict[str, list[int]] = {}
        every: list[int] = []
        for count, number in enumerate(numbers):
            paths = keys[number].paths
            if paths is None or _has_many_pairs(keys[number].hosts, paths):
                every.append(number)
            else:
                _file(number, paths.whole, whole)
                _file(number, paths.starts, starts)
            if count % _STEP == _STEP - 1:
                yield
        found = cls(every)
        if whole:
            found._whole = {path: tuple(each) for path, each in whole.items()}
            yield
        if starts:
            tuples = {path: tuple(each) for path, each in starts.items()}
            found._starts = yield from Starts.steps(tuples, "/")
        return found

    def collect(self, path: str, closed: str, found: list[_Numbers]) -> None:
        """Add to `found` the conditions for a folded path; `closed` ends with a slash."""
        if self._every:
            found.append(self._every)
        if self._whole is not None:
            numbers = self._whole.get(path)
            if numbers is not None:
                found.append(numbers)
        if self._starts is not None:
            found += self._starts.find(closed)


def _all_paths(
    numbers: Mapping[str, list[int]], keys: Mapping[int, Key]
) -> "Generator[None, None, dict[str, _Paths]]":
    found: dict[str, _Paths] = {}
    for text, own in numbers.items():
        found[text] = yield from _Paths.steps(own, keys)
        if len(found) % _STEP == 0:
            yield
    return found


def _file(number: int, texts: Sequence[str], filed: dict[str, list[int]]) -> None:
    for text in texts if len(texts) < 2 else set(texts):
        numbers = filed.get(text)
        if numbers is None:
            filed[text] = [number]
        else:
            numbers.append(number)


def _has_many_pairs(hosts: Fact | None, paths: Fact) -> bool:
    if hosts is None:
        return False
    one, other = len(hosts.whole) + len(hosts.starts), len(paths.whole) + len(paths.starts)
    return one * other > _MOST_PAIRS * (one + other)


def _merge(found: list[_Numbers]) -> Iterable[int]:
    """All numbers of `found` in order, each once."""
    if sum(map(len, found)) <= _FEW_SORTED:
        return sorted(set().union(*found))
    found.sort(key=len)
    merged: Iterable[int] = found[0]
    for each in found[1:]:
        merged = _interleave(merged, each)
    return merged


def _interleave(few: Iterable[int], many: _Numbers) -> Iterator[int]:
    # Stretches of the longer one are handed on without a step of Python for each number.
    at = 0
    for number in few:
        stop = bisect_left(many, number, at)
        yield from map(many.__getitem__, range(at, stop))
        yield number
        at = stop + 1 if stop < len(many) and many[stop] == number else stop
    yield from map(many.__getitem__, range(at, len(many)))
