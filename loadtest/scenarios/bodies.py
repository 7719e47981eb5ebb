"""Bodies of all sizes, both ways."""

from functools import partial

from loadtest.backend import SIZES, UPLOAD_PATH, path_of
from loadtest.field import Field, Taken
from loadtest.load import Shot
from loadtest.scenarios.turns import Metrics, per_request, take_turns

SCENARIO = "bodies"
DOWN = "down"
UP = "up"
LARGEST = "10 MiB"

_MANY = 64
_FEW = 4
"""With large bodies: what is under way at the end should be little of the whole."""
_LARGE = 1024 * 1024
_MIB = 1024 * 1024


def task_name(size: str, way: str) -> str:
    """How a task is called."""
    return f"{size} {way}"


def run_bodies(field: Field) -> None:
    """Downloads, then uploads."""
    tasks = [(way, name) for way in (DOWN, UP) for name in SIZES]
    with field.all() as proxies:
        for position, (way, name) in enumerate(tasks):
            size = SIZES[name]
            connections = _FEW if size >= _LARGE else _MANY
            down, up = Shot(path_of(size), connections), Shot(UPLOAD_PATH, connections, upload=size)
            take_turns(
                field,
                proxies,
                (SCENARIO, task_name(name, way)),
                down if way == DOWN else up,
                field.pace.sweep(position),
                partial(with_throughput, size=size, way=way),
            )


def with_throughput(taken: Taken, size: int, way: str) -> Metrics:
    """Metrics for one request, and MiB for a second of time and for a second of CPU.

    Of downloads all bytes count, of uploads those of exchanges that ended.
    """
    moved = taken.hits.received if way == DOWN else taken.hits.requests * size
    mib = moved / _MIB
    return {
        **per_request(taken),
        "mib_per_second": mib / taken.hits.seconds,
        "mib_per_cpu_second": mib / taken.worker.total if taken.worker.total else 0.0,
    }
