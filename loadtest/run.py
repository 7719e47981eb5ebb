"""One run from beginning to end."""

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType

from loadtest.backend import backend
from loadtest.field import Field, Pace, Site
from loadtest.gates import judge
from loadtest.install import install
from loadtest.load import LoadError
from loadtest.machine import Cores, describe_machine, raise_descriptor_limit
from loadtest.peers import OURS, PEERS
from loadtest.processes import StartError
from loadtest.profile import write_profile
from loadtest.programs import find_program
from loadtest.proxy import Proxy
from loadtest.report import Record, Settings
from loadtest.scenarios.table import SCENARIOS

_ROOT = Path(__file__).resolve().parent.parent
_TOOLS = ("nginx", "wrk")
"""What every run needs: backend and load."""

Say = Callable[[str], None]


class NotPossibleError(Exception):
    """This machine lacks what every run needs."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for. `profile`: where to write a flame graph, None for none."""

    scenarios: Sequence[str]
    families: Sequence[str]
    pace: Pace
    installs: bool
    profile: Path | None


def run(order: Order, say: Say) -> Record:
    """Measure everything that was asked for.

    Raises:
        NotPossibleError: without the backend and the load nothing can be measured.
    """
    begun, started = time.monotonic(), datetime.now().astimezone()
    asked = [one for one in PEERS if one.family in order.families]
    if order.installs:
        install([*_TOOLS, *dict.fromkeys(one.family for one in asked if one.family != "bfe")], say)
    absent = [name for name in _TOOLS if find_program(name) is None]
    if absent:
        raise NotPossibleError(f"not installed: {', '.join(absent)}")
    versions = {one.name: one.find_version() for one in (*OURS, *asked)}
    proxies = [one for one in (*OURS, *asked) if versions[one.name] is not None]
    cores = Cores.choose()
    machine = describe_machine(cores.proxy)
    say(
        f"{machine.cpu}, {machine.cores} cores; a fixed loop of Python: {machine.calibration_ms} ms"
    )
    if cores.proxy == cores.load:
        say("there is one core only: proxies, backend and load share it")
    field = _measure(order, proxies, cores, say)
    return Record(
        started=started.isoformat(timespec="seconds"),
        minutes=round((time.monotonic() - begun) / 60, 1),
        commit=_commit(),
        machine=machine,
        settings=_settings(order),
        versions={name: version for name, version in versions.items() if version is not None},
        missing=tuple(name for name, version in versions.items() if version is None),
        figures=tuple(field.book.figures()),
        outcomes=tuple(judge(field.book)),
        failures=field.book.failures,
    )


def _measure(order: Order, proxies: Sequence[Proxy], cores: Cores, say: Say) -> Field:
    descriptors = raise_descriptor_limit()
    with _ended_by_signals(), tempfile.TemporaryDirectory(prefix="loadtest-") as directory:
        folder = Path(directory)
        with backend(folder / "backend", cores.load, descriptors) as port:
            field = Field(proxies, Site(folder, port, cores, descriptors), order.pace, say)
            for name in order.scenarios:
                try:
                    SCENARIOS[name].run(field)
                except (StartError, LoadError) as error:
                    field.lose(name, str(error))
            if order.profile is not None:
                write_profile(field, order.profile)
            return field


def _settings(order: Order) -> Settings:
    pace = order.pace
    return Settings(
        rounds=pace.rounds,
        seconds=pace.seconds,
        rate=pace.rate,
        soak_minutes=pace.soak_minutes,
        scenarios=tuple(name for name in order.scenarios if name != "soak" or pace.soak_minutes),
    )


def _commit() -> str:
    """The commit that is measured; with a plus sign if files were changed since."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12"]
    try:
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the run as Ctrl-C does: everything that was started ends with it."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(f"signal {number}")

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
