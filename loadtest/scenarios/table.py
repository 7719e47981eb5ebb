"""All scenarios, by the name that `--only` takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from loadtest.field import Field
from loadtest.scenarios.bodies import run_bodies
from loadtest.scenarios.connections import run_connections
from loadtest.scenarios.cpu import run_cpu
from loadtest.scenarios.idle import run_idle
from loadtest.scenarios.latency import run_latency
from loadtest.scenarios.reload import run_reload
from loadtest.scenarios.rules import run_rules
from loadtest.scenarios.soak import run_soak


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario."""

    run: Callable[[Field], None]
    text: str


SCENARIOS: Mapping[str, Scenario] = {
    "cpu": Scenario(run_cpu, "CPU for one request: 64 connections, kept alive and new"),
    "latency": Scenario(run_latency, "p50 and p99 at a fixed rate, open loop"),
    "bodies": Scenario(run_bodies, "bodies of 0 B to 10 MiB, both ways"),
    "connections": Scenario(run_connections, "1, 64 and 1,000 connections, kept alive and new"),
    "idle": Scenario(run_idle, "memory for each idle kept-alive connection"),
    "rules": Scenario(run_rules, "10 to 100,000 routing rules, bfe-py alone"),
    "reload": Scenario(run_reload, "starts and reloads with 100,000 rules, bfe-py alone"),
    "soak": Scenario(run_soak, "memory over --soak minutes, bfe-py alone"),
}
