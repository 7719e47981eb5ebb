"""The parent's side of the operating system: forks, signals, waits."""

import gc
import logging
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from bfe_py.process.children import EXIT_BAD, Child, Links

_log = logging.getLogger("bfe.process")

_TAKEN = (
    signal.SIGTERM,
    signal.SIGQUIT,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGCHLD,
)
_NOT_FOR_CHILDREN = (
    signal.SIGINT,
    signal.SIGQUIT,  # a terminal sends these two to all of us
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,  # and these would end a child that is not yet prepared for them
)
_MOST_READY = 65536


@dataclass(frozen=True, slots=True)
class Happened:
    """What came while the parent waited: signals, and what a controller wrote."""

    signals: tuple[int, ...] = ()
    ready: bytes = b""


class Machine(Protocol):
    """What the parent asks of the system it runs on."""

    def start(self, child: Child) -> int:
        """Number of a new process that runs `child`; raises OSError."""

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a child that was not yet among the `ended`."""

    def ended(self) -> list[tuple[int, int]]:
        """Number and exit status of each child that ended since the last call; -N: by signal N."""

    def wait(self, seconds: float) -> Happened:
        """What happens within that time; returns at once when something does."""

    def now(self) -> float:
        """Monotonic seconds."""


class System:
    """The machine itself.

    While it is entered, signals are kept for `wait`; with the end of it, and of the process, the
    lifeline of all children ends.

    Args:
        controller_path: where the controller listens for workers.
        complain: takes a line about a child that failed, in that child.
    """

    def __init__(self, controller_path: str, complain: Callable[[str], None]) -> None:
        lifeline, self._lifeline = os.pipe()
        self._ready, ready = os.pipe()
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._links = Links(lifeline, ready, controller_path)
        self._complain = complain
        self._pending: list[int] = []

    def __enter__(self) -> "System":
        gc.collect()
        gc.freeze()  # so that children share what is there by now
        for number in _TAKEN:
            signal.signal(number, lambda caught, _: self._pending.append(caught))
        signal.set_wakeup_fd(self._wake)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number in _TAKEN:
            signal.signal(number, signal.SIG_DFL)
        for descriptor in (*self._own(), self._links.lifeline, self._links.ready):
            os.close(descriptor)

    def _own(self) -> tuple[int, ...]:
        """What children must not have."""
        return self._lifeline, self._ready, self._woken, self._wake

    def start(self, child: Child) -> int:
        """Number of a new process that runs `child`."""
        _flush()
        # A signal for the child must not be taken by the handlers that it has from us.
        signal.pthread_sigmask(signal.SIG_BLOCK, _TAKEN)
        try:
            pid = os.fork()
            if not pid:
                self._run(child)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _TAKEN)
        return pid

    def _run(self, child: Child) -> None:
        """Be `child`; does not return."""
        status = EXIT_BAD
        try:
            signal.set_wakeup_fd(-1)
            for number in _TAKEN:
                signal.signal(number, signal.SIG_DFL)
            for number in _NOT_FOR_CHILDREN:
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _TAKEN)
            for descriptor in self._own():
                os.close(descriptor)
            status = child.main(self._links)
        except Exception as error:
            # The last fence: nobody above this sees it.
            _log.exception("process failed name=%r", child.name)
            kind = "" if isinstance(error, OSError) else f"{type(error).__name__}: "
            self._complain(f"error: {child.name} failed: {kind}{error}")
        finally:
            _flush()
            os._exit(status)

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a child."""
        os.kill(pid, number)

    def ended(self) -> list[tuple[int, int]]:
        """Number and exit status of each child that ended; of adopted ones too, with process 1."""
        found: list[tuple[int, int]] = []
        while True:
            try:
                pid, waited = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return found
            if not pid:
                return found
            found.append((pid, os.waitstatus_to_exitcode(waited)))

    def wait(self, seconds: float) -> Happened:
        """Signals, and what a controller wrote."""
        readable, _, _ = select.select([self._ready, self._woken], [], [], seconds)
        if self._woken in readable:
            os.read(self._woken, 512)
        ready = os.read(self._ready, _MOST_READY) if self._ready in readable else b""
        pending, self._pending = tuple(self._pending), []
        return Happened(pending, ready)

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()


def _flush() -> None:
    """Nobody is to write again what was written before a fork; nobody may be reading it either."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
