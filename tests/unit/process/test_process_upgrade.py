"""Another version takes over: what the parent that runs decides."""

import os
import signal
from collections.abc import Callable

import pytest

from bfe_py.process.children import RETIRE, Child
from bfe_py.process.messages import (
    AskUpgrade,
    Failed,
    Go,
    Prepared,
    SuccessorGone,
    ToSuccessor,
    UpgradeEnded,
)
from bfe_py.process.notify import ServiceState
from bfe_py.process.parent import Parent, Times, Voice
from tests.kit.machine import SUCCESSOR, FakeMachine

Script = Callable[[FakeMachine, int], None]
CONTROLLER, FIRST, SECOND = "controller", "worker 0", "worker 1"


class Run:
    """A parent that runs, with one controller and two workers, until the script ends it."""

    def __init__(
        self, machine: FakeMachine, *, leave: float = 20.0, told_systemd: list[str] | None = None
    ) -> None:
        self.machine = machine
        self.complaints: list[str] = []
        self.ended: list[UpgradeEnded] = []
        self.released = 0
        self.told_systemd: list[str] = [] if told_systemd is None else told_systemd
        self.status = Parent(
            machine,
            Child(CONTROLLER, lambda _: 0),
            [Child(FIRST, lambda _: 0), Child(SECOND, lambda _: 0)],
            Voice(lambda _: None, self.complaints.append, self.ended.append),
            self._release,
            Times(grace=2.0, leave=leave, upgrade=5.0),
            state=ServiceState(self.told_systemd.append),
        ).run()

    def _release(self) -> None:
        self.released += 1

    def sent(self, name: str) -> list[str]:
        """Who got a signal or a message of that name."""
        return [who for who, number in self.machine.signals if number == name]


def play(**turns: Script | list[Script]) -> Script:
    """What happens at the turns ``t0``, ``t1`` and so on; all is ready at the second."""

    def happen(machine: FakeMachine, turn: int) -> None:
        if turn == 1:
            machine.say_ready()
        acts = turns.get(f"t{turn}", [])
        for act in acts if isinstance(acts, list) else [acts]:
            act(machine, turn)

    return happen


def take(number: int) -> Script:
    return lambda machine, _: machine.take(number)


def hear(*messages: object) -> Script:
    return lambda machine, _: machine.hear(*messages)  # type: ignore[arg-type]


def end(name: str, code: int) -> Script:
    return lambda machine, _: machine.end(name, code)


UPGRADE = take(signal.SIGUSR2)
STOP = take(signal.SIGTERM)


def test_it_takes_over_when_it_is_prepared_and_this_one_leaves():
    run = Run(FakeMachine(play(t3=UPGRADE, t5=hear(Prepared()))))
    assert run.machine.signals == [
        (SUCCESSOR, "Go"),
        (CONTROLLER, RETIRE.name),
        (FIRST, RETIRE.name),
        (SECOND, RETIRE.name),
    ]
    assert run.status == 0
    assert run.released == 1
    assert run.ended == run.machine.told == [UpgradeEnded(pid=4)]
    assert run.complaints == []


def test_its_first_word_is_not_waited_for_idly():
    run = Run(FakeMachine(play(t3=UPGRADE, t4=[], t5=hear(Prepared()))))
    assert run.machine.starts(SUCCESSOR) == pytest.approx([0.8])


def test_systemd_is_told_who_is_the_service_now_and_nothing_more():
    run = Run(FakeMachine(play(t3=UPGRADE, t5=hear(Prepared()))))
    assert [text.splitlines()[0] for text in run.told_systemd] == ["READY=1", "MAINPID=4"]


def test_systemd_is_told_before_the_new_one_may_speak():
    machine = FakeMachine(play(t3=UPGRADE, t5=hear(Prepared())))
    told: list[str] = []
    told_by_then: list[str] = []

    def note(_: ToSuccessor) -> bool:
        told_by_then.extend(told)
        return True

    machine.tell_successor = note  # type: ignore[method-assign]
    Run(machine, told_systemd=told)
    assert told_by_then[1:] == ["MAINPID=4\nREADY=1\nSTATUS=process 4 takes over"]


def test_systemd_is_told_that_it_stays_where_the_new_one_is_gone():
    machine = FakeMachine(play(t3=UPGRADE, t5=hear(Prepared()), t6=end(SUCCESSOR, -9), t8=STOP))
    machine.is_deaf = True
    run = Run(machine)
    assert [text.splitlines()[0] for text in run.told_systemd] == [
        "READY=1",
        "MAINPID=4",
        f"MAINPID={os.getpid()}",
        "STOPPING=1",
    ]


def test_whoever_asked_is_told_by_number():
    run = Run(FakeMachine(play(t3=hear(AskUpgrade(77)), t5=hear(Prepared()))))
    assert run.machine.told == [UpgradeEnded((77,), pid=4)]


def test_who_leaves_has_its_own_time_for_that():
    machine = FakeMachine(play(t3=UPGRADE, t5=hear(Prepared())))
    del machine.dying[RETIRE.name]
    run = Run(machine, leave=20.0)
    assert run.sent("SIGKILL") == [CONTROLLER, FIRST, SECOND]
    assert run.machine.time - 100.0 == pytest.approx(22.2, abs=0.5)
    assert run.status == 3


def leaving(*more: tuple[str, Script]) -> FakeMachine:
    """One whose workers stay when they are told to leave."""
    machine = FakeMachine(play(t3=UPGRADE, t5=hear(Prepared()), **dict(more)))
    del machine.dying[RETIRE.name]
    return machine


def test_who_leaves_and_is_told_to_end_drains_as_ever():
    run = Run(leaving(("t9", STOP)))
    assert run.sent("SIGTERM") == [FIRST, SECOND, CONTROLLER]
    assert run.status == 0
    assert run.machine.time - 100.0 < 3.0


def test_who_leaves_and_is_told_twice_ends_at_once():
    machine = leaving(("t9", STOP), ("t11", STOP))
    del machine.dying["SIGTERM"]
    run = Run(machine)
    assert run.sent("SIGKILL") == [CONTROLLER, FIRST, SECOND]
    assert run.machine.time - 100.0 < 4.0


def test_who_leaves_reads_nothing_again():
    run = Run(leaving(("t7", take(signal.SIGHUP)), ("t9", STOP)))
    assert run.sent("SIGHUP") == []
    assert [text.splitlines()[0] for text in run.told_systemd] == ["READY=1", "MAINPID=4"]


def test_nobody_is_replaced_while_it_leaves():
    run = Run(
        leaving(("t7", end(FIRST, -11)), ("t20", end(SECOND, 0)), ("t21", end(CONTROLLER, 0)))
    )
    assert len(run.machine.starts(FIRST)) == 1
    assert run.status == 3


@pytest.mark.parametrize(
    ("code", "complaints"),
    [
        (-9, ["process 4 that took over ended (signal 9)"]),
        (3, ["process 4 that took over ended (status 3)"]),
        (0, []),
    ],
)
def test_the_end_of_who_took_over_is_said_if_it_is_not_a_good_one(code: int, complaints: list[str]):
    run = Run(leaving(("t7", end(SUCCESSOR, code)), ("t9", STOP)))
    assert run.complaints == complaints


# --- what fails leaves everything as it was


FAILURES = [
    pytest.param([end(SUCCESSOR, 1)], "the new version ended (status 1) before it was ready"),
    pytest.param([end(SUCCESSOR, -9)], "the new version ended (signal 9) before it was ready"),
    pytest.param(
        [hear(Failed("bfe.conf:3:1: unknown key")), end(SUCCESSOR, 1)], "bfe.conf:3:1: unknown key"
    ),
    pytest.param(
        [hear(Failed("no such file"), Failed("worker 0 ended")), end(SUCCESSOR, 1)], "no such file"
    ),
    pytest.param(
        [hear(Failed("no such file"), SuccessorGone()), end(SUCCESSOR, 1)], "no such file"
    ),
    pytest.param(
        [hear(SuccessorGone()), end(SUCCESSOR, 1)],
        "the new version ended (status 1) before it was ready",
    ),
]


@pytest.mark.parametrize(("acts", "reason"), FAILURES)
def test_one_that_fails_is_told_of_and_nothing_else_happens(acts: list[Script], reason: str):
    run = Run(FakeMachine(play(t3=hear(AskUpgrade(7)), t5=acts, t9=STOP)))
    assert run.machine.told == run.ended == [UpgradeEnded((7,), error=reason)]
    assert run.sent(RETIRE.name) == run.sent("Go") == []
    assert run.complaints == []
    assert [text.splitlines()[0] for text in run.told_systemd] == ["READY=1", "STOPPING=1"]
    assert run.status == 0


def test_one_that_cannot_be_started_is_told_of():
    run = Run(FakeMachine(play(t3=UPGRADE, t5=STOP), failing={SUCCESSOR}))
    (ended,) = run.ended
    assert ended.error == "the new version cannot be started: Resource temporarily unavailable"
    assert not ended.is_refused


def test_one_that_takes_too_long_is_ended_and_killed_if_it_does_not():
    machine = FakeMachine(play(t3=UPGRADE, t80=end(SUCCESSOR, -9), t82=STOP))
    del machine.dying["SIGTERM"]
    del machine.dying["SIGKILL"]

    def happen(machine: FakeMachine, turn: int) -> None:
        play(t3=UPGRADE, t80=end(SUCCESSOR, -9))(machine, turn)
        if turn == 82:
            machine.dying["SIGTERM"] = 0
            machine.take(signal.SIGTERM)

    machine.script = happen
    run = Run(machine)
    assert run.ended == [UpgradeEnded(error="it was not ready within 5 s")]
    assert run.machine.signals[:2] == [(SUCCESSOR, "SIGTERM"), (SUCCESSOR, "SIGKILL")]
    assert run.status == 0


def test_one_that_goes_silent_is_not_waited_for_to_the_end():
    def happen(machine: FakeMachine, turn: int) -> None:
        play(t3=UPGRADE, t4=hear(SuccessorGone()), t60=STOP)(machine, turn)

    run = Run(FakeMachine(happen))
    (ended,) = run.ended
    assert "not ready" in ended.error


def test_one_that_is_prepared_too_late_does_not_take_over():
    machine = FakeMachine()

    def happen(machine: FakeMachine, turn: int) -> None:
        machine.dying["SIGTERM"] = 0
        if turn == 35:  # it was told to end, and said so before it heard
            machine.hear(Prepared())
        play(t3=UPGRADE, t40=STOP)(machine, turn)

    machine.script = happen
    run = Run(machine)
    assert run.sent("Go") == []
    assert len(run.ended) == 1


def test_one_that_dies_when_it_is_told_to_go_does_not_take_over():
    machine = FakeMachine(play(t3=UPGRADE, t5=hear(Prepared()), t6=end(SUCCESSOR, -9), t8=STOP))
    machine.is_deaf = True
    run = Run(machine)
    assert run.ended == [UpgradeEnded(error="the new version ended (signal 9) before it was ready")]
    assert run.sent(RETIRE.name) == []


def test_behind_one_that_failed_another_may_follow():
    run = Run(FakeMachine(play(t3=UPGRADE, t5=end(SUCCESSOR, 1), t7=UPGRADE, t9=hear(Prepared()))))
    assert [ended.pid for ended in run.ended] == [0, 5]


# --- what is refused


def test_a_second_one_is_refused_while_the_first_is_under_way():
    run = Run(
        FakeMachine(play(t3=hear(AskUpgrade(1)), t4=hear(AskUpgrade(2)), t5=hear(Prepared())))
    )
    refused, ended = run.ended
    assert refused == UpgradeEnded(
        (2,), error="another upgrade is running (process 4)", is_refused=True
    )
    assert ended == UpgradeEnded((1,), pid=4)


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ({"t0": UPGRADE, "t5": STOP}, "the version that runs is not ready itself"),
        ({"t5": [STOP, UPGRADE]}, "the version that runs was told to end"),
        (
            {"t3": UPGRADE, "t5": hear(Prepared(), AskUpgrade(9))},
            "process 4 took over already: ask that one",
        ),
    ],
)
def test_at_the_wrong_time_it_is_refused(turns: dict[str, Script], reason: str):
    run = Run(FakeMachine(play(**turns)))
    assert [ended.error for ended in run.ended if ended.is_refused] == [reason]


def test_where_it_can_never_be_it_is_refused():
    machine = FakeMachine(play(t3=UPGRADE, t5=STOP), why_no_successor="process 1")
    assert Run(machine).ended == [UpgradeEnded(error="process 1", is_refused=True)]


# --- signals meanwhile


def test_who_is_told_to_end_gives_the_new_one_up():
    run = Run(FakeMachine(play(t3=UPGRADE, t5=STOP)))
    assert run.ended == [UpgradeEnded(error="the version that runs was told to end")]
    assert run.sent("SIGTERM") == [SUCCESSOR, FIRST, SECOND, CONTROLLER]
    assert run.machine.running == {}
    assert run.status == 0


def test_who_is_told_to_end_at_once_kills_the_new_one():
    machine = FakeMachine(play(t3=UPGRADE, t5=STOP, t7=STOP))
    del machine.dying["SIGTERM"]
    run = Run(machine)
    assert SUCCESSOR in run.sent("SIGKILL")
    assert run.machine.running == {}


def test_the_others_do_what_they_are_for():
    run = Run(
        FakeMachine(
            play(t3=UPGRADE, t4=[take(signal.SIGHUP), take(signal.SIGUSR1)], t5=hear(Prepared()))
        )
    )
    assert run.sent("SIGHUP") == [CONTROLLER]
    assert run.sent("SIGUSR1") == [FIRST, SECOND]


def test_a_worker_that_dies_meanwhile_is_replaced():
    run = Run(FakeMachine(play(t3=UPGRADE, t4=end(FIRST, -9), t15=hear(Prepared()))))
    assert len(run.machine.starts(FIRST)) == 2
    assert [ended.pid for ended in run.ended] == [4]


def test_only_what_a_new_version_says_is_for_the_upgrade():
    run = Run(FakeMachine(play(t3=[UPGRADE, hear(Go())], t5=hear(Prepared()))))
    assert [ended.pid for ended in run.ended] == [4]
