"""1, 64 and 1,000 connections, kept alive and new for each request."""

from loadtest.backend import path_of
from loadtest.field import Field
from loadtest.load import Shot
from loadtest.scenarios.cpu import BODY
from loadtest.scenarios.turns import per_request, take_turns

SCENARIO = "connections"
COUNTS = (1, 64, 1000)


def run_connections(field: Field) -> None:
    """Answers of 1 KiB to so many at once."""
    with field.all() as proxies:
        tasks = [(count, keeps_alive) for keeps_alive in (True, False) for count in COUNTS]
        for position, (count, keeps_alive) in enumerate(tasks):
            shot = Shot(path_of(BODY), count, keeps_alive)
            task = f"{count:,} {'kept' if keeps_alive else 'new'}"
            turns = field.pace.sweep(position)
            take_turns(field, proxies, (SCENARIO, task), shot, turns, per_request)
