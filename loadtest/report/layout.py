"""Which figures a report shows, and what it says about them."""

from dataclasses import dataclass
from enum import Enum

from loadtest.scenarios import bodies, connections, cpu, idle, latency, reload, rules, soak


class Shape(Enum):
    """What stands in rows and what in columns."""

    PROXIES_BY_METRICS = "a table for each task"
    PROXIES_BY_TASKS = "a table for each metric"
    TASKS_BY_METRICS = "one table of one proxy"


@dataclass(frozen=True, slots=True)
class Column:
    """One metric. `is_plain`: without its range; `is_sum`: all rounds added up."""

    title: str
    metric: str
    is_plain: bool = False
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One scenario in the report."""

    scenario: str
    title: str
    text: str
    shape: Shape
    columns: tuple[Column, ...]


_FAILED = Column("failed", "failed", is_sum=True)
_FOREIGN = Column("core used by others", "foreign", is_plain=True)
_CPU = Column("CPU µs", "cpu_us")
_RATE = Column("requests/s", "requests_per_second")

SECTIONS = (
    Section(
        cpu.SCENARIO,
        "CPU for one request",
        f"{cpu.CONNECTIONS} connections, answers of 1 KiB, ten request fields. CPU of the "
        "processes that serve: of bfe-py and nginx the worker alone, of the others everything; "
        "“all processes” has the rest. “Core used” near 1: the proxy was the bottleneck.",
        Shape.PROXIES_BY_METRICS,
        (
            _RATE,
            _CPU,
            Column("user µs", "cpu_user_us", is_plain=True),
            Column("system µs", "cpu_system_us", is_plain=True),
            Column("all processes µs", "cpu_whole_us", is_plain=True),
            Column("core used", "core_used", is_plain=True),
            _FOREIGN,
            _FAILED,
        ),
    ),
    Section(
        latency.SCENARIO,
        "Latency at a fixed rate",
        f"Milliseconds from when a request was due (open loop, Poisson, {cpu.CONNECTIONS} "
        "connections, the same moments for all); “no proxy” goes straight to the backend.",
        Shape.PROXIES_BY_METRICS,
        (
            Column("p50 ms", "p50_ms"),
            Column("p90 ms", "p90_ms", is_plain=True),
            Column("p99 ms", "p99_ms"),
            Column("p99.9 ms", "p999_ms", is_plain=True),
            Column("most ms", "most_ms", is_plain=True),
            Column("core used", "core_used", is_plain=True),
            _FOREIGN,
            _FAILED,
        ),
    ),
    Section(
        bodies.SCENARIO,
        "Bodies",
        "64 connections, four for 10 MiB; kept alive.",
        Shape.PROXIES_BY_TASKS,
        (
            _CPU,
            Column("MiB for a second of CPU", "mib_per_cpu_second"),
            Column("MiB/s", "mib_per_second", is_plain=True),
            Column("failed", "failed", is_sum=True),
        ),
    ),
    Section(
        connections.SCENARIO,
        "Connections",
        "So many at once; “kept” over all requests, or “new” for each.",
        Shape.PROXIES_BY_TASKS,
        (_CPU, _RATE, _FAILED),
    ),
    Section(
        idle.SCENARIO,
        "Idle connections",
        "Kept-alive connections that each had one answer: memory (PSS of all processes) beyond "
        "that of the same proxy before them.",
        Shape.PROXIES_BY_TASKS,
        (
            Column("KiB for each connection", "kib_per_connection"),
            Column("resident MiB in all", "resident_mib", is_plain=True),
        ),
    ),
    Section(
        rules.SCENARIO,
        "Rules",
        "Routing conditions of one tenant of bfe-py without modules; 30 % of them are distinct.",
        Shape.TASKS_BY_METRICS,
        (
            _CPU,
            _RATE,
            Column("start s", "start_seconds", is_plain=True),
            Column("resident MiB", "resident_mib", is_plain=True),
            _FAILED,
        ),
    ),
    Section(
        reload.SCENARIO,
        "Starts and reloads",
        f"bfe-py without modules, {reload.RULES:,} rules of {reload.TENANTS:,} tenants; all its "
        "processes on one core. Seconds: until the first answer, or until a change is live.",
        Shape.TASKS_BY_METRICS,
        (
            Column("seconds", "seconds"),
            Column("p50 ms", "p50_ms", is_plain=True),
            Column("p99 ms", "p99_ms"),
            Column("p99.9 ms", "p999_ms", is_plain=True),
            Column("most ms", "most_ms"),
            Column("PSS KiB", "proportional_kib", is_plain=True),
            _FAILED,
        ),
    ),
    Section(
        soak.SCENARIO,
        "Soak",
        "bfe-py with its modules under a cycle of loads; memory behind each cycle.",
        Shape.TASKS_BY_METRICS,
        (
            Column("resident KiB", "resident_kib"),
            Column("requests", "requests", is_sum=True),
            _FAILED,
        ),
    ),
)
