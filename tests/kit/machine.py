"""A machine in memory: processes that start, end and take signals as a test says."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from bfe_py.process.children import Child, Ready
from bfe_py.process.machine import Happened


@dataclass
class FakeMachine:
    """`script` is called at each wait with the number of the wait; it makes things happen."""

    script: Callable[["FakeMachine", int], None] = lambda machine, turn: None
    time: float = 100.0
    started: list[tuple[str, float]] = field(default_factory=list)
    running: dict[int, str] = field(default_factory=dict)
    signals: list[tuple[str, str]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    """Names of children that cannot be started."""
    dying: dict[str, int] = field(default_factory=dict)
    """Signal -> exit status with which every child ends on it."""
    _ended: list[tuple[int, int]] = field(default_factory=list)
    _taken: list[int] = field(default_factory=list)
    _ready: bytes = b""
    _turn: int = 0

    def __post_init__(self) -> None:
        self.dying = {"SIGTERM": 0, "SIGKILL": -9, **self.dying}

    # --- Machine

    def start(self, child: Child) -> int:
        if child.name in self.failing:
            raise OSError(11, "Resource temporarily unavailable")
        pid = len(self.started) + 1
        self.started.append((child.name, self.time))
        self.running[pid] = child.name
        return pid

    def signal(self, pid: int, number: signal.Signals) -> None:
        self.signals.append((self.running[pid], number.name))
        if number.name in self.dying:
            self.end(self.running[pid], self.dying[number.name])

    def ended(self) -> list[tuple[int, int]]:
        ended, self._ended = self._ended, []
        for pid, _ in ended:
            self.running.pop(pid, None)
        return ended

    def wait(self, seconds: float) -> Happened:
        assert self._turn < 1000, "it runs for ever"
        self.script(self, self._turn)
        self._turn += 1
        self.time += seconds
        happened = Happened(tuple(self._taken), self._ready)
        self._taken, self._ready = [], b""
        return happened

    def now(self) -> float:
        return self.time

    # --- what a test makes happen

    def take(self, number: int) -> None:
        """The parent gets a signal."""
        self._taken.append(number)

    def say_ready(self, text: str = "loaded") -> None:
        """The controller says that all is ready."""
        self._ready = msgspec.msgpack.encode(Ready(text))

    def end(self, name: str, code: int) -> None:
        """A child ends by itself."""
        pid = next(pid for pid, running in self.running.items() if running == name)
        if pid not in [ended for ended, _ in self._ended]:
            self._ended.append((pid, code))

    def adopt_and_end(self) -> None:
        """A process that is none of ours ends as our child."""
        self._ended.append((9999, 0))

    def starts(self, name: str) -> list[float]:
        """When a child was started, in seconds since the first time."""
        return [round(at - 100.0, 3) for started, at in self.started if started == name]
