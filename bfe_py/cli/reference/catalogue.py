"""Everything that is declared in the package: modules, counters, and families of metrics."""

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import bfe_py
from bfe_py import modules
from bfe_py.observe import Counters
from bfe_py.pipeline import Module, load_modules

_NAME = re.compile(r"bfe_[a-z0-9_]+")
_MAIN_FILE = ".module"
_DECLARATION = "(Counters, prefix="


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as Prometheus sees it; `bfe` is where BFE's pages show it, empty for nowhere."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str
    bfe: str = ""


@cache
def all_modules() -> dict[str, Module]:
    """Every module by name, in the order in which they run."""
    return load_modules(modules)


def module_text(module: Module) -> str:
    """What the source of a module says of it: its package, or its file if it is one."""
    source = sys.modules[module.build.__module__.removesuffix(_MAIN_FILE)]
    return inspect.getdoc(source) or ""


@cache
def counted_metrics() -> tuple[Metric, ...]:
    """Every declared counter, by name."""
    for path in source_files():
        if _DECLARATION in path.read_text("utf-8"):
            name = ".".join(path.relative_to(_root().parent).with_suffix("").parts)
            importlib.import_module(name)
    found = [metric for declared in _declarations() for metric in _metrics_of(declared)]
    return tuple(sorted(found, key=lambda metric: metric.name))


def metrics_of_module(module: Module) -> list[Metric]:
    """Counters that a module declares."""
    package = module.build.__module__.removesuffix(_MAIN_FILE)
    return [
        metric
        for declared in _declarations()
        if f"{declared.__module__}.".startswith(f"{package}.")
        for metric in _metrics_of(declared)
    ]


@cache
def other_metrics() -> tuple[Metric, ...]:
    """Families that are made elsewhere: name and help stand beside each other in the source."""
    known = {metric.name.removesuffix("_total") for metric in counted_metrics()}
    found: dict[str, Metric] = {}
    for path in source_files():
        for node in ast.walk(ast.parse(path.read_bytes())):
            metric = _family(node)
            if metric is not None and metric.name.removesuffix("_total") not in known:
                found[metric.name] = metric
    return tuple(found[name] for name in sorted(found))


def source_files() -> list[Path]:
    """Every source file of the package."""
    return sorted(_root().rglob("*.py"))


def _root() -> Path:
    return Path(bfe_py.__file__).parent


def _declarations() -> Iterator[type[Counters]]:
    waiting = [Counters]
    while waiting:
        for declared in waiting.pop().__subclasses__():
            waiting.append(declared)
            if declared.__module__.startswith(f"{bfe_py.__name__}."):
                yield declared


def _metrics_of(declared: type[Counters]) -> list[Metric]:
    return [
        Metric(
            f"{declared.prefix}_{name}" + ("_total" if one.kind == "counter" else ""),
            one.kind,
            declared.labels,
            one.help,
            one.bfe,
        )
        for name, one in declared.declared.items()
    ]


_KINDS = {
    "CounterMetricFamily": "counter",
    "GaugeMetricFamily": "gauge",
    "InfoMetricFamily": "info",
    "histogram": "histogram",
}


def _family(node: ast.AST) -> Metric | None:
    """The family that a call (or a row of a table of families) makes, or None."""
    match node:
        case ast.Call(
            func=ast.Name(id=maker) | ast.Attribute(attr=maker),
            args=[ast.Constant(value=str(name)), ast.Constant(value=str(text)), *_],
        ) if maker in _KINDS:
            kind = _KINDS[maker]
            suffix = {"counter": "_total", "info": "_info"}.get(kind, "")
            return Metric(name + suffix, kind, _labels_of(node), text)
        case ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Constant(value=str(text)), _]):
            is_metric = _NAME.fullmatch(name) is not None
            return Metric(name, "gauge", (), text) if is_metric else None
        case _:
            return None


def _labels_of(call: ast.Call) -> tuple[str, ...]:
    for keyword in call.keywords:
        if keyword.arg == "labels" and isinstance(keyword.value, ast.List):
            return tuple(
                str(element.value) if isinstance(element, ast.Constant) else "worker"
                for element in keyword.value.elts
            )
    return ()
