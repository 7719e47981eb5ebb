"""The report of a run in Markdown."""

from collections.abc import Iterable, Sequence

from loadtest.figures import Figure
from loadtest.report.layout import SECTIONS, Column, Section, Shape
from loadtest.report.record import Record

_NONE = "–"
_DISTURBED = 0.03
"""Of the core: what the system itself needs is far below."""


def render(record: Record, plot: str) -> str:
    """The whole page; `plot` is the name of the picture beside it."""
    parts = [
        f"# Load test of {record.started}",
        _describe(record),
        "## Gates",
        _gates(record),
        *_warning(record),
        f"![All figures that are drawn]({plot})",
    ]
    for section in SECTIONS:
        if record.tasks(section.scenario):
            parts += [f"## {section.title}", section.text, *_tables(record, section)]
    if record.failures or record.missing:
        parts += ["## Not measured", _failures(record)]
    return "\n\n".join(parts) + "\n"


def summary(record: Record) -> str:
    """What is printed at the end: the gates, and who is missing."""
    parts = [_gates(record), *_warning(record)]
    if record.failures or record.missing:
        parts.append(_failures(record))
    return "\n\n".join(parts)


def _describe(record: Record) -> str:
    machine, settings = record.machine, record.settings
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    return "\n".join(
        [
            f"- machine: {machine.cpu}, {machine.cores} cores, Linux {machine.kernel}, "
            f"{machine.python}; a fixed loop of Python takes {machine.calibration_ms:.1f} ms",
            f"- proxies: {versions}",
            f"- commit: {record.commit}",
            f"- {settings.rounds} rounds of {settings.seconds} s, {record.minutes:.0f} minutes "
            "in all",
            "",
            "Cells are medians of all rounds, with the least and the most in parentheses. Only "
            "ratios within one run say something.",
        ]
    )


def _gates(record: Record) -> str:
    rows = []
    for one in record.outcomes:
        value = _NONE
        if one.value is not None and one.least is not None and one.most is not None:
            value = f"{one.value:.2f} ({one.least:.2f}–{one.most:.2f})"
        rows.append((one.promise, value, one.limit, one.verdict))
    return markdown(("gate", "measured", "limit", "verdict"), rows)


def _warning(record: Record) -> list[str]:
    if record.foreign <= _DISTURBED:
        return []
    return [
        f"Not to be trusted: the proxies' core worked {record.foreign:.0%} of the time for "
        "somebody else."
    ]


def _failures(record: Record) -> str:
    lines = [f"- {name}: not installed" for name in record.missing]
    for name, reason in record.failures.items():
        first, *more = reason.strip().splitlines() or [""]
        lines.append(f"- {name}: {first}")
        lines += [f"      {line}" for line in more]
    return "\n".join(lines)


def _tables(record: Record, section: Section) -> Iterable[str]:
    tasks, proxies = record.tasks(section.scenario), record.proxies(section.scenario)
    match section.shape:
        case Shape.PROXIES_BY_METRICS:
            for task in tasks:
                yield f"### {task[:1].upper()}{task[1:]}"
                rows = [
                    (proxy, *_cells(record, (section.scenario, task, proxy), section.columns))
                    for proxy in proxies
                ]
                yield markdown(("proxy", *[one.title for one in section.columns]), rows)
        case Shape.TASKS_BY_METRICS:
            rows = [
                (task, *_cells(record, (section.scenario, task, proxy), section.columns))
                for proxy in proxies
                for task in tasks
            ]
            yield markdown(("task", *[one.title for one in section.columns]), rows)
        case Shape.PROXIES_BY_TASKS:
            for column in section.columns:
                yield f"### {column.title}"
                yield markdown(("proxy", *tasks), _by_tasks(record, section.scenario, column))


def _by_tasks(record: Record, scenario: str, column: Column) -> list[Sequence[str]]:
    return [
        (
            proxy,
            *[
                _cell(record.find(scenario, task, proxy, column.metric), column)
                for task in record.tasks(scenario)
            ],
        )
        for proxy in record.proxies(scenario)
    ]


def _cells(record: Record, place: tuple[str, str, str], columns: Sequence[Column]) -> list[str]:
    return [_cell(record.find(*place, one.metric), one) for one in columns]


def _cell(figure: Figure | None, column: Column) -> str:
    if figure is None:
        return _NONE
    if column.is_sum:
        return f"{sum(figure.values):,.0f}"
    middle = number(figure.median)
    if column.is_plain or len(figure.values) == 1:
        return middle
    return f"{middle} ({number(figure.least)}–{number(figure.most)})"


def number(value: float) -> str:
    """A number with three digits that count, at least; thousands apart."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are numbers and stand to the right."""
    marks = ["---", *["---:" for _ in head[1:]]]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, marks, *rows))
