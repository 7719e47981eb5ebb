"""CPU for one request: 64 connections, kept alive, and one for each request."""

from loadtest.backend import path_of
from loadtest.field import Field
from loadtest.load import Shot
from loadtest.scenarios.turns import per_request, take_turns

SCENARIO = "cpu"
KEPT = "kept-alive connections"
NEW = "a new connection for each request"
CONNECTIONS = 64
BODY = 1024


def run_cpu(field: Field) -> None:
    """Answers of 1 KiB."""
    with field.all() as proxies:
        for task, keeps_alive in ((KEPT, True), (NEW, False)):
            shot = Shot(path_of(BODY), CONNECTIONS, keeps_alive)
            take_turns(field, proxies, (SCENARIO, task), shot, field.pace.turns, per_request)
