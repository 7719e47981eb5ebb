"""The parent: starts, waits, replaces. It runs no event loop and sees no byte of a client.

Its controller tells it by messages what is ready and what is asked for; it tells children to end by
signals, and by its own death, which closes the lifeline they all hold.
"""

import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bfe_py.process.children import DRAIN, EXIT_BAD, EXIT_CUT, EXIT_OK, RETIRE, Child, Pauses
from bfe_py.process.ends import name_reason
from bfe_py.process.hangs import Hangs
from bfe_py.process.machine import Machine
from bfe_py.process.messages import (
    Alive,
    AskUpgrade,
    Failed,
    Go,
    Heard,
    LoadFailed,
    PredecessorGone,
    Prepared,
    Ready,
    Reloaded,
    UpgradeEnded,
)
from bfe_py.process.notify import ServiceState
from bfe_py.process.upgrade import Upgrade

_TICK = 0.2
_GRACE_MORE = 1.0
"""By how much children may be late: they watch their deadline themselves."""
_ENDS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Voice:
    """What the parent says to the operator.

    `announce` is called once with the controller's text when all is ready; `complain` takes lines
    about children. `upgrade_ended` takes what became of an upgrade, `ended` a child that is to be
    replaced, with the reason of its end; `hung` one that is killed for it.
    """

    announce: Callable[[str], None]
    complain: Callable[[str], None]
    upgrade_ended: Callable[[UpgradeEnded], None] = lambda _: None
    ended: Callable[[Child, str], None] = lambda _child, _reason: None
    hung: Callable[[Child], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds: `grace` that workers get to drain, `leave` that they get behind an upgrade, and
    `upgrade` that a new version gets to become ready."""

    grace: float
    leave: float = 10.0
    upgrade: float = 60.0


@dataclass(slots=True)
class Parent:
    """Keeps the controller and the workers running.

    `release` is called when no new connection is wanted: it closes the parent's copies of the
    listening sockets. `takes_over`: another version runs, which says when clients may be accepted;
    `upgrades` led to this one.
    """

    machine: Machine
    controller: Child
    workers: list[Child]
    voice: Voice
    release: Callable[[], None]
    times: Times
    pauses: Pauses = field(default_factory=Pauses)
    state: ServiceState = field(default_factory=lambda: ServiceState(lambda _: None))
    takes_over: bool = False
    upgrades: int = 0
    _upgrade: Upgrade = field(init=False)
    _hangs: Hangs = field(init=False)
    _loaded: str | None = None
    """What the controller said when all was ready."""
    _is_begun: bool = False
    _is_leaving: bool = False
    """Another version has taken over, and nobody said yet that this one is to end at once."""
    _stopping_since: float | None = None
    _grace: float = 0.0
    _status: int = EXIT_OK

    def __post_init__(self) -> None:
        self._upgrade = Upgrade(self.machine, self.state, self.times.upgrade, self._upgrade_ended)
        self._hangs = Hangs(self.machine, self.controller, self.workers, self.voice.hung)

    def run(self) -> int:
        """Run until told to end; answers the exit status."""
        for child in self._children():
            if self._stopping_since is None:
                self._start(child)
        while self._is_running():
            happened = self.machine.wait(min(_TICK, self.state.pause))
            for message in happened.messages:
                self._hear(message)
            for number in happened.signals:
                self._take(number)
            self._reap()
            self._restart()
            self._hangs.tick()
            self._enforce_grace()
            self._upgrade.tick()
            self.state.tick(self.machine.now())
        return self._status

    def _children(self) -> tuple[Child, ...]:
        return (self.controller, *self.workers)

    def _is_running(self) -> bool:
        if self._stopping_since is None or self._upgrade.is_running:
            return True
        return any(child.pid for child in self._children())

    def _start(self, child: Child) -> None:
        now = self.machine.now()
        try:
            child.begin(self.machine.start(child), now)
        except OSError as error:
            self.voice.ended(child, "cannot_start")
            self.voice.complain(f"{child.name} cannot be started: {error.strerror}")
            self._tell_failure(f"{child.name} cannot be started: {error.strerror}")
            self._lost(child, now)
        else:
            self._hangs.started(child)

    # --- what others say

    def _hear(self, message: Heard) -> None:
        match message:
            case Ready(text):
                self._note_ready(text)
            case Reloaded(error):
                refused = f"serving; the last reload was refused: {error}"
                self.state.ready(refused if error else "serving")
            case Alive(seconds):
                self._hangs.heard(seconds)
            case LoadFailed(reason):
                self._tell_failure(reason)
            case AskUpgrade(number):
                self._upgrade.ask((number,), self._why_no_upgrade())
            case Go() | PredecessorGone():
                self.takes_over = False
                self._begin()
            case _:
                self._upgrade.hear(message)

    def _note_ready(self, text: str) -> None:
        if self._is_begun:
            self.state.ready("serving")  # a controller in place of one that died, in a reload even
            return
        self._loaded = text
        if self.takes_over:
            self.machine.tell_predecessor(Prepared())
        self._begin()

    def _tell_failure(self, reason: str) -> None:
        """The version that runs is to say why this one does not take over."""
        if self.takes_over and self._loaded is None:
            self.machine.tell_predecessor(Failed(reason))

    def _begin(self) -> None:
        """Serve, if all is ready and no other version does so any more."""
        if self._loaded is None or self.takes_over or self._is_begun:
            return
        self._is_begun = True
        self.machine.open_gate()
        if self.upgrades:
            self.machine.tell_controller(UpgradeEnded(times=self.upgrades))
        self.voice.announce(self._loaded)
        self.state.ready(self._loaded)

    # --- signals

    def _take(self, number: int) -> None:
        if number in _ENDS:
            self._stop()
        elif number == signal.SIGHUP and self._stopping_since is None:
            self.state.reloading(self.machine.now())
            self._signal([self.controller], signal.SIGHUP)
        elif number == signal.SIGUSR1:
            self._signal(self.workers, signal.SIGUSR1)
        elif number == signal.SIGUSR2:
            self._upgrade.ask((), self._why_no_upgrade())

    def _stop(self) -> None:
        """Drain; at the second call end at once."""
        if self._stopping_since is not None and not self._is_leaving:
            self._kill()
            return
        self._is_leaving = False
        self._upgrade.give_up("the version that runs was told to end")
        self.state.stopping()
        self._end_in(self.times.grace)
        self._signal(self.workers, signal.SIGTERM)
        self._signal([self.controller], DRAIN)

    def _end_in(self, grace: float) -> None:
        self._stopping_since = self.machine.now()
        self._grace = grace
        self.release()

    def _kill(self) -> None:
        """End all at once; the status is that of workers, as `_ended` has it."""
        self._signal(self._children(), signal.SIGKILL)
        self._upgrade.kill()

    def _signal(self, children: Iterable[Child], number: signal.Signals) -> None:
        for child in children:
            if child.pid:
                self.machine.signal(child.pid, number)

    # --- another version

    def _why_no_upgrade(self) -> str:
        if self._upgrade.successor:
            return f"process {self._upgrade.successor} took over already: ask that one"
        if self._stopping_since is not None:
            return "the version that runs was told to end"
        if not self._is_begun:
            return "the version that runs is not ready itself"
        return self.machine.why_no_successor

    def _upgrade_ended(self, ended: UpgradeEnded) -> None:
        self.machine.tell_controller(ended)
        self.voice.upgrade_ended(ended)
        if ended.pid:
            self._is_leaving = True
            self._end_in(self.times.leave)
            self._signal(self._children(), RETIRE)

    # --- ends

    def _reap(self) -> None:
        for pid, code in self.machine.ended():
            if pid == self._upgrade.successor:
                if code != EXIT_OK:
                    self.voice.complain(f"process {pid} that took over ended ({_how(code)})")
            elif not self._upgrade.note_end(pid, code):
                for child in self._children():
                    if child.pid == pid:
                        child.pid = 0
                        self._ended(child, code)
        if self._stopping_since is not None and not any(worker.pid for worker in self.workers):
            self._signal([self.controller], signal.SIGTERM)

    def _ended(self, child: Child, code: int) -> None:
        if self._stopping_since is not None:
            # By these signals before it served anybody.
            is_cut = code not in (EXIT_OK, -signal.SIGTERM, -RETIRE)
            if child is not self.controller and is_cut and self._status == EXIT_OK:
                self._status = EXIT_CUT
            return
        if self._loaded is not None:
            self.voice.ended(child, name_reason(code))
            self.voice.complain(f"{child.name} ended ({_how(code)}); starting another")
        elif code != EXIT_BAD:  # with that status it has said itself what is wrong
            text = f"{child.name} ended ({_how(code)}) before everything was ready"
            self.voice.complain(text)
            self._tell_failure(text)
        self._lost(child, self.machine.now())

    def _lost(self, child: Child, now: float) -> None:
        """A child is not there: another one later; at first there is nothing to serve with."""
        if self._loaded is not None:
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
        if since is not None and self.machine.now() - since > self._grace + _GRACE_MORE:
            self._kill()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"status {code}"
