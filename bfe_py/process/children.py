"""Children of the parent: what they are, what they have of it, and their exit statuses."""

import select
import signal
from collections.abc import Callable
from dataclasses import dataclass

EXIT_OK = 0
EXIT_BAD = 1
"""The configuration cannot be used, or something failed."""
EXIT_CUT = 3
"""The deadline for exchanges to end cut something off."""

RETIRE = signal.SIGRTMIN
"""To workers and controller: another version takes over; accept no more, and leave patiently."""

DRAIN = signal.SIGRTMAX
"""To the controller: all ends; no new connections are wanted.

Neither has another use, so that signals that an operator sends to all processes by name, and not to
the parent alone, have no effect on children but those of SIGTERM and SIGKILL.
"""
CONTROLLER = "controller"
"""Name of that child; the others are ``worker NUMBER``."""

_STEADY_SECONDS = 5.0
"""Who lived for as long served: its end is one by itself, not one more of a crash loop."""


@dataclass(frozen=True, slots=True)
class Links:
    """What a child has of its parent.

    `lifeline` is a descriptor that reads end-of-file once the parent is gone; `ready` one that the
    controller writes `messages.FromController` to; `controller_path` the Unix socket where the
    controller listens. `news` is where the controller reads `messages.UpgradeEnded`. `gate` reads
    end-of-file once clients may be accepted; None: they may.
    """

    lifeline: int
    ready: int
    controller_path: str
    news: int | None = None
    gate: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether clients may be accepted."""
        return self.gate is None or is_readable(self.gate)


def is_readable(descriptor: int) -> bool:
    """Whether a pipe has something to read, if only its end."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds before a process that died is started again: the first, doubled up to the most."""

    first: float = 0.1
    most: float = 10.0


@dataclass(slots=True)
class Child:
    """One child process; `main` is what it runs, answering its exit status. Times are monotonic."""

    name: str
    main: Callable[[Links], int]
    pid: int = 0
    """0: it does not run."""
    started: float = 0.0
    pause: float = 0.0
    """How long it waited before it was last started."""
    restart_at: float | None = None

    def begin(self, pid: int, now: float) -> None:
        """It runs as process `pid`."""
        self.pid, self.started, self.restart_at = pid, now, None

    def plan_restart(self, now: float, pauses: Pauses) -> None:
        """It ended: start it again, later each time unless it ran for a while."""
        self.pid = 0
        is_steady = now - self.started >= _STEADY_SECONDS
        longer = min(max(self.pause * 2, pauses.first), pauses.most)
        self.pause = pauses.first if is_steady else longer
        self.restart_at = now + self.pause
