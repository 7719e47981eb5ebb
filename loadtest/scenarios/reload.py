"""Starts and reloads with very many tenants and rules, for this proxy alone, without modules.

All of its processes share the proxy's core: what the controller does for a reload competes with
the worker that serves meanwhile.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtest.backend import path_of
from loadtest.estate import Estate
from loadtest.field import Field
from loadtest.live import Tenancy, seconds_to_answer
from loadtest.load import LoadError
from loadtest.measure import read_memory
from loadtest.peers.bfe_py import BFE_PY_BARE, as_prepared, prepare_estate
from loadtest.processes import StartError
from loadtest.proxy import Job, Prepared, Running, running
from loadtest.scenarios.cpu import BODY
from loadtest.scenarios.latency import in_milliseconds, open_loop

SCENARIO = "reload"
RULES = 100_000
TENANTS = 1_000
FILE_RULES = 145_000
"""They make a route_rule.data of 20 MB."""

COLD = "cold start"
CACHED = "start again, nothing changed"
DEFAULT = "start with one tenant"
CHANGE = "one rule changed"
STILL = "no reloads"
RELOADING = "a reload each second"
REPLACING = "route_rule.data of 20 MB replaced"
MEMORY = "memory behind reloads"
EARLY, LATE = 20, 200
"""Behind so many reloads memory is looked at."""

_PATIENCE = 60.0
_CHANGES = 10
_RELOADING_SECONDS = 60
_REPLACING_SECONDS = 20.0


def named(task: str, notation: str) -> str:
    """How a task is called."""
    return f"{task}, {notation}"


BFE, OWN = "BFE's files", ".rules"


@dataclass(frozen=True, slots=True)
class Started:
    """A proxy that runs with many tenants."""

    running: Running
    tenancy: Tenancy


def run_reload(field: Field) -> None:
    """One figure after the other, each with a proxy of its own."""
    field.say(f"{SCENARIO}: {RULES:,} rules of {TENANTS:,} tenants")
    steps: tuple[tuple[str, Callable[[Field], None]], ...] = (
        (DEFAULT, _start_small),
        (BFE, lambda each: _start_large(each, BFE)),
        (OWN, lambda each: _start_large(each, OWN)),
        (CHANGE, _change),
        (REPLACING, _replace),
    )
    for name, step in steps:
        try:
            step(field)
        except (StartError, LoadError) as error:
            field.lose(f"{BFE_PY_BARE.name}, {SCENARIO}, {name}", str(error))


def _note(field: Field, task: str, metrics: dict[str, float]) -> None:
    field.book.note(SCENARIO, task, BFE_PY_BARE.name, metrics)
    told = ", ".join(f"{metric} {value:.3g}" for metric, value in metrics.items())
    field.say(f"  {task}: {told}")


def _job(field: Field, name: str) -> Job:
    site = field.site
    return Job(site.folder / f"{SCENARIO}-{name}", site.backend, site.descriptors)


# --- starts


def _start_small(field: Field) -> None:
    for number in range(field.pace.rounds):
        prepared = BFE_PY_BARE.prepare(_job(field, f"small-{number}"))
        _note(field, DEFAULT, {"seconds": _time_start(field, prepared)})


def _start_large(field: Field, notation: str) -> None:
    """A cold start, and one more with what the first left behind."""
    job = _job(field, f"start-{'rules' if notation == OWN else 'bfe'}")
    prepared, _ = prepare_estate(job, Estate(TENANTS, RULES), is_rules=notation == OWN)
    for task in (COLD, CACHED):
        _note(field, named(task, notation), {"seconds": _time_start(field, prepared)})


def _time_start(field: Field, prepared: Prepared) -> float:
    path, core = path_of(BODY), field.site.cores.proxy
    return seconds_to_answer(prepared.launch, core, prepared.port, path, prepared.patience)


# --- reloads


@contextmanager
def _started(field: Field, name: str, estate: Estate, *, is_rules: bool) -> Iterator[Started]:
    job = _job(field, name)
    prepared, ports = prepare_estate(job, estate, is_rules=is_rules)
    with running(as_prepared(prepared), job, field.site.cores.proxy) as proxy:
        yield Started(proxy, Tenancy(estate, job.folder / "rules", ports))


def _change(field: Field) -> None:
    """Everything that is about one rule of one tenant."""
    with _started(field, "change", Estate(TENANTS, RULES), is_rules=True) as started:
        for _ in range(_CHANGES):
            seconds = started.tenancy.change_and_wait(_PATIENCE)
            _note(field, CHANGE, {"seconds": seconds})
        _load_and_reload(field, started)
        _grow(field, started)


def _load_and_reload(field: Field, started: Started) -> None:
    """The same load in turn: left alone, and with a reload each second."""
    rounds = field.pace.rounds
    for _ in range(rounds):
        latency = open_loop(field, started.running.port, _RELOADING_SECONDS / rounds)
        _note(field, STILL, in_milliseconds(latency))
        with _each_second(started.tenancy.change):
            latency = open_loop(field, started.running.port, _RELOADING_SECONDS / rounds)
        _note(field, RELOADING, in_milliseconds(latency))


@contextmanager
def _each_second(change: Callable[[], object]) -> Iterator[None]:
    """Do it once a second meanwhile."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(1.0):
            change()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _grow(field: Field, started: Started) -> None:
    for number in range(1, LATE + 1):
        started.tenancy.change_and_wait(_PATIENCE)
        if number in (EARLY, LATE):
            memory = read_memory(started.running.all_pids())
            kib = {"proportional_kib": float(memory.proportional)}
            _note(field, f"{MEMORY}, {number}", kib)


def _replace(field: Field) -> None:
    """The whole file is replaced under load; every condition in it is another one."""
    estate = Estate(TENANTS, FILE_RULES)
    with _started(field, "replace", estate, is_rules=False) as started:
        folder = started.running.prepared.launch.folder
        path, fresh = folder / "conf/server_data_conf/route_rule.data", folder / "fresh.data"
        for edition in range(1, field.pace.rounds + 1):
            Estate(TENANTS, FILE_RULES, edition).write_routes(fresh)
            reloads = _count_reloads(folder)
            timer = threading.Timer(1.0, fresh.replace, [path])
            timer.start()
            latency = open_loop(field, started.running.port, _REPLACING_SECONDS)
            timer.join()
            if _count_reloads(folder) == reloads:
                raise LoadError("the file was not taken while there was load")
            _note(field, REPLACING, in_milliseconds(latency))


def _count_reloads(folder: Path) -> int:
    """How often all workers were told of something new."""
    log = (folder / "log/bfe-py.log").read_text("utf-8", "replace")
    return log.count("configuration changed")
