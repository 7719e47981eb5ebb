"""A parent that takes over: it waits for its word, whoever gives it."""

import signal
from collections.abc import Callable

import pytest

from bfe_py.process.children import Child
from bfe_py.process.messages import (
    Failed,
    Go,
    LoadFailed,
    PredecessorGone,
    Prepared,
    Ready,
    Reloaded,
    UpgradeEnded,
)
from bfe_py.process.notify import ServiceState
from bfe_py.process.parent import Parent, Times, Voice
from tests.kit.machine import FakeMachine

Script = Callable[[FakeMachine, int], None]


class Run:
    """A parent with one controller and one worker; `is_second`: another version runs."""

    def __init__(self, turns: dict[int, Script], *, is_second: bool = True) -> None:
        self.announced: list[str] = []
        self.complaints: list[str] = []
        self.told_systemd: list[str] = []
        self.turns = turns
        self.machine = FakeMachine(self._happen)
        self.status = Parent(
            self.machine,
            Child("controller", lambda _: 0),
            [Child("worker 0", lambda _: 0)],
            Voice(self.announced.append, self.complaints.append),
            lambda: None,
            Times(2.0),
            state=ServiceState(self.told_systemd.append, 1.0),
            takes_over=is_second,
            upgrades=3 if is_second else 0,
        ).run()

    def _happen(self, machine: FakeMachine, turn: int) -> None:
        act = self.turns.get(turn)
        if act is not None:
            act(machine, turn)

    def states(self) -> list[str]:
        """What systemd was told, but for signs of life."""
        lines = [text.splitlines()[0] for text in self.told_systemd]
        return [line for line in lines if line != "WATCHDOG=1"]


def hear(*messages: object) -> Script:
    return lambda machine, _: machine.hear(*messages)  # type: ignore[arg-type]


def take(number: int) -> Script:
    return lambda machine, _: machine.take(number)


STOP = take(signal.SIGTERM)
READY = hear(Ready("loaded"))


@pytest.mark.parametrize("word", [Go(), PredecessorGone()])
def test_it_says_that_it_is_prepared_and_serves_at_the_word_or_when_nobody_else_does(word: object):
    seen: list[tuple[int, list[str], list[str]]] = []

    def look(machine: FakeMachine, _: int) -> None:
        seen.append((machine.gates, list(run_box[0].announced), run_box[0].states()))

    class Looking(Run):
        def _happen(self, machine: FakeMachine, turn: int) -> None:
            run_box[:] = [self]
            super()._happen(machine, turn)

    run_box: list[Run] = []
    run = Looking({1: READY, 4: look, 5: hear(word), 8: STOP})
    assert seen == [(0, [], [])]
    assert run.machine.said == [Prepared()]
    assert run.machine.gates == 1
    assert run.announced == ["loaded"]
    assert run.machine.told == [UpgradeEnded(times=3)]
    assert run.states() == ["READY=1", "STOPPING=1"]
    assert run.status == 0


def test_a_word_that_comes_early_holds():
    run = Run({0: hear(PredecessorGone()), 3: READY, 5: STOP})
    assert run.announced == ["loaded"]
    assert run.machine.gates == 1


def test_the_first_of_all_waits_for_nobody():
    run = Run({1: READY, 3: STOP}, is_second=False)
    assert run.announced == ["loaded"]
    assert run.machine.said == run.machine.told == []


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (
            {1: hear(LoadFailed("host_rule.data: no hosts")), 2: ("controller", 1)},
            "host_rule.data: no hosts",
        ),
        ({1: ("worker 0", -9)}, "worker 0 ended (signal 9) before everything was ready"),
    ],
)
def test_why_it_fails_is_told_to_the_version_that_runs(turns, reason: str):
    def die(name: str, code: int) -> Script:
        return lambda machine, _: machine.end(name, code)

    acts = {turn: die(*act) if isinstance(act, tuple) else act for turn, act in turns.items()}
    run = Run(acts)
    assert run.machine.said[0] == Failed(reason)
    assert run.status == 1


def test_one_that_cannot_start_its_children_says_so():
    machine = FakeMachine(failing={"worker 0"})
    Parent(
        machine,
        Child("controller", lambda _: 0),
        [Child("worker 0", lambda _: 0)],
        Voice(lambda _: None, lambda _: None),
        lambda: None,
        Times(2.0),
        takes_over=True,
    ).run()
    assert machine.said == [Failed("worker 0 cannot be started: Resource temporarily unavailable")]


def test_the_first_of_all_has_nobody_to_tell():
    run = Run(
        {1: hear(LoadFailed("no hosts")), 2: lambda m, _: m.end("controller", 1)}, is_second=False
    )
    assert run.machine.said == []


def test_once_it_is_prepared_a_child_that_dies_is_replaced_as_ever():
    run = Run({1: READY, 2: lambda m, _: m.end("worker 0", -9), 9: hear(Go()), 12: STOP})
    assert len(run.machine.starts("worker 0")) == 2
    assert run.machine.said == [Prepared()]
    assert run.announced == ["loaded"]


# --- reloads, as systemd follows them


def test_systemd_knows_of_a_reload_from_its_signal_to_its_end():
    turns = {1: READY, 3: take(signal.SIGHUP), 5: hear(Reloaded()), 7: STOP}
    run = Run(turns, is_second=False)
    assert run.states() == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]


def test_systemd_knows_why_a_reload_was_refused():
    turns = {1: READY, 3: take(signal.SIGHUP), 5: hear(Reloaded("no such file")), 7: STOP}
    run = Run(turns, is_second=False)
    assert "READY=1\nSTATUS=serving; the last reload was refused: no such file" in run.told_systemd


def test_a_reload_is_over_too_if_its_controller_died_of_it():
    turns = {1: READY, 3: take(signal.SIGHUP), 5: hear(Ready("again")), 7: STOP}
    run = Run(turns, is_second=False)
    assert run.states() == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]


def test_signs_of_life_are_given_twice_as_often_as_they_are_wanted():
    run = Run({1: READY, 50: STOP}, is_second=False)
    assert run.told_systemd.count("WATCHDOG=1") == pytest.approx(49 * 0.2 / 0.5, abs=3)
    assert run.machine.pause <= 0.5
