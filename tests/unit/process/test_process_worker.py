import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator

import pytest

from bfe_py.config import Changes
from bfe_py.control import (
    BEAT_SECONDS,
    ROUND_SECONDS,
    Alive,
    Applied,
    BackendCameUp,
    BackendsFailing,
    BackendWentDown,
    Channel,
    Claims,
    Down,
    Grants,
    Hello,
    Message,
    Prepare,
    ReadAll,
    ReadingTaken,
    Use,
)
from bfe_py.observe import Registry
from bfe_py.process import worker as worker_module
from bfe_py.process.children import RETIRE, Links
from bfe_py.process.worker import Worker, run_worker
from bfe_py.shares import Claim, Grant, Shares
from tests.kit.loops import PatientLoop, run_patiently, settle
from tests.kit.workers import join

WEB: Down = ("web", "sub", "10.0.0.1", 80)


class FakeHealth:
    def __init__(self, plane: "FakePlane") -> None:
        self.plane = plane
        self.calls: list[tuple[str, object]] = []

    def expect(self, down: list[Down]) -> None:
        self.calls.append(("expect", down))

    def told_down(self, down: Down) -> None:
        self.calls.append(("down", down))

    def told_up(self, down: Down) -> None:
        self.calls.append(("up", down))

    def take_failing(self) -> list[tuple[Down, int]]:
        failing, self.plane.failing = self.plane.failing, []
        return failing

    def tell_all(self) -> None:
        for down in self.plane.down:
            self.plane.tell_down(down)


class FakePlane:
    """A data plane that refuses what comes with `error`."""

    made: "FakePlane"

    def __init__(self, loop, options, tell_down) -> None:
        self.tell_down = tell_down
        self.health = FakeHealth(self)
        self.registry = Registry()
        self.applied: list[Changes] = []
        self.shares = Shares(0, 2)
        self.is_serving = False
        self.connections = 0
        self.is_busy = False
        self.leaves = False
        """Clients are idle, and so leave at the first word."""
        self.error = ""
        self.down: list[Down] = []
        self.failing: list[tuple[Down, int]] = []
        self.calls: list[str] = []
        FakePlane.made = self

    async def prepare(self, changes: Changes) -> str:
        self.applied.append(changes)
        return self.error

    async def use(self) -> str:
        self.is_serving = True
        return ""

    def drop(self) -> None:
        pass

    def backends(self):
        yield ("web", "sub", "b", "10.0.0.1:80", 100, True, 0, 0)

    def reopen_logs(self) -> None:
        self.calls.append("reopen")

    def hold(self) -> None:
        self.calls.append("hold")

    async def accept(self) -> None:
        self.calls.append("accept")

    def drain(self, *, is_patient: bool = False) -> None:
        self.calls.append("drain patiently" if is_patient else "drain")
        self.is_busy = self.is_busy and (is_patient or not self.leaves)

    def cut(self) -> None:
        self.calls.append("cut")
        self.connections = 0

    def close(self) -> None:
        self.calls.append("close")


class FakeOptions:
    worker = 3
    grace = 2.0
    leave_seconds = 5.0
    beat_seconds = BEAT_SECONDS

    def pid(self) -> int:
        return 77


class Controlled:
    """A worker, and the controllers that it finds."""

    def __init__(self, loop: PatientLoop, links: Links) -> None:
        self.loop = loop
        self.received: list[Message] = []
        self.controllers: list[Channel] = []
        self.is_away = False
        loop.create_unix_connection = self._connect  # type: ignore[method-assign,assignment]
        self.worker = Worker(loop, FakeOptions(), links)  # type: ignore[arg-type]
        self.plane = FakePlane.made
        self.running = loop.create_task(self.worker.run())

    async def _connect(self, make: Callable[[], Channel], path: str) -> tuple[None, Channel]:
        assert path == "/run/controller.sock"
        if self.is_away:
            raise ConnectionRefusedError
        channel = make()
        controller = Channel(lambda _, message: self.received.append(message), lambda _: None)
        join(controller, channel)
        self.controllers.append(controller)
        return None, channel

    def tell(self, *messages: Message) -> None:
        for message in messages:
            self.controllers[-1].send(message)

    def taken(self, kind: type) -> list[Message]:
        return [message for message in self.received if isinstance(message, kind)]


@pytest.fixture
def links() -> Iterator[Links]:
    lifeline, parent = os.pipe()
    yield Links(lifeline, 0, "/run/controller.sock")
    os.close(lifeline)
    os.close(parent)


@pytest.fixture
def controlled(monkeypatch: pytest.MonkeyPatch, links: Links):
    monkeypatch.setattr(worker_module, "DataPlane", FakePlane)

    def run(main: Callable[[Controlled], Awaitable[None]]) -> None:
        async def step(loop: PatientLoop) -> None:
            made = Controlled(loop, links)
            await settle()
            await main(made)
            made.worker._stop()
            await made.running
            loop.remove_reader(links.lifeline)
            for number in (signal.SIGTERM, signal.SIGUSR1, RETIRE):
                loop.remove_signal_handler(number)

        run_patiently(step)

    return run


def test_it_says_hello_and_does_what_it_is_told(controlled):
    async def main(worker: Controlled) -> None:
        assert worker.received[0] == Hello(3, 77)
        worker.tell(
            Prepare(1, "tree"),
            Use(1, [WEB]),
            BackendWentDown(*WEB),
            BackendCameUp(*WEB),
            ReadAll(9),
        )
        await settle()
        assert worker.plane.applied == [Changes("tree", {})]
        assert worker.plane.health.calls == [("expect", [WEB]), ("down", WEB), ("up", WEB)]
        assert worker.taken(Applied) == [Applied(3, 1)]
        (taken,) = worker.taken(ReadingTaken)
        assert (taken.worker, taken.request) == (3, 9)
        assert [one.address for one in taken.backends] == ["10.0.0.1:80"]

    controlled(main)


def test_it_tells_of_backends_that_go_down_now_or_went_down_before(controlled):
    async def main(worker: Controlled) -> None:
        worker.plane.tell_down(WEB)
        assert worker.taken(BackendWentDown) == [BackendWentDown(*WEB)]
        worker.plane.down = [WEB]
        worker.received.clear()
        worker.controllers[-1].close()
        await asyncio.sleep(1)
        assert worker.received[:2] == [Hello(3, 77), BackendWentDown(*WEB)]

    controlled(main)


def test_it_says_again_and_again_that_it_lives(controlled):
    async def main(worker: Controlled) -> None:
        await asyncio.sleep(10 * BEAT_SECONDS + 0.5)
        assert len(worker.taken(Alive)) == 11

    controlled(main)


def test_it_claims_its_parts_of_limits_and_takes_those_that_it_is_granted(controlled):
    async def main(worker: Controlled) -> None:
        limit = worker.plane.shares.limit("things")
        await asyncio.sleep(ROUND_SECONDS * 1.5)
        assert worker.taken(Claims) == []
        limit.ask("k", 10, 4)
        await asyncio.sleep(ROUND_SECONDS)
        assert worker.taken(Claims) == [Claims([Claim("things", "k", 10, 5, 0, 4, True, 0)])]
        worker.tell(Grants([Grant("things", "k", 10, 1, 8)]))
        answer = Claim("things", "k", 10, 8, 0, 0, False, 1)
        assert worker.taken(Claims)[1:] == [Claims([answer], is_answer=True)]
        assert limit.part("k", 10) == 8

    controlled(main)


def test_it_tells_of_failures_that_are_not_enough_to_take_a_backend_down(controlled):
    async def main(worker: Controlled) -> None:
        worker.plane.failing = [(WEB, 2)]
        await asyncio.sleep(ROUND_SECONDS * 2.5)
        assert worker.taken(BackendsFailing) == [BackendsFailing([(WEB, 2)])]

    controlled(main)


def test_what_nobody_is_there_to_judge_is_told_later(controlled):
    async def main(worker: Controlled) -> None:
        worker.is_away = True
        worker.controllers[-1].close()
        worker.plane.failing = [(WEB, 2)]
        await asyncio.sleep(ROUND_SECONDS * 2.5)
        assert worker.plane.failing == [(WEB, 2)]
        worker.is_away = False
        await asyncio.sleep(ROUND_SECONDS * 1.5)
        assert worker.taken(BackendsFailing) == [BackendsFailing([(WEB, 2)])]

    controlled(main)


def test_it_serves_on_while_there_is_no_controller(controlled):
    async def main(worker: Controlled) -> None:
        worker.is_away = True
        worker.controllers[-1].close()
        await asyncio.sleep(5)
        worker.plane.tell_down(WEB)
        assert not worker.running.done()
        worker.is_away = False
        await asyncio.sleep(1)
        assert worker.taken(Hello) == [Hello(3, 77)] * 2

    controlled(main)


def test_a_configuration_that_it_cannot_use_is_told_and_the_one_before_stays(controlled):
    async def main(worker: Controlled) -> None:
        worker.tell(Prepare(1, "one"), Use(1))
        await settle()
        worker.plane.error = "odd"
        worker.tell(Prepare(2, "two", is_whole=True), Use(2))
        await asyncio.sleep(5)
        assert worker.taken(Applied) == [Applied(3, 1), Applied(3, 2, "odd")]
        assert not worker.running.done()

    controlled(main)


def test_without_any_that_it_can_use_it_gives_up_after_a_while(controlled):
    async def main(worker: Controlled) -> None:
        worker.plane.error = "odd"
        worker.tell(Prepare(1, "one"), Use(1))
        await settle()
        assert not worker.running.done()
        assert await worker.running == 1
        assert worker.loop.time() == pytest.approx(1.0)
        assert worker.plane.calls == []

    controlled(main)


def test_it_does_not_give_up_if_a_better_one_comes_in_time(controlled):
    async def main(worker: Controlled) -> None:
        worker.plane.error = "odd"
        worker.tell(Prepare(1, "one"), Use(1))
        await asyncio.sleep(0.5)
        worker.plane.error = ""
        worker.tell(Prepare(2, "two", is_whole=True), Use(2))
        await asyncio.sleep(5)
        assert not worker.running.done()

    controlled(main)


def test_what_is_for_controllers_is_not_understood(controlled, caplog):
    async def main(worker: Controlled) -> None:
        worker.tell(Alive())
        assert "unexpected message type=Alive" in caplog.text

    controlled(main)


# --- the end


def test_it_ends_when_the_last_exchange_has(controlled):
    async def main(worker: Controlled) -> None:
        worker.tell(Prepare(1, "one"), Use(1))
        await settle()
        worker.plane.is_busy = True
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(1)
        assert worker.plane.calls == ["drain"]
        worker.tell(ReadAll(5))  # it still tells its numbers
        assert len(worker.taken(ReadingTaken)) == 1
        worker.plane.is_busy = False
        assert await worker.running == 0
        assert worker.plane.calls == ["drain", "close"]

    controlled(main)


def test_clients_that_have_their_answers_get_a_moment_to_leave(controlled):
    async def main(worker: Controlled) -> None:
        worker.plane.connections = 1
        worker.worker._stop()
        assert await worker.running == 0
        assert worker.loop.time() == pytest.approx(0.25, abs=0.1)
        assert worker.plane.calls == ["drain", "close"]

    controlled(main)


def test_what_does_not_end_in_time_is_cut_and_that_shows(controlled):
    async def main(worker: Controlled) -> None:
        worker.plane.is_busy, worker.plane.connections = True, 1
        worker.worker._stop()
        assert await worker.running == 3
        assert worker.loop.time() == pytest.approx(2.0, abs=0.1)
        assert worker.plane.calls == ["drain", "cut", "close"]

    controlled(main)


# --- another version


def test_who_retires_waits_for_clients_that_may_ask_once_more(controlled):
    async def main(worker: Controlled) -> None:
        worker.plane.is_busy = True
        os.kill(os.getpid(), RETIRE)
        await asyncio.sleep(4)
        assert worker.plane.calls == ["drain patiently"]
        os.kill(os.getpid(), RETIRE)
        worker.plane.is_busy = False
        assert await worker.running == 0
        assert worker.plane.calls == ["drain patiently", "drain", "close"]

    controlled(main)


def test_who_retires_looks_again_for_clients_that_had_only_just_come(controlled):
    async def main(worker: Controlled) -> None:
        worker.worker._retire()
        await settle()
        worker.plane.is_busy = True
        await asyncio.sleep(2)
        assert not worker.running.done()

    controlled(main)


@pytest.mark.parametrize(("is_idle", "status"), [(True, 0), (False, 3)])
def test_when_its_time_is_over_idle_clients_leave_and_others_are_cut(
    controlled, is_idle: bool, status: int
):
    async def main(worker: Controlled) -> None:
        plane = worker.plane
        plane.is_busy, plane.leaves = True, is_idle
        worker.worker._retire()
        assert await worker.running == status
        assert worker.loop.time() == pytest.approx(5.0, abs=0.2)
        assert plane.calls[:2] == ["drain patiently", "drain"]

    controlled(main)


def test_who_retires_and_is_told_to_end_drains_as_ever(controlled):
    async def main(worker: Controlled) -> None:
        worker.plane.is_busy = True
        worker.worker._retire()
        await asyncio.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(1)
        assert worker.plane.calls == ["drain patiently", "drain"]
        worker.plane.is_busy = False
        assert await worker.running == 0

    controlled(main)


@pytest.fixture
def gate(links: Links) -> Iterator[tuple[Links, Callable[[], None]]]:
    """Links with a gate that is shut, and what opens it."""
    shut, opens = os.pipe()
    is_open: list[bool] = []

    def open_it() -> None:
        if not is_open:
            is_open.append(True)
            os.close(opens)

    yield Links(links.lifeline, 0, links.controller_path, gate=shut), open_it
    open_it()
    os.close(shut)


def test_behind_a_gate_it_compiles_but_accepts_nobody(
    monkeypatch: pytest.MonkeyPatch, gate: tuple[Links, Callable[[], None]]
):
    monkeypatch.setattr(worker_module, "DataPlane", FakePlane)
    links, open_it = gate

    async def main(loop: PatientLoop) -> None:
        worker = Controlled(loop, links)
        await settle()
        worker.tell(Prepare(1, "tree"), Use(1))
        await settle()
        assert worker.plane.calls == ["hold"]
        assert worker.taken(Applied) == [Applied(3, 1)]
        open_it()
        await settle()
        assert worker.plane.calls == ["hold", "accept"]
        another = Controlled(loop, links)
        await settle()
        assert another.plane.calls == []
        for one in (worker, another):
            one.worker._stop()
            await one.running
        loop.remove_reader(links.lifeline)

    run_patiently(main)


def test_a_signal_opens_its_logs_again(controlled):
    async def main(worker: Controlled) -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        await settle()
        assert worker.plane.calls == ["reopen"]

    controlled(main)


def test_the_main_function_of_a_worker_answers_its_status(monkeypatch: pytest.MonkeyPatch):
    class Ended:
        def __init__(self, *given: object) -> None:
            assert given[1:] == ("options", "links")

        async def run(self) -> int:
            return 3

    monkeypatch.setattr(worker_module, "Worker", Ended)
    monkeypatch.setattr(worker_module, "run_loop", run_patiently)
    assert run_worker("options", "links") == 3  # type: ignore[arg-type]
