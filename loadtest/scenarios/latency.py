"""Latency at a fixed rate that every proxy can carry."""

import subprocess
import sys
from pathlib import Path

import msgspec

from loadtest.backend import path_of
from loadtest.field import Field
from loadtest.load import Hits, LoadError
from loadtest.openloop import Latency, Plan
from loadtest.processes import pinned
from loadtest.proxy import Running
from loadtest.scenarios.cpu import BODY, CONNECTIONS

SCENARIO = "latency"
DIRECT = "no proxy"
"""Straight to the backend: what client and backend need themselves."""

_ROOT = Path(__file__).resolve().parents[2]
_LATE_SECONDS = 20


def run_latency(field: Field) -> None:
    """All proxies in turn, round by round."""
    task = f"{field.pace.rate:,} requests/s"
    field.say(f"{SCENARIO}: {task}")
    with field.all() as proxies:
        for _ in range(field.pace.sweep(0).rounds):
            _note(field, task, DIRECT, _loop(field, field.site.backend))
            for proxy in proxies:
                try:
                    _one(field, task, proxy)
                except LoadError as error:
                    field.lose(f"{proxy.proxy}, {SCENARIO}", str(error))
        for name in (DIRECT, *[proxy.proxy for proxy in proxies]):
            middle = field.book.find(SCENARIO, task, name, "p50_ms")
            late = field.book.find(SCENARIO, task, name, "p99_ms")
            if middle and late:
                field.say(f"  {name:12} p50 {middle.median:.2f} ms, p99 {late.median:.2f} ms")


def _one(field: Field, task: str, proxy: Running) -> None:
    latencies: list[Latency] = []

    def load() -> Hits:
        latency = _loop(field, proxy.port)
        latencies.append(latency)
        return Hits(latency.requests, int(latency.seconds * 1e6), 0)

    taken = field.take(proxy, load)
    _note(field, task, proxy.proxy, latencies[0])
    metrics = {
        "core_used": taken.worker.total / latencies[0].seconds,
        "foreign": taken.foreign,
    }
    field.book.note(SCENARIO, task, proxy.proxy, metrics)


def _note(field: Field, task: str, name: str, latency: Latency) -> None:
    field.book.note(SCENARIO, task, name, in_milliseconds(latency))


def in_milliseconds(latency: Latency) -> dict[str, float]:
    """Latency as metrics."""
    return {
        "p50_ms": latency.p50,
        "p90_ms": latency.p90,
        "p99_ms": latency.p99,
        "p999_ms": latency.p999,
        "most_ms": latency.most,
        "failed": float(latency.failed),
    }


def _loop(field: Field, port: int) -> Latency:
    return open_loop(field, port, float(field.pace.seconds))


def open_loop(field: Field, port: int, seconds: float) -> Latency:
    """Run the open loop on the core of the load.

    Raises:
        LoadError: it did not end, or ended badly.
    """
    pace = field.pace
    plan = Plan(
        port=port,
        path=path_of(BODY),
        connections=CONNECTIONS,
        rate=pace.rate,
        seconds=seconds,
    )
    argument = msgspec.json.encode(plan).decode()
    command = pinned([sys.executable, "-m", "loadtest.openloop", argument], field.site.cores.load)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=_ROOT,
            timeout=seconds + _LATE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise LoadError("the open loop did not end") from None
    if done.returncode:
        raise LoadError(f"open loop: {done.stderr.strip().splitlines()[-1:]}")
    return msgspec.json.decode(done.stdout, type=Latency)
