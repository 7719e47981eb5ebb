"""The parent's side of the operating system: forks, signals, waits."""

import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from bfe_py.process.children import EXIT_BAD, Child, Links
from bfe_py.process.conversations import Conversations, Talk
from bfe_py.process.handover import Predecessor, spawn
from bfe_py.process.messages import (
    FromController,
    FromParent,
    FromSuccessor,
    Heard,
    Heritage,
    PredecessorGone,
    SuccessorGone,
    ToSuccessor,
    encode_line,
)
from bfe_py.process.prctl import end_with
from bfe_py.process.signals import TAKEN, drop_in_child, ignore_all, take_all

_log = logging.getLogger("bfe.process")

_FIRST_PROCESS = (
    "this is process 1 of its container, with which all others end: start another container instead"
)


@dataclass(frozen=True, slots=True)
class Happened:
    """What came while the parent waited: signals, and what others said."""

    signals: tuple[int, ...] = ()
    messages: tuple[Heard, ...] = ()


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

    def open_gate(self) -> None:
        """Children may accept clients from now on."""

    def tell_controller(self, message: FromParent) -> None:
        """Tell the controller, or the one that takes its place; lost if neither ever listens."""

    # --- other versions

    @property
    def why_no_successor(self) -> str:
        """Why another version can never take over; empty: it can."""

    def start_successor(self) -> int:
        """Number of a new process that runs the version that is installed; raises OSError."""

    def tell_successor(self, message: ToSuccessor) -> bool:
        """Tell it something; whether it is there to be told."""

    def tell_predecessor(self, message: FromSuccessor) -> None:
        """Tell the version that started us; one that is gone is heard of by `wait`."""


@dataclass(frozen=True, slots=True)
class Bequest:
    """What another version is started with: its command line, and what it inherits."""

    command: tuple[str, ...]
    heritage: Heritage


class System:
    """The machine itself.

    While it is entered, signals are kept for `wait`, and behind it they do nothing; with the end of
    it, and of the process, the lifeline of all children ends.

    Args:
        controller_path: where the controller listens for workers.
        complain: takes a line about a child that failed, in that child.
        bequest: what another version is started with.
        predecessor: the version that runs until this one takes over.
    """

    def __init__(
        self,
        controller_path: str,
        complain: Callable[[str], None],
        bequest: Bequest,
        predecessor: Predecessor | None = None,
    ) -> None:
        lifeline, self._lifeline = os.pipe()
        told, ready = os.pipe()
        os.set_blocking(ready, False)  # a parent that hangs must not have the controller hang too
        news, self._news = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        gate: int | None = None
        self._gate: int | None = None
        if predecessor is not None:
            gate, self._gate = os.pipe()
        self._links = Links(lifeline, ready, controller_path, news, gate)
        self._talks = Conversations(self._woken)
        self._told = told
        self._talks.add(told, Talk(FromController))
        if predecessor is not None:
            self._talks.add(predecessor.link.fileno(), Talk(ToSuccessor, PredecessorGone()))
        self._complain = complain
        self._bequest = bequest
        self._predecessor = predecessor
        self._successor: socket.socket | None = None
        self._pending: list[int] = []

    def __enter__(self) -> "System":
        # So that children share what is there by now. It was not collected before, which would take
        # as long as a tenth of a start and find next to nothing.
        gc.freeze()
        gc.enable()
        take_all(self._keep)
        signal.set_wakeup_fd(self._wake)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, TAKEN)  # a start holds some back until here
        return self

    def __exit__(self, *_: object) -> None:
        ignore_all()
        signal.set_wakeup_fd(-1)
        self._forget_successor()
        links = self._links
        for descriptor in (*self._own(), links.lifeline, links.ready, links.news, links.gate):
            if descriptor is not None:
                os.close(descriptor)

    def _keep(self, number: int) -> None:
        self._pending.append(number)

    def _own(self) -> list[int]:
        """What children must not have, as far as this closes it."""
        own = (self._lifeline, self._told, self._news, self._woken, self._wake, self._gate)
        return [descriptor for descriptor in own if descriptor is not None]

    def start(self, child: Child) -> int:
        """Number of a new process that runs `child`."""
        _flush()
        parent = os.getpid()
        # A signal for the child must not be taken by the handlers that it has from us.
        signal.pthread_sigmask(signal.SIG_BLOCK, TAKEN)
        try:
            pid = os.fork()
            if not pid:
                self._run(child, parent)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, TAKEN)
        return pid

    def _run(self, child: Child, parent: int) -> None:
        """Be `child` of process `parent`; does not return."""
        status = EXIT_BAD
        try:
            end_with(parent)
            signal.set_wakeup_fd(-1)
            drop_in_child()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, TAKEN)
            for descriptor in self._own():
                os.close(descriptor)
            for link in self._links_to_versions():
                link.close()
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
        """Signals, and what others said."""
        messages = self._talks.wait(seconds)
        pending, self._pending = self._pending, []  # first: a handler may run at any moment
        return Happened(tuple(pending), messages)

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def open_gate(self) -> None:
        """Children may accept clients from now on."""
        if self._gate is not None:
            os.close(self._gate)
            self._gate = None

    def tell_controller(self, message: FromParent) -> None:
        """Tell the controller, or the one that takes its place."""
        with suppress(OSError):  # so many wait already, and nobody listens
            os.write(self._news, encode_line(message))

    # --- other versions

    @property
    def why_no_successor(self) -> str:
        """Why another version can never take over."""
        return _FIRST_PROCESS if os.getpid() == 1 else ""

    def start_successor(self) -> int:
        """Number of a new process that runs the version that is installed."""
        self._forget_successor()
        bequest = self._bequest
        _flush()
        pid, link = spawn(bequest.command, bequest.heritage, os.environ)
        self._successor = link
        self._talks.add(link.fileno(), Talk(FromSuccessor, SuccessorGone()))
        return pid

    def _forget_successor(self) -> None:
        if self._successor is not None:
            self._talks.remove(self._successor.fileno())
            self._successor.close()
            self._successor = None

    def tell_successor(self, message: ToSuccessor) -> bool:
        """Tell it something; whether it is there to be told."""
        if self._successor is None:
            return False
        try:
            self._successor.sendall(encode_line(message))
        except OSError:
            return False
        return True

    def tell_predecessor(self, message: FromSuccessor) -> None:
        """Tell the version that started us."""
        if self._predecessor is not None:
            with suppress(OSError):
                self._predecessor.tell(message)

    def _links_to_versions(self) -> list[socket.socket]:
        links = [self._predecessor.link] if self._predecessor is not None else []
        return [*links, *([self._successor] if self._successor is not None else [])]


def _flush() -> None:
    """Nobody is to write again what was written before a fork; nobody may be reading it either."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
