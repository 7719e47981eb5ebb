"""A machine in memory: processes that start, end and take signals as a test says."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from bfe_py.process.children import RETIRE, Child
from bfe_py.process.machine import Happened
from bfe_py.process.messages import (
    FromParent,
    FromSuccessor,
    Heard,
    Ready,
    ToSuccessor,
    UpgradeEnded,
)

SUCCESSOR = "new version"
"""Name of the process that is to take over."""


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
    told: list[UpgradeEnded] = field(default_factory=list)
    """What the controller was told of upgrades."""
    introduced: list[FromParent] = field(default_factory=list)
    """What else it was told."""
    said: list[FromSuccessor] = field(default_factory=list)
    """What the version before was told."""
    gates: int = 0
    """How often the gate was opened."""
    why_no_successor: str = ""
    is_deaf: bool = False
    """The new version is gone when it is told something."""
    pause: float = 0.0
    """The longest wait that was asked for."""
    _heard: list[Heard] = field(default_factory=list)
    _turn: int = 0

    def __post_init__(self) -> None:
        self.dying = {"SIGTERM": 0, "SIGKILL": -9, RETIRE.name: 0, **self.dying}

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
        self.pause = max(self.pause, seconds)
        happened = Happened(tuple(self._taken), tuple(self._heard))
        self._taken, self._heard = [], []
        return happened

    def now(self) -> float:
        return self.time

    def open_gate(self) -> None:
        self.gates += 1

    def tell_controller(self, message: FromParent) -> None:
        if isinstance(message, UpgradeEnded):
            self.told.append(message)
        else:
            self.introduced.append(message)

    def start_successor(self) -> int:
        return self.start(Child(SUCCESSOR, lambda _: 0))

    def tell_successor(self, message: ToSuccessor) -> bool:
        if not self.is_deaf:
            self.signals.append((SUCCESSOR, type(message).__name__))
        return not self.is_deaf

    def tell_predecessor(self, message: FromSuccessor) -> None:
        self.said.append(message)

    # --- what a test makes happen

    def take(self, number: int) -> None:
        """The parent gets a signal."""
        self._taken.append(number)

    def say_ready(self, text: str = "loaded") -> None:
        """The controller says that all is ready."""
        self.hear(Ready(text))

    def hear(self, *messages: Heard) -> None:
        """Somebody says something."""
        self._heard += messages

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
