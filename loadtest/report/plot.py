"""The picture of a run: a panel of bars for each of the main figures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from loadtest.report import svg
from loadtest.report.record import Record
from loadtest.report.table import number
from loadtest.scenarios import bodies, cpu, idle, latency, rules

_WIDTH = 900.0
_LEFT = 220.0
_RIGHT = 90.0
_ROW = 22.0
_BAR = 14.0
_PANEL_HEAD = 44.0
_PANEL_FOOT = 46.0
_COLOURS = ("#3b6ea8", "#9dbce0")
_OUR_COLOURS = ("#c4622d", "#efb592")
_OURS = "bfe-py"


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: parts that add up, and the range of their sum over all rounds."""

    label: str
    parts: tuple[float, ...]
    least: float
    most: float
    is_ours: bool

    @property
    def total(self) -> float:
        """The length of the bar."""
        return sum(self.parts)


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart. `parts` names what the bars are made of, where that is more than one thing."""

    title: str
    axis: str
    bars: tuple[Bar, ...]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a panel has its figures: `metric` is the length of bars, `parts` what it is made of."""

    scenario: str
    task: str
    metric: str
    parts: tuple[str, ...] = ()


_SPLIT = ("cpu_user_us", "cpu_system_us")
_PART_NAMES = {"cpu_user_us": "user", "cpu_system_us": "system"}
_DOWN, _UP = (bodies.task_name(bodies.LARGEST, way) for way in (bodies.DOWN, bodies.UP))

_CPU_PANELS = (
    (
        "CPU for one request, 64 kept-alive connections",
        "µs",
        _Place(cpu.SCENARIO, cpu.KEPT, "cpu_us", _SPLIT),
    ),
    (
        "CPU for one request, each on a new connection",
        "µs",
        _Place(cpu.SCENARIO, cpu.NEW, "cpu_us", _SPLIT),
    ),
    (
        "Requests a second, 64 kept-alive connections",
        "requests/s",
        _Place(cpu.SCENARIO, cpu.KEPT, "requests_per_second"),
    ),
)
_OTHER_PANELS = (
    *[
        (
            f"Bodies of {task}",
            "MiB for a second of CPU",
            _Place(bodies.SCENARIO, task, "mib_per_cpu_second"),
        )
        for task in (_DOWN, _UP)
    ],
    *[
        (
            f"Memory of an idle connection, of {idle.task_name(count)}",
            "KiB",
            _Place(idle.SCENARIO, idle.task_name(count), "kib_per_connection"),
        )
        for count in idle.COUNTS
    ],
)


def render(record: Record) -> str:
    """The picture as SVG; panels without figures are left out."""
    marks: list[str] = []
    top = 34.0
    title = f"Load test of {record.started}"
    marks.append(svg.text(20, 24, title, size=15, look="font-weight='bold'"))
    for panel in panels(record):
        marks += _draw(panel, top)
        top += _height(panel)
    return svg.document(_WIDTH, top + 10, title, marks)


def panels(record: Record) -> Iterator[Panel]:
    """What is drawn."""
    wanted = (*_CPU_PANELS, *_latency_panels(record), *_OTHER_PANELS)
    for title, axis, place in wanted:
        bars = tuple(_bars(record, place))
        if bars:
            yield Panel(title, axis, bars, tuple(_PART_NAMES[part] for part in place.parts))
    yield from _rules_panel(record)


def _bars(record: Record, place: _Place) -> Iterator[Bar]:
    for proxy in record.proxies(place.scenario):
        total = record.find(place.scenario, place.task, proxy, place.metric)
        if total is None:
            continue
        parts = [
            record.find(place.scenario, place.task, proxy, part)
            for part in place.parts or (place.metric,)
        ]
        lengths = tuple(part.median for part in parts if part)
        yield Bar(proxy, lengths, total.least, total.most, proxy.startswith(_OURS))


def _latency_panels(record: Record) -> Iterator[tuple[str, str, _Place]]:
    for task in record.tasks(latency.SCENARIO):
        for metric, name in (("p50_ms", "Median"), ("p99_ms", "99th percentile of")):
            yield f"{name} latency at {task}", "ms", _Place(latency.SCENARIO, task, metric)


def _rules_panel(record: Record) -> Iterator[Panel]:
    bars = []
    for task in record.tasks(rules.SCENARIO):
        for proxy in record.proxies(rules.SCENARIO):
            figure = record.find(rules.SCENARIO, task, proxy, "cpu_us")
            if figure:
                bars.append(Bar(task, (figure.median,), figure.least, figure.most, is_ours=True))
    if bars:
        yield Panel("CPU for one request with many rules, bfe-py bare", "µs", tuple(bars))


def _height(panel: Panel) -> float:
    return _PANEL_HEAD + _ROW * len(panel.bars) + _PANEL_FOOT


def _draw(panel: Panel, top: float) -> Iterator[str]:
    longest = max(max(one.most, one.total) for one in panel.bars)
    steps = ticks(longest)
    scale = (_WIDTH - _LEFT - _RIGHT) / steps[-1]
    bottom = top + _PANEL_HEAD + _ROW * len(panel.bars)
    yield svg.text(20, top + 24, panel.title, size=13, look="font-weight='bold'")
    yield from _legend(panel, top)
    for step in steps:
        x = _LEFT + step * scale
        yield svg.line((x, top + _PANEL_HEAD - 4), (x, bottom), svg.GRID, 1)
        look = f"text-anchor='middle' fill='{svg.FAINT}'"
        yield svg.text(x, bottom + 14, number(step), size=10, look=look)
    middle = _LEFT + steps[-1] * scale / 2
    yield svg.text(middle, bottom + 30, panel.axis, size=11, look="text-anchor='middle'")
    yield svg.line((_LEFT, top + _PANEL_HEAD - 4), (_LEFT, bottom), svg.INK, 1)
    for position, one in enumerate(panel.bars):
        yield from _draw_bar(one, top + _PANEL_HEAD + _ROW * position, scale, panel.parts)


def _legend(panel: Panel, top: float) -> Iterator[str]:
    x = _WIDTH - _RIGHT - 90 * len(panel.parts)
    for part, colour in zip(panel.parts, _COLOURS, strict=False):
        yield svg.bar((x, top + 14), (11, 11), colour, part)
        yield svg.text(x + 16, top + 24, part, size=11)
        x += 90


def _draw_bar(one: Bar, top: float, scale: float, names: Sequence[str]) -> Iterator[str]:
    yield svg.text(_LEFT - 8, top + 12, one.label, look="text-anchor='end'")
    x = _LEFT
    colours = _OUR_COLOURS if one.is_ours else _COLOURS
    for position, part in enumerate(one.parts):
        name = names[position] if position < len(names) else one.label
        tip = f"{one.label}: {name} {number(part)}"
        yield svg.bar((x, top), (part * scale, _BAR), colours[position], tip)
        x += part * scale
    least, most = _LEFT + one.least * scale, _LEFT + one.most * scale
    y = top + _BAR / 2
    yield svg.line((least, y), (most, y), svg.INK, 1.2)
    for end in (least, most):
        yield svg.line((end, y - 3), (end, y + 3), svg.INK, 1.2)
    yield svg.text(max(x, most) + 6, top + 12, number(one.total), size=11)


def ticks(longest: float) -> list[float]:
    """Round numbers from 0 to beyond `longest`, five or so."""
    if longest <= 0:
        return [0.0, 1.0]
    rough = longest / 5
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [step * position for position in range(ceil(longest / step) + 1)]
