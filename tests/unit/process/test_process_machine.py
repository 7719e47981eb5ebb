import os
import signal
import socket
import sys
from collections.abc import Iterator

import pytest

from bfe_py.process import machine as machine_module
from bfe_py.process import signals
from bfe_py.process.children import Child, Links
from bfe_py.process.handover import Predecessor
from bfe_py.process.machine import Bequest, System
from bfe_py.process.messages import (
    Go,
    Heritage,
    PredecessorGone,
    Prepared,
    Ready,
    SuccessorGone,
    UpgradeEnded,
    encode_line,
)

BEQUEST = Bequest(("/bin/false",), Heritage(1))


class Exited(BaseException):
    """Stands for the end of a process."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def system(complaints: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setattr(machine_module.gc, "freeze", lambda: None)
    taken = {number: signal.getsignal(number) for number in signals.TAKEN}
    with System("/run/controller.sock", complaints.append, BEQUEST) as made:
        yield made
    for number, handler in taken.items():
        signal.signal(number, handler)


def test_signals_are_kept_for_the_next_wait(system: System):
    signal.raise_signal(signal.SIGHUP)
    signal.raise_signal(signal.SIGTERM)
    assert system.wait(0).signals == (signal.SIGHUP, signal.SIGTERM)
    assert system.wait(0).signals == ()


def test_a_signal_while_the_others_are_handed_out_is_not_lost(system: System):
    class Interrupted(list[int]):
        def __iter__(self) -> Iterator[int]:
            yield from list(super().__iter__())
            signal.raise_signal(signal.SIGTERM)

    system._pending = Interrupted([signal.SIGHUP])
    first, second = system.wait(0).signals, system.wait(0).signals
    assert [*first, *second] == [signal.SIGHUP, signal.SIGTERM]


def test_signals_that_were_held_back_until_then_are_taken(
    complaints: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(machine_module.gc, "freeze", lambda: None)
    before = {number: signal.getsignal(number) for number in machine_module.TAKEN}
    early = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
    signal.pthread_sigmask(signal.SIG_BLOCK, early)
    for number in early:
        signal.raise_signal(number)  # to this thread; another does not hold it back
    with System("", complaints.append, BEQUEST) as system:
        assert not set(early) & signal.pthread_sigmask(signal.SIG_BLOCK, ())
        assert sorted(system.wait(5).signals) == sorted(early)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_what_a_controller_writes_is_there_at_the_next_wait(system: System):
    os.write(system._links.ready, encode_line(Ready("loaded")))
    assert system.wait(0).messages == (Ready("loaded"),)
    assert system.wait(0).messages == ()


def test_when_it_is_left_no_signal_ends_it_while_it_tidies(complaints: list[str], monkeypatch):
    monkeypatch.setattr(machine_module.gc, "freeze", lambda: None)
    before = {number: signal.getsignal(number) for number in signals.TAKEN}
    with System("", complaints.append, BEQUEST) as system:
        lifeline = os.dup(system._links.lifeline)
        assert signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL
    found = {number for number in signals.TAKEN if signal.getsignal(number) is signal.SIG_IGN}
    assert found == set(signals.TAKEN) - {signal.SIGCHLD}
    assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL
    assert os.read(lifeline, 1) == b""
    os.close(lifeline)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_goes_to_its_process(system: System, monkeypatch: pytest.MonkeyPatch):
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    system.signal(77, signal.SIGTERM)
    assert sent == [(77, signal.SIGTERM)]


def test_everybody_who_ended_is_told_with_how(system: System, monkeypatch: pytest.MonkeyPatch):
    waiting = [(11, 3 << 8), (12, signal.SIGKILL), (0, 0)]
    monkeypatch.setattr(os, "waitpid", lambda pid, _: waiting.pop(0))
    assert system.ended() == [(11, 3), (12, -signal.SIGKILL)]


def test_without_children_nobody_ended(system: System, monkeypatch: pytest.MonkeyPatch):
    def nobody(pid: int, _: int) -> tuple[int, int]:
        raise ChildProcessError

    monkeypatch.setattr(os, "waitpid", nobody)
    assert system.ended() == []


def test_time_goes_on(system: System):
    assert system.now() <= system.now()


# --- those who talk


def test_children_hear_what_the_parent_tells_and_when_the_gate_opens(complaints, monkeypatch):
    monkeypatch.setattr(machine_module.gc, "freeze", lambda: None)
    handlers = {number: signal.getsignal(number) for number in signals.TAKEN}
    ours, theirs = socket.socketpair()
    with (
        ours,
        System("", complaints.append, BEQUEST, Predecessor(Heritage(1), theirs)) as system,
    ):
        links = system._links
        system.tell_controller(UpgradeEnded(pid=7))
        assert links.news is not None
        assert os.read(links.news, 1000) == encode_line(UpgradeEnded(pid=7))
        assert not links.is_open
        system.open_gate()
        system.open_gate()
        assert links.is_open
        system.tell_predecessor(Prepared())
        assert ours.recv(1000) == encode_line(Prepared())
        ours.sendall(encode_line(Go()))
        assert system.wait(5).messages == (Go(),)
        ours.close()
        assert system.wait(5).messages == (PredecessorGone(),)
        system.tell_predecessor(Prepared())
    theirs.close()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_without_a_version_before_the_gate_is_open(system: System):
    assert system._links.is_open
    system.open_gate()
    system.tell_predecessor(Prepared())


def test_a_controller_that_listens_to_nothing_is_no_hindrance(system: System):
    for _ in range(2000):
        system.tell_controller(UpgradeEnded(error="x" * 100))


def test_another_version_is_started_and_talked_to(system: System, monkeypatch):
    others: list[socket.socket] = []

    def spawn(command, heritage, environment) -> tuple[int, socket.socket]:
        assert (command, heritage) == (BEQUEST.command, BEQUEST.heritage)
        ours, theirs = socket.socketpair()
        others.append(theirs)
        return 77, ours

    monkeypatch.setattr(machine_module, "spawn", spawn)
    assert not system.tell_successor(Go())
    assert system.start_successor() == 77
    others[0].sendall(encode_line(Prepared()))
    assert system.wait(5).messages == (Prepared(),)
    assert system.tell_successor(Go())
    assert others[0].recv(100) == encode_line(Go())
    others[0].close()
    assert system.wait(5).messages == (SuccessorGone(),)
    assert not system.tell_successor(Go())
    assert system.start_successor() == 77
    others[1].sendall(encode_line(Prepared()))
    assert system.wait(5).messages == (Prepared(),)
    others[1].close()


@pytest.mark.parametrize(("pid", "is_never"), [(1, True), (2, False)])
def test_the_first_process_of_a_container_has_no_successor(
    system: System, monkeypatch: pytest.MonkeyPatch, pid: int, is_never: bool
):
    monkeypatch.setattr(os, "getpid", lambda: pid)
    assert ("container" in system.why_no_successor) == is_never


# --- forks


def test_the_parent_gets_the_number_and_its_signals_back(
    system: System, monkeypatch: pytest.MonkeyPatch
):
    blocked: list[object] = []
    monkeypatch.setattr(
        os, "fork", lambda: blocked.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())) or 77
    )
    assert system.start(Child("worker 0", lambda _: 0)) == 77
    assert set(signals.TAKEN) <= set(blocked[0])  # type: ignore[call-overload]
    assert not set(signals.TAKEN) & signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_fork_that_fails_leaves_signals_as_they_were(
    system: System, monkeypatch: pytest.MonkeyPatch
):
    def fail() -> int:
        raise OSError(11, "no more processes")

    monkeypatch.setattr(os, "fork", fail)
    with pytest.raises(OSError, match="no more processes"):
        system.start(Child("worker 0", lambda _: 0))
    assert not set(signals.TAKEN) & signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.fixture
def forked(system: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """The next `start` returns in the child, whose end is `Exited`."""

    def leave(status: int) -> None:
        raise Exited(status)

    closed: list[int] = []
    parents: list[int] = []
    monkeypatch.setattr(machine_module, "end_with", parents.append)
    monkeypatch.setattr(os, "fork", lambda: 0)
    monkeypatch.setattr(os, "_exit", leave)
    with monkeypatch.context() as patched:
        patched.setattr(os, "close", closed.append)
        yield system
    assert closed == list(system._own())
    assert parents == [os.getpid()]
    for number in signals._NOT_FOR_CHILDREN:
        signal.signal(number, signal.SIG_DFL)


def test_a_child_runs_with_links_to_its_parent_and_ends_with_its_status(forked: System):
    links: list[Links] = []
    handlers: dict[int, object] = {}

    def main(given: Links) -> int:
        links.append(given)
        for number in signals.TAKEN:
            handlers[number] = signal.getsignal(number)
        assert not set(signals.TAKEN) & signal.pthread_sigmask(signal.SIG_BLOCK, ())
        return 3

    with pytest.raises(Exited) as ended:
        forked.start(Child("worker 0", main))
    assert ended.value.status == 3
    assert links == [forked._links]
    assert links[0].controller_path == "/run/controller.sock"
    ignored = {number for number, handler in handlers.items() if handler is signal.SIG_IGN}
    assert ignored == {
        signal.SIGINT,
        signal.SIGQUIT,
        signal.SIGHUP,
        signal.SIGUSR1,
        signal.SIGUSR2,
    }
    assert handlers[signal.SIGTERM] is signal.SIG_DFL


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError("the log cannot be opened"), "error: worker 0 failed: the log cannot be opened"),
        (KeyError("x"), "error: worker 0 failed: KeyError: 'x'"),
        (ExceptionGroup("two", [ValueError()]), "error: worker 0 failed: ExceptionGroup: two"),
    ],
)
def test_a_child_that_fails_says_so_before_it_ends(
    forked: System, complaints: list[str], caplog, error: Exception, line: str
):
    def main(_: Links) -> int:
        raise error

    with pytest.raises(Exited) as ended:
        forked.start(Child("worker 0", main))
    assert ended.value.status == 1
    assert [complaint.removesuffix(" (1 sub-exception)") for complaint in complaints] == [line]
    assert "process failed name='worker 0'" in caplog.text


def test_a_child_ends_though_nobody_reads_what_it_wrote(
    forked: System, monkeypatch: pytest.MonkeyPatch
):
    class Closed:
        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(Exited) as ended:
        forked.start(Child("worker 0", lambda _: 0))
    assert ended.value.status == 0
