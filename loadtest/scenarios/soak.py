"""Memory over a long time of mixed load, for this proxy with its modules."""

import time

from loadtest.backend import UPLOAD_PATH, path_of
from loadtest.field import Field
from loadtest.load import LoadError, Shot
from loadtest.measure import read_memory
from loadtest.peers import BFE_PY
from loadtest.processes import StartError
from loadtest.proxy import Running
from loadtest.scenarios.cpu import BODY, CONNECTIONS

SCENARIO = "soak"
TASK = "mixed load"
_SECONDS = 4
_CYCLE = (
    Shot(path_of(BODY), CONNECTIONS),
    Shot(path_of(BODY), CONNECTIONS, keeps_alive=False),
    Shot(path_of(65536), CONNECTIONS),
    Shot(UPLOAD_PATH, CONNECTIONS, upload=65536),
    Shot("/no/such/page", 256),
)


def run_soak(field: Field) -> None:
    """The same cycle of loads, again and again; memory is read behind each whole cycle."""
    if not field.pace.soak_minutes:
        field.say(f"{SCENARIO}: left out; it takes --soak MINUTES")
        return
    field.say(f"{SCENARIO}: {field.pace.soak_minutes:g} minutes")
    try:
        with field.one(BFE_PY) as proxy:
            _soak(field, proxy)
    except (StartError, LoadError) as error:
        field.lose(f"{BFE_PY.name}, {SCENARIO}", str(error))


def _soak(field: Field, proxy: Running) -> None:
    begun = time.monotonic()
    until = begun + field.pace.soak_minutes * 60
    requests = failed = 0
    while time.monotonic() < until:
        for shot in _CYCLE:
            taken = field.measure(proxy, shot.at(proxy.port, _SECONDS))
            requests += taken.hits.requests
            failed += taken.hits.failed
        minute = (time.monotonic() - begun) / 60
        resident = read_memory(proxy.workers).resident
        metrics = {"minute": minute, "resident_kib": float(resident)}
        field.book.note(SCENARIO, TASK, proxy.proxy, metrics)
        field.say(f"  {minute:5.1f} minutes {resident / 1024:.1f} MiB")
    totals = {"requests": float(requests), "failed": float(failed)}
    field.book.note(SCENARIO, TASK, proxy.proxy, totals)


def growth(resident: tuple[float, ...]) -> float | None:
    """Most memory in the last quarter of the readings over that in the quarter before.

    Before that, pools, caches and the allocator fill. What leaks goes on growing: 1 % a minute is
    2.5 % here after ten minutes. None: there are too few readings.
    """
    quarter = len(resident) // 4
    if not quarter:
        return None
    return max(resident[-quarter:]) / max(resident[-2 * quarter : -quarter])
