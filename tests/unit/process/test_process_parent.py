import signal
from collections.abc import Callable
from itertools import pairwise

import pytest

from bfe_py.process.children import DRAIN, Child, Pauses
from bfe_py.process.parent import Parent, Times, Voice
from tests.kit.machine import FakeMachine

Script = Callable[[FakeMachine, int], None]


class Run:
    """A parent with one controller and two workers, run to its end."""

    def __init__(
        self, script: Script, *, grace: float = 2.0, failing: str = "", **dying: int
    ) -> None:
        self.machine = FakeMachine(script, failing={failing} if failing else set(), dying=dying)
        self.announced: list[str] = []
        self.complaints: list[str] = []
        self.released = 0
        self.ends: list[tuple[str, str]] = []
        parent = Parent(
            self.machine,
            Child("controller", lambda _: 0),
            [Child("worker 0", lambda _: 0), Child("worker 1", lambda _: 0)],
            Voice(self.announced.append, self.complaints.append, ended=self._ended),
            self._release,
            Times(grace),
            Pauses(0.5, 4.0),
        )
        self.status = parent.run()

    def _ended(self, child: Child, reason: str) -> None:
        self.ends.append((child.name, reason))

    def _release(self) -> None:
        self.released += 1

    def sent(self, name: str) -> list[tuple[str, str]]:
        return [(child, number) for child, number in self.machine.signals if number == name]


def script(**turns: Script) -> Script:
    """What happens at the turns ``t0``, ``t1`` and so on."""

    def happen(machine: FakeMachine, turn: int) -> None:
        act = turns.get(f"t{turn}")
        if act is not None:
            act(machine, turn)

    return happen


def ready(machine: FakeMachine, _: int) -> None:
    machine.say_ready()


def take(number: int) -> Script:
    return lambda machine, _: machine.take(number)


def end(name: str, code: int) -> Script:
    return lambda machine, _: machine.end(name, code)


# --- the usual way


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGINT])
def test_everything_starts_is_announced_and_ends(number: signal.Signals):
    run = Run(script(t1=ready, t3=take(number)))
    assert [name for name, _ in run.machine.started] == ["controller", "worker 0", "worker 1"]
    assert run.announced == ["loaded"]
    assert run.complaints == []
    assert run.released == 1
    assert run.machine.signals == [
        ("worker 0", "SIGTERM"),
        ("worker 1", "SIGTERM"),
        ("controller", DRAIN.name),
        ("controller", "SIGTERM"),
    ]
    assert run.status == 0


def test_it_is_announced_once_whatever_later_controllers_say():
    run = Run(script(t1=ready, t2=ready, t3=take(signal.SIGTERM)))
    assert run.announced == ["loaded"]


def test_signals_are_passed_on_to_whom_they_concern():
    run = Run(
        script(
            t1=ready,
            t2=take(signal.SIGHUP),
            t3=take(signal.SIGUSR1),
            t4=take(signal.SIGCHLD),
            t5=take(signal.SIGTERM),
        )
    )
    assert run.sent("SIGHUP") == [("controller", "SIGHUP")]
    assert run.sent("SIGUSR1") == [("worker 0", "SIGUSR1"), ("worker 1", "SIGUSR1")]


# --- the end


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR2])
def test_who_drains_reads_nothing_again_and_starts_no_other_version(number: signal.Signals):
    def drain(machine: FakeMachine, turn: int) -> None:
        machine.dying.pop("SIGTERM", None)
        script(
            t1=ready,
            t3=take(signal.SIGTERM),
            t5=take(number),
            t6=take(signal.SIGUSR1),
            t8=end("worker 0", 0),
            t9=end("worker 1", 0),
        )(machine, turn)
        if turn > 8:
            machine.dying["SIGTERM"] = 0

    run = Run(drain, grace=100.0)
    assert run.sent("SIGHUP") == []
    assert run.sent("SIGUSR1") == [("worker 0", "SIGUSR1"), ("worker 1", "SIGUSR1")]
    assert [name for name, _ in run.machine.started] == ["controller", "worker 0", "worker 1"]
    assert run.status == 0


def test_a_worker_that_cut_something_off_shows_in_the_status():
    assert Run(script(t1=ready, t3=take(signal.SIGTERM)), SIGTERM=3).status == 3


def test_a_worker_that_ended_before_it_served_cut_nothing_off():
    assert Run(script(t3=take(signal.SIGTERM)), SIGTERM=-15).status == 0


def test_a_controller_that_ends_badly_at_the_end_is_no_matter():
    def finish(machine: FakeMachine, _: int) -> None:
        machine.take(signal.SIGTERM)
        machine.end("controller", 1)

    assert Run(script(t1=ready, t3=finish)).status == 0


def test_who_does_not_end_in_time_is_killed():
    run = Run(script(t1=ready, t3=take(signal.SIGTERM)), grace=2.0, SIGTERM=0)
    assert run.sent("SIGKILL") == []

    def hang(machine: FakeMachine, turn: int) -> None:
        machine.dying.pop("SIGTERM", None)
        script(t1=ready, t3=take(signal.SIGTERM))(machine, turn)

    run = Run(hang, grace=2.0)
    assert [name for name, _ in run.sent("SIGKILL")] == ["controller", "worker 0", "worker 1"]
    assert run.machine.time - 100.0 == pytest.approx(4.0, abs=0.5)
    assert run.status == 3


def test_a_controller_that_is_killed_at_the_end_cut_nothing_off():
    def linger(machine: FakeMachine, turn: int) -> None:
        machine.dying.pop("SIGTERM", None)
        script(t1=ready, t3=take(signal.SIGTERM), t5=end("worker 0", 0), t7=end("worker 1", 0))(
            machine, turn
        )

    run = Run(linger, grace=2.0)
    assert [name for name, _ in run.sent("SIGKILL")] == ["controller"]
    assert run.status == 0


def test_a_second_signal_ends_at_once():
    def hang(machine: FakeMachine, turn: int) -> None:
        machine.dying.pop("SIGTERM", None)
        script(t1=ready, t3=take(signal.SIGTERM), t5=take(signal.SIGINT))(machine, turn)

    run = Run(hang, grace=100.0)
    assert run.machine.time - 100.0 < 2.0
    assert run.released == 1
    assert run.status == 3


def test_the_controller_stays_until_the_last_worker_has_ended():
    def one_by_one(machine: FakeMachine, turn: int) -> None:
        machine.dying.pop("SIGTERM", None)
        script(
            t1=ready,
            t3=take(signal.SIGTERM),
            t5=end("worker 0", 0),
            t7=end("worker 1", 0),
            t9=end("controller", 0),
        )(machine, turn)

    run = Run(one_by_one, grace=100.0)
    sent = run.sent("SIGTERM")
    assert sent[:3] == [("worker 0", "SIGTERM"), ("worker 1", "SIGTERM"), ("controller", "SIGTERM")]
    assert run.status == 0


def test_nobody_is_replaced_at_the_end():
    def die_late(machine: FakeMachine, turn: int) -> None:
        machine.dying.pop("SIGTERM", None)
        script(
            t1=ready,
            t3=end("worker 0", 1),
            t4=take(signal.SIGTERM),
            t20=end("worker 1", 0),
            t22=end("controller", 0),
        )(machine, turn)

    run = Run(die_late, grace=100.0)
    assert run.machine.starts("worker 0") == [0.0]
    assert run.ends == [("worker 0", "status_1")]


# --- replacing


def test_who_dies_is_replaced_later_each_time():
    def die(machine: FakeMachine, turn: int) -> None:
        if turn == 1:
            machine.say_ready()
        if turn > 1 and "worker 0" in machine.running.values() and turn < 100:
            machine.end("worker 0", -11)
        if turn == 100:
            machine.take(signal.SIGTERM)

    run = Run(die)
    starts = run.machine.starts("worker 0")
    pauses = [later - sooner for sooner, later in pairwise(starts)]
    # Each pause and up to three ticks of 0.2 s: to end, to be seen, to be started.
    for pause, wanted in zip(pauses, (0.5, 1.0, 2.0, 4.0), strict=False):
        assert wanted <= pause <= wanted + 0.7
    assert run.complaints[0] == "worker 0 ended (signal 11); starting another"
    assert set(run.ends) == {("worker 0", "SIGSEGV")}
    assert run.machine.starts("worker 1") == [0.0]


def test_who_ran_for_a_while_is_replaced_soon():
    def die(machine: FakeMachine, turn: int) -> None:
        script(
            t1=ready,
            t2=end("controller", 1),
            t6=end("controller", 1),
            t300=end("controller", 1),
            t310=take(signal.SIGTERM),
        )(machine, turn)

    run = Run(die)
    starts = run.machine.starts("controller")
    assert len(starts) == 4
    assert starts[3] - starts[2] == pytest.approx(60, abs=2)
    assert starts[3] - 60.2 < 1.0
    assert "controller ended (status 1); starting another" in run.complaints


def test_processes_that_are_none_of_ours_may_end_too():
    run = Run(
        script(t1=ready, t2=lambda machine, _: machine.adopt_and_end(), t3=take(signal.SIGTERM))
    )
    assert run.complaints == []
    assert run.status == 0


def test_who_cannot_be_started_is_tried_again():
    def exhaust(machine: FakeMachine, turn: int) -> None:
        if turn == 2:
            machine.failing.add("worker 0")
            machine.end("worker 0", 1)
        if turn == 20:
            machine.failing.clear()
        script(t1=ready, t60=take(signal.SIGTERM))(machine, turn)

    run = Run(exhaust)
    assert "worker 0 cannot be started: Resource temporarily unavailable" in run.complaints
    assert run.ends[:2] == [("worker 0", "status_1"), ("worker 0", "cannot_start")]
    assert len(run.machine.starts("worker 0")) == 2
    assert run.status == 0


# --- a start that fails


@pytest.mark.parametrize(
    ("name", "code", "complaints"),
    [
        ("controller", 1, []),
        ("worker 1", 1, []),
        ("controller", -9, ["controller ended (signal 9) before everything was ready"]),
        ("worker 0", 7, ["worker 0 ended (status 7) before everything was ready"]),
    ],
)
def test_who_ends_before_all_is_ready_ends_the_start(name: str, code: int, complaints: list[str]):
    run = Run(script(t1=end(name, code)))
    assert run.status == 1
    assert run.announced == []
    assert run.complaints == complaints
    assert len(run.sent("SIGKILL")) == 2
    assert run.machine.running == {}


@pytest.mark.parametrize("name", ["controller", "worker 0", "worker 1"])
def test_who_cannot_be_started_at_first_ends_the_start(name: str):
    run = Run(script(), failing=name)
    assert run.status == 1
    assert run.complaints == [f"{name} cannot be started: Resource temporarily unavailable"]
    assert run.machine.running == {}
