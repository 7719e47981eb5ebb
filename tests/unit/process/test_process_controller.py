import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator

import pytest

from bfe_py.config import Finding, Report
from bfe_py.control import HeartbeatCounters
from bfe_py.manage import Upgraded
from bfe_py.observe import Registry
from bfe_py.process import controller as controller_module
from bfe_py.process.children import DRAIN, RETIRE, Links
from bfe_py.process.controller import Controller, ControllerOptions, run_controller
from bfe_py.process.hangs import LOAD_SECONDS
from bfe_py.process.messages import (
    Alive,
    AskUpgrade,
    ControllerHung,
    FromController,
    Lines,
    LoadFailed,
    Ready,
    Reloaded,
    UpgradeEnded,
    WorkerStarted,
    encode_line,
)
from tests.kit.loops import PatientLoop, run_patiently, settle


class FakeFleet:
    def make_channel(self) -> None:
        raise AssertionError("nobody connects")


class FakePlane:
    """A control plane; `findings` and `is_loaded` are what loading brings."""

    findings: tuple[Finding, ...] = ()
    loads = True
    made: "FakePlane"

    def __init__(self, loop, tasks, options, events) -> None:
        assert options == "options"
        self.tasks, self.events = tasks, events
        self.fleet = FakeFleet()
        self.management = self.heartbeat = self
        self.is_loaded = False
        self.is_answering = False
        self.hangs = False
        self.registry = Registry()
        self.calls: list[str] = []
        FakePlane.made = self

    async def load_first(self) -> Report:
        self.is_loaded = FakePlane.loads
        return Report(FakePlane.findings)

    async def watch(self) -> None:
        self.calls.append("watch")
        try:
            await asyncio.Event().wait()
        finally:
            self.calls.append("watch no more")

    async def follow_workers(self) -> None:
        self.calls.append("follow")
        await asyncio.Event().wait()

    async def start(self, loop: object, management: object) -> None:
        self.calls.append(f"listen {management}")

    def reload_soon(self, reloaded: Callable[[str], None]) -> asyncio.Task[None]:
        self.calls.append("reload")

        async def reload() -> None:
            if self.hangs:
                await asyncio.Event().wait()
            reloaded("no such file")

        return self.tasks.create_task(reload())

    def expect(self, worker: int, pid: int) -> None:
        self.calls.append(f"expect {worker} {pid}")

    def retire(self) -> None:
        self.calls.append("retire")

    def drain(self) -> None:
        self.calls.append("drain")

    def close(self) -> None:
        self.calls.append("close")


class FakeSocket:
    """That of the management listener."""

    def __init__(self) -> None:
        self.is_listening = False

    def __str__(self) -> str:
        return "management"

    def listen(self) -> None:
        self.is_listening = True


class FakeServer:
    is_closed = False

    def close(self) -> None:
        FakeServer.is_closed = True


class Run:
    def __init__(self, loop: PatientLoop, links: Links, management: FakeSocket | None) -> None:
        self.said: list[str] = []
        self.fails = False
        options = ControllerOptions(
            "options",  # type: ignore[arg-type]
            "talking",  # type: ignore[arg-type]
            management,  # type: ignore[arg-type]
            self._report,
            False,
            4.0,
        )
        self.loop = loop
        self.management = management
        self.controller = Controller(loop, options, links)
        self.running = loop.create_task(self.controller.run())

    def _report(self, text: str) -> None:
        if self.fails:
            raise BrokenPipeError
        self.said.append(text)

    @property
    def plane(self) -> FakePlane:
        return FakePlane.made


@pytest.fixture
def pipes() -> Iterator[tuple[Links, int]]:
    """What a controller has of its parent, and where that reads."""
    lifeline, parent = os.pipe()
    ready, written = os.pipe()
    yield Links(lifeline, written, ""), ready
    for descriptor in (lifeline, parent, ready, written):
        os.close(descriptor)


def told(ready: int) -> list[FromController]:
    """What the parent heard, but that the controller turns."""
    return [message for message in heard(ready) if not isinstance(message, Alive)]


def heard(ready: int) -> list[FromController]:
    """All that the parent heard."""
    return list(Lines(FromController).feed(os.read(ready, 4000)))


@pytest.fixture
def news(pipes: tuple[Links, int]) -> Iterator[int]:
    """Where the parent writes to the controller."""
    read, write = os.pipe()
    object.__setattr__(pipes[0], "news", read)
    yield write
    os.close(read)
    os.close(write)


@pytest.fixture
def gate(pipes: tuple[Links, int]) -> Iterator[Callable[[], None]]:
    """Opens the gate, which is shut."""
    shut, opens = os.pipe()
    object.__setattr__(pipes[0], "gate", shut)
    yield lambda: os.close(opens)
    os.close(shut)


@pytest.fixture
def controlling(monkeypatch: pytest.MonkeyPatch, pipes: tuple[Links, int]):
    FakePlane.findings, FakePlane.loads, FakeServer.is_closed = (), True, False
    monkeypatch.setattr(controller_module, "ControlPlane", FakePlane)

    def run(main: Callable[[Run], Awaitable[None]], *, is_managed: bool = True) -> None:
        management = FakeSocket() if is_managed else None

        async def step(loop: PatientLoop) -> None:
            async def serve(make: object, *, sock: object) -> FakeServer:
                assert sock == "talking"
                return FakeServer()

            loop.create_unix_server = serve  # type: ignore[method-assign,assignment]
            made = Run(loop, pipes[0], management)
            await settle()
            await main(made)
            made.controller._stop()
            await made.running
            loop.remove_reader(pipes[0].lifeline)
            for number in (signal.SIGTERM, signal.SIGHUP, DRAIN, RETIRE):
                loop.remove_signal_handler(number)

        run_patiently(step)

    return run


def test_it_loads_and_then_watches_and_follows_and_listens_once_workers_serve(controlling):
    async def main(run: Run) -> None:
        assert run.plane.calls == ["watch", "follow"]
        assert run.management.is_listening
        run.plane.events.ready("all is well")
        await settle()
        assert run.plane.calls == ["watch", "follow", "listen management"]
        assert run.said == []
        os.kill(os.getpid(), signal.SIGTERM)
        assert await run.running == 0
        assert run.plane.calls[3:] == ["close", "watch no more"]
        assert FakeServer.is_closed

    controlling(main)


def test_management_does_not_wait_long_for_workers_that_hang(controlling):
    async def main(run: Run) -> None:
        await asyncio.sleep(0.4)
        assert run.plane.calls == ["watch", "follow"]
        await asyncio.sleep(0.2)
        assert run.plane.calls == ["watch", "follow", "listen management"]

    controlling(main)


def test_without_management_nobody_listens(controlling):
    async def main(run: Run) -> None:
        run.plane.events.ready("all is well")
        await settle()
        assert run.plane.calls == ["watch", "follow"]

    controlling(main, is_managed=False)


def test_signals_do_what_they_are_for(controlling):
    async def main(run: Run) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), DRAIN)
        await settle()
        assert run.plane.calls[2:4] == ["reload", "drain"]

    controlling(main)


def test_the_parent_hears_how_a_reload_went(controlling, pipes: tuple[Links, int]):
    async def main(run: Run) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        await settle()
        assert told(pipes[1]) == [Reloaded("no such file")]

    controlling(main)


def test_who_retires_leaves_management_and_waits_for_the_answers_at_hand(controlling):
    async def main(run: Run) -> None:
        os.kill(os.getpid(), RETIRE)
        await settle()
        assert "retire" in run.plane.calls
        run.plane.is_answering = True
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(1)
        assert not run.running.done()
        run.plane.is_answering = False
        assert await run.running == 0

    controlling(main)


def test_who_is_told_to_leave_before_it_watches_never_does(controlling):
    async def main(run: Run) -> None:
        run.controller._take_no_more()
        await settle()
        run.plane.calls.clear()
        run.controller._take(run.loop.create_task(run.plane.watch()))
        await settle()
        assert run.plane.calls == []

    controlling(main)


@pytest.mark.parametrize("number", [RETIRE, DRAIN])
def test_who_is_about_to_end_takes_nothing_new(
    controlling, pipes: tuple[Links, int], number: signal.Signals
):
    async def main(run: Run) -> None:
        run.plane.hangs = True
        os.kill(os.getpid(), signal.SIGHUP)
        await settle()
        os.kill(os.getpid(), number)
        await settle()
        assert run.plane.calls.count("watch no more") == 1
        os.kill(os.getpid(), signal.SIGHUP)
        await settle()
        assert run.plane.calls.count("reload") == 1
        assert not run.running.done()
        run.controller._stop()
        assert await run.running == 0
        assert told(pipes[1]) == []

    controlling(main)


def test_a_client_that_does_not_take_its_answer_is_not_waited_for_long(controlling):
    async def main(run: Run) -> None:
        os.kill(os.getpid(), RETIRE)
        await settle()
        run.plane.is_answering = True
        run.controller._stop()
        assert await run.running == 0
        assert run.loop.time() == pytest.approx(2.0, abs=0.1)

    controlling(main)


def test_an_upgrade_is_for_the_parent_whose_answer_is_waited_for(
    controlling, pipes: tuple[Links, int], news: int
):
    async def main(run: Run) -> None:
        asked = run.loop.create_task(run.plane.events.upgrade())
        await settle()
        (ask,) = told(pipes[1])
        assert isinstance(ask, AskUpgrade)
        os.write(news, encode_line(UpgradeEnded((ask.number,), pid=4711)))
        assert await asked == Upgraded(4711)

    controlling(main)


def test_behind_a_gate_management_is_left_to_the_version_that_runs(controlling, gate):
    async def main(run: Run) -> None:
        run.plane.events.ready("all is well")
        await settle()
        assert run.plane.calls == ["watch", "follow"]
        assert not run.management.is_listening
        gate()
        await settle()
        assert run.plane.calls == ["watch", "follow", "listen management"]

    controlling(main)


def test_what_was_found_is_said_and_warnings_are_no_hindrance(controlling):
    FakePlane.findings = (Finding("warning", "W020", "odd key"),)

    async def main(run: Run) -> None:
        (text,) = run.said
        assert "odd key" in text
        assert not run.running.done()

    controlling(main)


def test_what_cannot_be_loaded_ends_it(controlling, pipes: tuple[Links, int]):
    FakePlane.findings = (Finding("error", "E001", "no such file"),)
    FakePlane.loads = False

    async def main(run: Run) -> None:
        assert await run.running == 1
        assert "no such file" in run.said[0]
        assert run.plane.calls == []
        assert os.read(pipes[1], 1000) == encode_line(LoadFailed("no such file"))

    controlling(main)


def test_the_parent_is_told_when_all_serve(controlling, pipes: tuple[Links, int]):
    async def main(run: Run) -> None:
        run.plane.events.ready("all is well")
        assert told(pipes[1]) == [Ready("all is well")]

    controlling(main)


def test_the_parent_hears_again_and_again_that_it_turns_and_when_it_may_not(
    controlling, pipes: tuple[Links, int]
):
    async def main(run: Run) -> None:
        await asyncio.sleep(0.9)
        assert heard(pipes[1])[0] == Alive(4.0)
        await asyncio.sleep(1.6)
        run.plane.events.loading()
        await settle()
        assert heard(pipes[1]) == [Alive(4.0), Alive(4.0), Alive(LOAD_SECONDS), Alive(4.0)]

    controlling(main)


def test_the_loop_may_stand_while_the_pages_are_imported(controlling, pipes: tuple[Links, int]):
    async def main(run: Run) -> None:
        run.plane.events.ready("all is well")
        await settle()
        beat, ready, *importing = heard(pipes[1])
        assert (beat, ready) == (Alive(4.0), Ready("all is well"))
        assert len(importing) > 2
        assert importing[::2] == [Alive(LOAD_SECONDS)] * (len(importing) // 2)
        assert importing[1::2] == [Alive(4.0)] * (len(importing) // 2)

    controlling(main)


def test_what_the_parent_tells_of_others_is_passed_on(controlling, news: int):
    async def main(run: Run) -> None:
        os.write(news, encode_line(WorkerStarted(1, 4711)) + encode_line(ControllerHung()))
        await settle()
        assert "expect 1 4711" in run.plane.calls
        assert run.plane.registry.family(HeartbeatCounters)["controller",].hangs == 1

    controlling(main)


def test_a_parent_that_is_gone_need_not_be_told(controlling, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> int:
        raise BrokenPipeError

    async def main(run: Run) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", broken)
            run.plane.events.ready("all is well")
        assert not run.running.done()

    controlling(main)


def test_a_worker_that_fails_at_first_ends_it_with_one_line(controlling):
    async def main(run: Run) -> None:
        run.plane.events.failed("worker 0: no space")
        assert await run.running == 1
        assert run.said == ["error: worker 0: no space"]

    controlling(main)


def test_a_closed_terminal_is_no_hindrance(controlling):
    async def main(run: Run) -> None:
        run.fails = True
        run.plane.events.failed("worker 0: no space")
        assert await run.running == 1

    controlling(main)


def test_the_main_function_of_the_controller_answers_its_status(monkeypatch: pytest.MonkeyPatch):
    class Ended:
        def __init__(self, *given: object) -> None:
            assert given[1:] == ("options", "links")

        async def run(self) -> int:
            return 1

    monkeypatch.setattr(controller_module, "Controller", Ended)
    monkeypatch.setattr(controller_module, "run_loop", run_patiently)
    assert run_controller("options", "links") == 1  # type: ignore[arg-type]
