"""Hangs: how processes are found that run and do nothing.

The controller says again and again by when it will be heard of next; the parent ends it when that
time is over. Workers are watched by the controller, which is told which of them were started: one
may hang before it has ever said anything.
"""

import signal
from collections.abc import Callable, Sequence
from typing import Protocol

from bfe_py.process.children import Child
from bfe_py.process.messages import ControllerHung, FromParent, WorkerStarted

LOAD_SECONDS = 60.0
"""What a controller gets for reading a configuration, which may keep its loop from turning."""

_LONGEST_STEP = 0.5
"""More than this passes between two looks only if the parent itself could not look."""


class Watcher(Protocol):
    """What this asks of the machine."""

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a child that was not yet among those that ended."""

    def tell_controller(self, message: FromParent) -> None:
        """Tell the controller, or the one that takes its place."""

    def now(self) -> float:
        """Monotonic seconds."""


class Hangs:
    """Watches `controller`; `hung` is told of it when it is ended."""

    def __init__(
        self,
        machine: Watcher,
        controller: Child,
        workers: Sequence[Child],
        hung: Callable[[Child], None],
    ) -> None:
        self._machine = machine
        self._controller = controller
        self._workers = workers
        self._hung = hung
        self._looked: float | None = None
        self._left = LOAD_SECONDS
        """Seconds that the controller may still be silent."""

    def started(self, child: Child) -> None:
        """A child runs."""
        if child is self._controller:
            self._left = LOAD_SECONDS
        for number, worker in enumerate(self._workers):
            if worker.pid and child in (worker, self._controller):
                self._machine.tell_controller(WorkerStarted(number, worker.pid))

    def heard(self, seconds: float) -> None:
        """The controller says that it will be heard of within so many."""
        self._left = seconds

    def tick(self) -> None:
        """End a controller that was not heard of in time.

        Time in which the parent did not run either does not count.
        """
        now = self._machine.now()
        if self._looked is not None:
            self._left -= min(now - self._looked, _LONGEST_STEP)
        self._looked = now
        if self._left < 0 and self._controller.pid:
            self._left = LOAD_SECONDS
            self._hung(self._controller)
            self._machine.tell_controller(ControllerHung())
            self._machine.signal(self._controller.pid, signal.SIGKILL)
