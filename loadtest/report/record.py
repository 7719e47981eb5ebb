"""What a run leaves behind, whole: tables and plots are made of nothing else."""

import statistics

import msgspec

from loadtest.figures import Figure
from loadtest.gates import Outcome
from loadtest.machine import Machine

VERSION = 1


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a run was made; see ``python -m loadtest --help``."""

    rounds: int
    seconds: int
    rate: int
    soak_minutes: float
    scenarios: tuple[str, ...]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One run.

    `started`: local time, ISO 8601. `versions`: proxy to version, for all that were asked for and
    are installed; `missing`: those that are not. `failures`: proxy (or scenario) to reason.
    """

    version: int = VERSION
    started: str
    minutes: float
    commit: str
    machine: Machine
    settings: Settings
    versions: dict[str, str]
    missing: tuple[str, ...]
    figures: tuple[Figure, ...]
    outcomes: tuple[Outcome, ...]
    failures: dict[str, str]

    def find(self, scenario: str, task: str, proxy: str, metric: str) -> Figure | None:
        """One figure, None if it was not measured."""
        wanted = (scenario, task, proxy, metric)
        for one in self.figures:
            if (one.scenario, one.task, one.proxy, one.metric) == wanted:
                return one
        return None

    @property
    def foreign(self) -> float:
        """Part of the time that the proxy's core worked for somebody else: median of the run."""
        shares = [one.median for one in self.figures if one.metric == "foreign"]
        return statistics.median(shares) if shares else 0.0

    def tasks(self, scenario: str) -> list[str]:
        """Tasks of a scenario in the order of measuring."""
        return list(dict.fromkeys(one.task for one in self.figures if one.scenario == scenario))

    def proxies(self, scenario: str) -> list[str]:
        """Proxies of a scenario in the order of measuring."""
        return list(dict.fromkeys(one.proxy for one in self.figures if one.scenario == scenario))


def encode(record: Record) -> bytes:
    """A record as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def decode(content: bytes) -> Record:
    """A record out of JSON.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return msgspec.json.decode(content, type=Record)
