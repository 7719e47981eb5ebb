"""Upgrade: how a parent has another version take its place, and what it does if that fails.

The new version is started, says that it is prepared, is told to go, and only then accepts clients:
up to there it can be given up without anybody noticing. At most one is under way.
"""

import os
import signal
from collections.abc import Callable
from typing import Protocol

from bfe_py.process.messages import (
    Failed,
    Go,
    Heard,
    Prepared,
    SuccessorGone,
    ToSuccessor,
    UpgradeEnded,
)

_KILL_SECONDS = 5.0
"""What a new version that was given up gets to end by itself."""


class Starter(Protocol):
    """What an upgrade asks of the machine."""

    def start_successor(self) -> int:
        """Number of a new process that runs the new version; raises OSError."""

    def tell_successor(self, message: ToSuccessor) -> bool:
        """Tell it something; whether it is there to be told."""

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a child that was not yet among those that ended."""

    def now(self) -> float:
        """Monotonic seconds."""


class Service(Protocol):
    """Who is told which process is the service."""

    def handed_to(self, pid: int) -> None:
        """Process `pid` is the service from now on, and speaks for it."""

    def taken_back(self, pid: int) -> None:
        """Process `pid`, this one, is the service all the same."""


class Upgrade:
    """Upgrades of one parent.

    Args:
        service: told who is the service before the new version may speak for it.
        seconds: what a new version gets to become ready.
        ended: told of each that was asked for what became of it.
    """

    def __init__(
        self,
        machine: Starter,
        service: Service,
        seconds: float,
        ended: Callable[[UpgradeEnded], None],
    ) -> None:
        self._machine = machine
        self._service = service
        self._seconds = seconds
        self._ended = ended
        self._pid = 0
        self._deadline = 0.0
        self._numbers: tuple[int, ...] = ()
        self._reason = ""
        self._is_given_up = False
        self.successor = 0
        """The process that took over; 0: none did."""

    @property
    def is_running(self) -> bool:
        """A new version is there that has not taken over."""
        return self._pid > 0

    def ask(self, numbers: tuple[int, ...], why_not: str) -> None:
        """Begin one for who has `numbers`, unless `why_not` says something."""
        if not why_not and self._pid:
            why_not = f"another upgrade is running (process {self._pid})"
        if why_not:
            self._ended(UpgradeEnded(numbers, error=why_not, is_refused=True))
            return
        self._numbers, self._reason, self._is_given_up = numbers, "", False
        try:
            self._pid = self._machine.start_successor()
        except OSError as error:
            what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
            self._fail(f"the new version cannot be started: {what}")
        else:
            self._deadline = self._machine.now() + self._seconds

    def hear(self, message: Heard) -> None:
        """The new version says something, or will say nothing more."""
        if not self._pid or self._is_given_up:
            return
        match message:
            case Prepared():
                self._hand_over()
            case Failed(reason):
                self._reason = self._reason or reason
            case SuccessorGone() if not self._reason:
                # It is about to end, most likely, and its status will say more.
                self._deadline = min(self._deadline, self._machine.now() + _KILL_SECONDS)
            case _:
                pass

    def _hand_over(self) -> None:
        self._service.handed_to(self._pid)
        if not self._machine.tell_successor(Go()):
            self._service.taken_back(os.getpid())
            return
        self.successor, self._pid = self._pid, 0
        numbers, self._numbers = self._numbers, ()
        self._ended(UpgradeEnded(numbers, pid=self.successor))

    def note_end(self, pid: int, code: int) -> bool:
        """Process `pid` ended; whether it was the new version that was to take over."""
        if not pid or pid != self._pid:
            return False
        self._pid = 0
        if not self._is_given_up:
            how = f"signal {-code}" if code < 0 else f"status {code}"
            self._fail(self._reason or f"the new version ended ({how}) before it was ready")
        return True

    def tick(self) -> None:
        """Give up what takes too long; kill what does not end then."""
        if not self._pid or self._machine.now() < self._deadline:
            return
        if self._is_given_up:
            self._machine.signal(self._pid, signal.SIGKILL)
            self._deadline = self._machine.now() + _KILL_SECONDS
        else:
            self.give_up(self._reason or f"it was not ready within {self._seconds:g} s")

    def give_up(self, reason: str) -> None:
        """End the new version, if there is one that has not taken over."""
        if not self._pid or self._is_given_up:
            return
        self._is_given_up = True
        self._deadline = self._machine.now() + _KILL_SECONDS
        self._machine.signal(self._pid, signal.SIGTERM)
        self._fail(reason)

    def kill(self) -> None:
        """End the new version at once, if there is one that has not taken over."""
        if self._pid:
            self._machine.signal(self._pid, signal.SIGKILL)

    def _fail(self, reason: str) -> None:
        numbers, self._numbers = self._numbers, ()
        self._ended(UpgradeEnded(numbers, error=reason))
