"""Memory for each idle kept-alive connection."""

import time

from loadtest.backend import path_of
from loadtest.field import Field
from loadtest.idle import IdleConnections
from loadtest.load import LoadError, Shot, shoot
from loadtest.measure import Memory, read_memory
from loadtest.processes import StartError
from loadtest.proxy import Proxy, Running
from loadtest.scenarios.cpu import BODY, CONNECTIONS

SCENARIO = "idle"
COUNTS = (1000, 10_000)

_ROUNDS = 2
_WARM_SECONDS = 1
_SPARE = 200
"""Descriptors that a process needs for other things."""
_SETTLE_SECONDS = 1.0


def task_name(count: int) -> str:
    """How a task is called."""
    return f"{count:,} connections"


def run_idle(field: Field) -> None:
    """Each proxy afresh, so that what others left behind does not count."""
    field.say(SCENARIO)
    counts = [count for count in COUNTS if count + _SPARE <= field.site.descriptors]
    for count in sorted(set(COUNTS) - set(counts)):
        field.say(f"  {count:,} connections need more open files than {field.site.descriptors:,}")
    for _ in range(min(field.pace.rounds, _ROUNDS)):
        for proxy in field.proxies:
            _one(field, proxy, counts)


def _one(field: Field, proxy: Proxy, counts: list[int]) -> None:
    try:
        with field.one(proxy) as started:
            warm = Shot(path_of(BODY), CONNECTIONS).at(started.port, _WARM_SECONDS)
            shoot(warm, field.site.folder, field.site.cores.load)
            _grow(field, started, counts)
    except (StartError, LoadError) as error:
        field.lose(f"{proxy.name}, {SCENARIO}", str(error))


def _grow(field: Field, proxy: Running, counts: list[int]) -> None:
    before = _settled(proxy)
    with IdleConnections(proxy.port, path_of(BODY)) as connections:
        for count in counts:
            connections.grow(count)
            now = _settled(proxy)
            still = connections.count_open()
            if still < count:
                raise LoadError(f"it closed {count - still} of {count} idle connections")
            metrics = per_connection(before, now, count)
            field.book.note(SCENARIO, task_name(count), proxy.proxy, metrics)
            kib = metrics["kib_per_connection"]
            field.say(f"  {proxy.proxy:12} {count:6,} connections: {kib:.2f} KiB each")


def per_connection(before: Memory, now: Memory, count: int) -> dict[str, float]:
    """Metrics of `count` connections more."""
    return {
        "kib_per_connection": (now.proportional - before.proportional) / count,
        "resident_kib_per_connection": (now.resident - before.resident) / count,
        "resident_mib": now.resident / 1024,
    }


def _settled(proxy: Running) -> Memory:
    time.sleep(_SETTLE_SECONDS)
    return read_memory(proxy.all_pids())
