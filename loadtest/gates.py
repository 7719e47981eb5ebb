"""What the project promises about its speed, and whether a run kept it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from loadtest.figures import Book, Figure
from loadtest.scenarios import bodies, cpu, idle, reload, rules, soak

Verdict = Literal["pass", "FAIL", "not measured"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One promise and what became of it; `scenario` measures it.

    `value` is a median or a ratio of medians, `least` and `most` what the rounds would allow.
    """

    scenario: str
    promise: str
    limit: str
    verdict: Verdict
    value: float | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class _Promise:
    """`is_least`: the limit is one from below."""

    scenario: str
    text: str
    limit: float
    is_least: bool = False

    def judge(self, value: float, least: float, most: float) -> Outcome:
        is_kept = value >= self.limit if self.is_least else value <= self.limit
        return self._outcome("pass" if is_kept else "FAIL", (value, least, most))

    def leave_open(self) -> Outcome:
        return self._outcome("not measured", (None, None, None))

    def judge_ratio(self, ours: Figure | None, other: Figure | None) -> Outcome:
        if ours is None or other is None or not other.least:
            return self.leave_open()
        ratio = ours.median / other.median
        return self.judge(ratio, ours.least / other.most, ours.most / other.least)

    def judge_figure(self, figure: Figure | None) -> Outcome:
        if figure is None:
            return self.leave_open()
        return self.judge(figure.median, figure.least, figure.most)

    def _outcome(
        self, verdict: Verdict, values: tuple[float | None, float | None, float | None]
    ) -> Outcome:
        return Outcome(
            scenario=self.scenario,
            promise=self.text,
            limit=f"{'≥' if self.is_least else '≤'} {self.limit:g}",
            verdict=verdict,
            value=values[0],
            least=values[1],
            most=values[2],
        )


def judge(book: Book) -> list[Outcome]:
    """Every promise."""
    return [
        *_cpu(book),
        *[_throughput(book, way) for way in (bodies.DOWN, bodies.UP)],
        *[_idle(book, count) for count in idle.COUNTS],
        *[_rules(book, place) for place in (rules.MIDDLE, rules.END)],
        *_starts(book),
        *_reloads(book),
        _soak(book),
    ]


def are_kept(outcomes: Iterable[Outcome], scenarios: Iterable[str]) -> bool:
    """Whether all promises that `scenarios` measure were measured and kept."""
    asked = set(scenarios)
    return all(one.verdict == "pass" for one in outcomes if one.scenario in asked)


def _cpu(book: Book) -> list[Outcome]:
    by_proxy = {
        name: book.find(cpu.SCENARIO, cpu.KEPT, name, "cpu_us")
        for name in ("bfe-py", "bfe-py bare", "nginx", "nginx bare", "caddy", "traefik")
    }
    gophers = [one for one in (by_proxy["caddy"], by_proxy["traefik"]) if one]
    better = min(gophers, key=lambda one: one.median, default=None)
    text = "CPU for a request, "
    return [
        _Promise(cpu.SCENARIO, f"{text}modules and log / nginx with log", 2.2).judge_ratio(
            by_proxy["bfe-py"], by_proxy["nginx"]
        ),
        _Promise(
            cpu.SCENARIO, f"{text}modules and log / better of Caddy, Traefik", 0.5
        ).judge_ratio(by_proxy["bfe-py"], better),
        _Promise(cpu.SCENARIO, f"{text}bare / nginx without log", 1.9).judge_ratio(
            by_proxy["bfe-py bare"], by_proxy["nginx bare"]
        ),
    ]


def _throughput(book: Book, way: str) -> Outcome:
    task = bodies.task_name(bodies.LARGEST, way)
    ours, nginx = [
        book.find(bodies.SCENARIO, task, name, "mib_per_cpu_second") for name in ("bfe-py", "nginx")
    ]
    text = f"throughput of one core, {task} / nginx"
    return _Promise(bodies.SCENARIO, text, 0.7, is_least=True).judge_ratio(ours, nginx)


def _idle(book: Book, count: int) -> Outcome:
    task = idle.task_name(count)
    figure = book.find(idle.SCENARIO, task, "bfe-py", "kib_per_connection")
    return _Promise(idle.SCENARIO, f"KiB for an idle connection of {task}", 8).judge_figure(figure)


def _rules(book: Book, place: str) -> Outcome:
    few, many = [
        book.find(rules.SCENARIO, rules.task_name(count, place), "bfe-py bare", "cpu_us")
        for count in (rules.SIZES[0], rules.SIZES[-1])
    ]
    text = f"CPU for a request, {rules.SIZES[-1]:,} rules / {rules.SIZES[0]}, {place} matches"
    return _Promise(rules.SCENARIO, text, 1.25).judge_ratio(many, few)


_BARE = "bfe-py bare"


def _starts(book: Book) -> list[Outcome]:
    limits = [
        (reload.named(task, notation), limit)
        for notation in (reload.BFE, reload.OWN)
        for task, limit in ((reload.COLD, 10.0), (reload.CACHED, 2.0))
    ]
    return [
        _Promise(reload.SCENARIO, f"seconds: {task}", limit).judge_figure(
            book.find(reload.SCENARIO, task, _BARE, "seconds")
        )
        for task, limit in [(reload.DEFAULT, 0.5), *limits]
    ]


def _reloads(book: Book) -> list[Outcome]:
    def find(task: str, metric: str) -> Figure | None:
        return book.find(reload.SCENARIO, task, _BARE, metric)

    live = f"seconds until live: {reload.CHANGE} of {reload.RULES:,}"
    late, early = [
        find(f"{reload.MEMORY}, {number}", "proportional_kib")
        for number in (reload.LATE, reload.EARLY)
    ]
    return [
        _Promise(reload.SCENARIO, live, 1.0).judge_figure(find(reload.CHANGE, "seconds")),
        _Promise(reload.SCENARIO, "p99 with a reload each second / without", 1.2).judge_ratio(
            find(reload.RELOADING, "p99_ms"), find(reload.STILL, "p99_ms")
        ),
        _Promise(
            reload.SCENARIO, f"memory behind {reload.LATE} reloads / behind {reload.EARLY}", 1.05
        ).judge_ratio(late, early),
        _Promise(reload.SCENARIO, f"most ms late: {reload.REPLACING}", 50.0).judge_figure(
            find(reload.REPLACING, "most_ms")
        ),
    ]


def _soak(book: Book) -> Outcome:
    promise = _Promise(soak.SCENARIO, "memory in the last quarter of a soak / the one before", 1.02)
    place = soak.SCENARIO, soak.TASK, "bfe-py"
    resident = book.find(*place, "resident_kib")
    grown = soak.growth(resident.values) if resident else None
    return promise.leave_open() if grown is None else promise.judge(grown, grown, grown)
