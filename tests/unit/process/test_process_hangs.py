"""A controller that hangs is ended by the parent; which workers there are is told to controllers."""

import signal

from bfe_py.process.children import Child, Pauses
from bfe_py.process.hangs import LOAD_SECONDS
from bfe_py.process.messages import Alive, ControllerHung, WorkerStarted
from bfe_py.process.parent import Parent, Times, Voice
from tests.kit.machine import FakeMachine

SILENCE = 2.1


class Run:
    """A parent whose controller speaks as `says` has it: what, at which turn; it ends with `turns`.

    The controller is ready with the first turn.
    """

    def __init__(self, turns: int, says: dict[int, float], **acts) -> None:
        self.says, self.turns, self.acts = says, turns, acts
        self.hung: list[tuple[str, int, float]] = []
        self.ends: list[tuple[str, str]] = []
        self.machine = FakeMachine(self._happen)
        voice = Voice(lambda _: None, lambda _: None, ended=self._ended, hung=self._hung)
        controller = Child("controller", lambda _: 0)
        workers = [Child(f"worker {number}", lambda _: 0) for number in (0, 1)]
        parent = Parent(
            self.machine, controller, workers, voice, lambda: None, Times(2.0), Pauses(0.5, 4.0)
        )
        self.status = parent.run()

    def _happen(self, machine: FakeMachine, turn: int) -> None:
        if turn == 0:
            machine.say_ready()
        if turn in self.says:
            machine.hear(Alive(self.says[turn]))
        if f"t{turn}" in self.acts:
            self.acts[f"t{turn}"](machine)
        if turn == self.turns:
            machine.take(signal.SIGTERM)

    def _ended(self, child: Child, reason: str) -> None:
        self.ends.append((child.name, reason))

    def _hung(self, child: Child) -> None:
        self.hung.append((child.name, child.pid, round(self.machine.time - 100.0, 3)))


def test_one_that_says_that_it_turns_is_left_alone():
    run = Run(60, dict.fromkeys(range(0, 60, 5), SILENCE))
    assert run.hung == run.ends == []


def test_one_that_is_silent_for_longer_than_it_said_is_killed_and_replaced():
    run = Run(40, {0: SILENCE, 5: SILENCE})
    assert run.hung == [("controller", 1, 3.2)]
    assert run.ends == [("controller", "SIGKILL")]
    assert len(run.machine.starts("controller")) == 2
    assert ControllerHung() in run.machine.introduced


def test_one_that_says_so_may_be_silent_for_as_long_as_a_configuration_takes():
    run = Run(60, {0: SILENCE, 5: LOAD_SECONDS})
    assert run.hung == []


def test_the_next_one_gets_the_time_to_load_too():
    run = Run(60, {0: SILENCE})
    assert len(run.hung) == 1


def test_one_that_never_says_anything_is_killed_too():
    run = Run(320, {})
    assert [name for name, _, _ in run.hung] == ["controller"]


def test_where_the_parent_itself_did_not_run_nobody_is_to_blame():
    def sleep(machine: FakeMachine) -> None:
        machine.time += 1000.0

    run = Run(12, {0: SILENCE, 9: SILENCE}, t5=sleep)
    assert run.hung == []


def test_one_that_hangs_while_all_ends_is_not_replaced():
    run = Run(5, {0: 0.5}, t1=lambda machine: machine.dying.pop("SIGTERM"))
    assert [name for name, _, _ in run.hung] == ["controller"]
    assert len(run.machine.starts("controller")) == 1


def test_every_worker_that_starts_is_told_to_the_controller_and_all_to_a_new_one():
    run = Run(
        40,
        dict.fromkeys(range(0, 40, 5), SILENCE),
        t2=lambda machine: machine.end("worker 1", -9),
        t20=lambda machine: machine.end("controller", -9),
    )
    assert run.machine.introduced == [
        WorkerStarted(0, 2),
        WorkerStarted(1, 3),
        WorkerStarted(1, 4),
        WorkerStarted(0, 2),
        WorkerStarted(1, 4),
    ]
