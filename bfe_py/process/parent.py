"""The parent: starts, waits, replaces. It runs no event loop and sees no byte of a client.

Children tell it that they are ready through a pipe; it tells them to end by signals, and by its own
death, which closes the lifeline they all hold.
"""

import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from bfe_py.process.children import EXIT_BAD, EXIT_CUT, EXIT_OK, Child, Pauses, Ready
from bfe_py.process.machine import Machine

_TICK = 0.2
_GRACE_MORE = 1.0
"""By how much children may be late: they watch their deadline themselves."""
_ENDS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Voice:
    """What the parent says to the operator.

    `announce` is called once with the controller's text when all is ready; `complain` takes lines.
    """

    announce: Callable[[str], None]
    complain: Callable[[str], None]


@dataclass(slots=True)
class Parent:
    """Keeps the controller and the workers running.

    `release` is called when no new connection is wanted: it closes the parent's copies of the
    listening sockets. `grace` is how many seconds workers get to drain.
    """

    machine: Machine
    controller: Child
    workers: list[Child]
    voice: Voice
    release: Callable[[], None]
    grace: float
    pauses: Pauses = field(default_factory=Pauses)
    _is_ready: bool = False
    _stopping_since: float | None = None
    _status: int = EXIT_OK

    def run(self) -> int:
        """Run until told to end; answers the exit status."""
        for child in self._children():
            if self._stopping_since is None:
                self._start(child)
        while self._is_running():
            happened = self.machine.wait(_TICK)
            if happened.ready:
                self._note_ready(happened.ready)
            for number in happened.signals:
                self._take(number)
            self._reap()
            self._restart()
            self._enforce_grace()
        return self._status

    def _children(self) -> tuple[Child, ...]:
        return (self.controller, *self.workers)

    def _is_running(self) -> bool:
        return self._stopping_since is None or any(child.pid for child in self._children())

    def _start(self, child: Child) -> None:
        now = self.machine.now()
        try:
            child.begin(self.machine.start(child), now)
        except OSError as error:
            self.voice.complain(f"{child.name} cannot be started: {error.strerror}")
            self._lost(child, now)

    def _note_ready(self, written: bytes) -> None:
        if not self._is_ready:
            self._is_ready = True
            self.voice.announce(msgspec.msgpack.decode(written, type=Ready).text)

    # --- signals

    def _take(self, number: int) -> None:
        if number in _ENDS:
            self._stop()
        elif number == signal.SIGHUP:
            self._signal([self.controller], signal.SIGHUP)
        elif number == signal.SIGUSR1:
            self._signal(self.workers, signal.SIGUSR1)

    def _stop(self) -> None:
        """Drain; at the second call end at once."""
        if self._stopping_since is not None:
            self._kill()
            return
        self._stopping_since = self.machine.now()
        self.release()
        self._signal(self.workers, signal.SIGTERM)
        self._signal([self.controller], signal.SIGUSR2)

    def _kill(self) -> None:
        if any(child.pid for child in self._children()) and self._status == EXIT_OK:
            self._status = EXIT_CUT
        self._signal(self._children(), signal.SIGKILL)

    def _signal(self, children: Iterable[Child], number: signal.Signals) -> None:
        for child in children:
            if child.pid:
                self.machine.signal(child.pid, number)

    # --- ends

    def _reap(self) -> None:
        for pid, code in self.machine.ended():
            for child in self._children():
                if child.pid == pid:
                    child.pid = 0
                    self._ended(child, code)
        if self._stopping_since is not None and not any(worker.pid for worker in self.workers):
            self._signal([self.controller], signal.SIGTERM)

    def _ended(self, child: Child, code: int) -> None:
        how = f"signal {-code}" if code < 0 else f"status {code}"
        if self._stopping_since is not None:
            is_cut = code not in (EXIT_OK, -signal.SIGTERM)  # by the latter before it served
            if child is not self.controller and is_cut and self._status == EXIT_OK:
                self._status = EXIT_CUT
            return
        if self._is_ready:
            self.voice.complain(f"{child.name} ended ({how}); starting another")
        elif code != EXIT_BAD:  # with that status it has said itself what is wrong
            self.voice.complain(f"{child.name} ended ({how}) before everything was ready")
        self._lost(child, self.machine.now())

    def _lost(self, child: Child, now: float) -> None:
        """A child is not there: another one later; at first there is nothing to serve with."""
        if self._is_ready:
            child.plan_restart(now, self.pauses)
        else:
            self._status = EXIT_BAD
            self._stopping_since = now
            self._kill()

    def _restart(self) -> None:
        if self._stopping_since is not None:
            return
        now = self.machine.now()
        for child in self._children():
            if child.restart_at is not None and child.restart_at <= now:
                self._start(child)

    def _enforce_grace(self) -> None:
        since = self._stopping_since
        if since is not None and self.machine.now() - since > self.grace + _GRACE_MORE:
            self._kill()
