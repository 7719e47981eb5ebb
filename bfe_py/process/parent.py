"""The parent: binds, forks, waits, replaces. It runs no event loop and sees no byte of a client.

Children tell it that they are ready through a pipe; it tells them to end by signals, and by its own
death, which closes the lifeline they all hold.
"""

import gc
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

EXIT_OK = 0
EXIT_BAD = 1
EXIT_CUT = 3

_TICK = 0.2
_BACKOFF_FIRST = 0.1
_BACKOFF_MOST = 10.0
_STEADY_SECONDS = 30.0
_SIGNALS = (
    signal.SIGTERM,
    signal.SIGQUIT,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGCHLD,
)


class Ready(msgspec.Struct, frozen=True):
    """Controller to parent: the first configuration is in use."""

    text: str
    """What was loaded, for the operator."""


@dataclass(frozen=True, slots=True)
class Links:
    """What a child has of its parent.

    `lifeline` is a descriptor that reads end-of-file once the parent is gone; `ready` one that the
    controller writes `Ready` to; `controller_path` the Unix socket where the controller listens.
    """

    lifeline: int
    ready: int
    controller_path: str


@dataclass(slots=True)
class Child:
    """One child process; `main` is what it runs, answering its exit status."""

    name: str
    main: Callable[[Links], int]
    pid: int = 0
    started: float = 0.0
    backoff: float = _BACKOFF_FIRST
    restart_at: float | None = None


@dataclass(slots=True)
class Parent:
    """Keeps the controller and the workers running.

    `announce` is called once with the controller's text when all is ready; `release` when no new
    connection is wanted: it closes the parent's copies of the listening sockets. `grace` is how many
    seconds workers get to drain.
    """

    controller: Child
    workers: list[Child]
    announce: Callable[[str], None]
    complain: Callable[[str], None]
    release: Callable[[], None]
    grace: float
    controller_path: str
    _is_ready: bool = False
    _stopping_since: float | None = None
    _status: int = EXIT_OK
    _pending: list[int] = field(default_factory=list)

    def run(self) -> int:
        """Run until told to end; answers the exit status."""
        lifeline_read, lifeline_write = os.pipe()
        ready_read, ready_write = os.pipe()
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        os.set_blocking(wake_write, False)
        links = Links(lifeline_read, ready_write, self.controller_path)
        gc.collect()
        gc.freeze()
        for number in _SIGNALS:
            signal.signal(number, lambda caught, _: self._pending.append(caught))
        signal.set_wakeup_fd(wake_write)
        private = (lifeline_write, ready_read, wake_read, wake_write)
        for child in (self.controller, *self.workers):
            self._fork(child, links, private)
        while self._is_running():
            readable, _, _ = select.select([ready_read, wake_read], [], [], _TICK)
            if wake_read in readable:
                os.read(wake_read, 512)
            if ready_read in readable:
                self._ready(os.read(ready_read, 65536))
            self._take_signals()
            self._reap()
            self._restart(links, private)
            self._enforce_grace()
        os.close(lifeline_write)
        return self._status

    def _is_running(self) -> bool:
        return bool(self._alive()) or (self._stopping_since is None and self._status == EXIT_OK)

    def _alive(self) -> list[Child]:
        return [child for child in (self.controller, *self.workers) if child.pid]

    def _fork(self, child: Child, links: Links, private: tuple[int, ...]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        child.started = time.monotonic()
        child.restart_at = None
        pid = os.fork()
        if pid:
            child.pid = pid
            return
        status = EXIT_BAD
        try:
            signal.set_wakeup_fd(-1)
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all of us
            for descriptor in private:
                os.close(descriptor)
            status = child.main(links)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _ready(self, written: bytes) -> None:
        if written and not self._is_ready:
            self._is_ready = True
            self.announce(msgspec.msgpack.decode(written, type=Ready).text)

    def _take_signals(self) -> None:
        pending, self._pending = self._pending, []
        for number in pending:
            if number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT):
                self._stop()
            elif number == signal.SIGHUP:
                self._signal([self.controller], signal.SIGHUP)
            elif number == signal.SIGUSR1:
                self._signal(self._alive(), signal.SIGUSR1)

    def _stop(self) -> None:
        """Drain; at the second call end at once."""
        if self._stopping_since is not None:
            self._status = EXIT_CUT
            self._signal(self._alive(), signal.SIGKILL)
            return
        self._stopping_since = time.monotonic()
        self.release()
        self._signal(self.workers, signal.SIGTERM)
        if not any(worker.pid for worker in self.workers):
            self._signal([self.controller], signal.SIGTERM)

    def _signal(self, children: list[Child], number: signal.Signals) -> None:
        for child in children:
            if child.pid:
                os.kill(child.pid, number)

    def _reap(self) -> None:
        for child in self._alive():
            pid, waited = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                child.pid = 0
                self._ended(child, os.waitstatus_to_exitcode(waited))
        if self._stopping_since is not None and not any(worker.pid for worker in self.workers):
            self._signal([self.controller], signal.SIGTERM)

    def _ended(self, child: Child, code: int) -> None:
        if self._stopping_since is not None:
            if child in self.workers and code and self._status == EXIT_OK:
                self._status = EXIT_CUT
            return
        if not self._is_ready:
            # The controller has said on the terminal what is wrong; there is nothing to serve.
            self._status = EXIT_BAD
            self._stopping_since = time.monotonic()
            self._signal(self._alive(), signal.SIGKILL)
            return
        how = f"signal {-code}" if code < 0 else f"status {code}"
        self.complain(f"{child.name} ended ({how}); starting another")
        if time.monotonic() - child.started > _STEADY_SECONDS:
            child.backoff = _BACKOFF_FIRST
        child.restart_at = time.monotonic() + child.backoff
        child.backoff = min(child.backoff * 2, _BACKOFF_MOST)

    def _restart(self, links: Links, private: tuple[int, ...]) -> None:
        if self._stopping_since is not None:
            return
        for child in (self.controller, *self.workers):
            if child.restart_at is not None and child.restart_at <= time.monotonic():
                self._fork(child, links, private)

    def _enforce_grace(self) -> None:
        since = self._stopping_since
        if since is not None and time.monotonic() - since > self.grace + 1.0 and self._alive():
            self._status = EXIT_CUT
            self._signal(self._alive(), signal.SIGKILL)


def private_path() -> Path:
    """A path for the controller's socket that only this user can reach."""
    return Path(tempfile.mkdtemp(prefix="bfe-py-")) / "controller.sock"
