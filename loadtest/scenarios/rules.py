"""10 to 100,000 routing rules of one tenant, for this proxy alone and without its modules.

Modules and their log would only hide what rules cost.
"""

from loadtest.field import Field, Turns
from loadtest.load import Shot
from loadtest.measure import read_memory
from loadtest.peers import BFE_PY_BARE
from loadtest.processes import StartError
from loadtest.rules import END_PATH, MIDDLE_PATH, make_rules
from loadtest.scenarios.turns import per_request, take_turns

SCENARIO = "rules"
SIZES = (10, 1000, 10_000, 100_000)
MIDDLE = "middle"
END = "last"

_CONNECTIONS = 8
_MOST_ROUNDS = 3
_LEAST_SECONDS = 4
_WARM_SECONDS = 4
"""Fewer connections, and longer, so that there are answers even if each takes half a second."""
_PATHS = {MIDDLE: MIDDLE_PATH, END: END_PATH}


def task_name(count: int, place: str) -> str:
    """How a task is called."""
    return f"{count:,} rules, {place} matches"


def run_rules(field: Field) -> None:
    """Trees one after the other; each is asked for both places."""
    for count in SIZES:
        field.say(f"{SCENARIO}: {count:,}")
        try:
            _one(field, count)
        except StartError as error:
            field.lose(f"{BFE_PY_BARE.name}, {count:,} {SCENARIO}", str(error))


def _one(field: Field, count: int) -> None:
    pace = field.pace
    rounds, seconds = min(pace.rounds, _MOST_ROUNDS), max(pace.seconds, _LEAST_SECONDS)
    turns = Turns(rounds, seconds, _WARM_SECONDS)
    with field.one(BFE_PY_BARE, make_rules(count)) as proxy:
        memory = read_memory(proxy.all_pids())
        for place, path in _PATHS.items():
            task = task_name(count, place)
            take_turns(
                field,
                [proxy],
                (SCENARIO, task),
                Shot(path, _CONNECTIONS),
                turns,
                per_request,
            )
            started = {
                "start_seconds": proxy.start_seconds,
                "resident_mib": memory.resident / 1024,
            }
            field.book.note(SCENARIO, task, proxy.proxy, started)
