"""What was measured: one figure for each metric of a proxy at a task, all rounds together."""

import statistics
from collections.abc import Iterator

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Values of one metric, a value for each round.

    `scenario` is what `--only` takes, `task` what the proxies had to do, `metric` has its unit in
    its name.
    """

    scenario: str
    task: str
    proxy: str
    metric: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        """The smallest one."""
        return min(self.values)

    @property
    def most(self) -> float:
        """The largest one."""
        return max(self.values)


_Key = tuple[str, str, str, str]


class Book:
    """All figures of a run, and what could not be measured."""

    def __init__(self) -> None:
        self._values: dict[_Key, list[float]] = {}
        self.failures: dict[str, str] = {}

    def note(self, scenario: str, task: str, proxy: str, metrics: dict[str, float]) -> None:
        """One round's values: metric to value."""
        for metric, value in metrics.items():
            self._values.setdefault((scenario, task, proxy, metric), []).append(value)

    def fail(self, what: str, reason: str) -> None:
        """Something could not be measured; the first reason is kept."""
        self.failures.setdefault(what, reason)

    def find(self, scenario: str, task: str, proxy: str, metric: str) -> Figure | None:
        """One figure, None if it was not measured."""
        values = self._values.get((scenario, task, proxy, metric))
        return _figure((scenario, task, proxy, metric), values) if values else None

    def figures(self, scenario: str | None = None) -> Iterator[Figure]:
        """Every figure, in the order of measuring."""
        for key, values in self._values.items():
            if scenario in {None, key[0]}:
                yield _figure(key, values)


def _figure(key: _Key, values: list[float]) -> Figure:
    scenario, task, proxy, metric = key
    return Figure(scenario=scenario, task=task, proxy=proxy, metric=metric, values=tuple(values))
