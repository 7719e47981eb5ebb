"""Coroutines that run at once, and go on in the callback that has what they wait for."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress

import pytest

from bfe_py.transport import EagerTask, Signal, in_task
from tests.kit.transports import TimedLoop

Waiting = Coroutine[object, None, None]


class Stage:
    """A loop that turns when the test says so, outside of any task."""

    def __init__(self) -> None:
        self.loop = TimedLoop()
        self.signal = Signal(self.loop)
        self.seen: list[object] = []
        self.ended: list[Exception | None] = []
        self.complaints: list[object] = []
        self.loop.set_exception_handler(lambda _, given: self.complaints.append(given))

    def begin(self, coroutine: Waiting) -> EagerTask:
        return EagerTask(coroutine, self.ended.append)

    def turn(self, *acts: Callable[[], object]) -> None:
        """Call `acts` in a callback each, then let everything happen that follows at once."""
        for act in acts:
            self.loop.call_soon(act)
        for _ in range(5):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()

    async def wait(self, times: int = 1) -> None:
        """Note that it began, and each time that it went on."""
        self.seen.append("begun")
        for _ in range(times):
            await self.signal
            self.seen.append("gone on")

    async def wait_for(self, future: "asyncio.Future[str]") -> None:
        self.seen.append(await future)

    async def fail(self) -> None:
        try:
            await self.signal
        finally:
            raise ZeroDivisionError

    async def clean_up(self, waiting: "Signal | asyncio.Future[None]") -> None:
        try:
            await self.signal
        finally:
            await waiting
            self.seen.append("cleaned")


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.loop.close()


def test_it_has_begun_when_it_is_made(stage: Stage) -> None:
    task = stage.begin(stage.wait())
    assert stage.seen == ["begun"]
    assert not task.is_done
    assert stage.ended == []


def test_one_that_need_not_wait_is_done_when_it_is_made(stage: Stage) -> None:
    assert stage.begin(stage.wait(0)).is_done
    assert stage.ended == [None]


def test_what_it_lets_out_is_told(stage: Stage) -> None:
    task = stage.begin(stage.fail())
    stage.signal.give_now()
    assert task.is_done
    (error,) = stage.ended
    assert isinstance(error, ZeroDivisionError)


def test_it_goes_on_before_what_it_waits_for_is_given(stage: Stage) -> None:
    task = stage.begin(stage.wait(2))
    stage.signal.give_now()
    assert stage.seen == ["begun", "gone on"]
    assert not task.is_done
    stage.signal.give_now()
    assert task.is_done
    assert stage.ended == [None]


def test_it_goes_on_in_the_next_turn_where_the_giver_has_more_to_do(stage: Stage) -> None:
    stage.begin(stage.wait())
    stage.signal.give()
    assert stage.seen == ["begun"]
    stage.turn()
    assert stage.seen == ["begun", "gone on"]
    assert stage.ended == [None]


@pytest.mark.parametrize("give", [Signal.give, Signal.give_now])
def test_what_is_given_to_nobody_is_lost(stage: Stage, give: Callable[[Signal], None]) -> None:
    give(stage.signal)
    task = stage.begin(stage.wait())
    stage.turn()
    assert not task.is_done


@pytest.mark.parametrize("give", [Signal.give, Signal.give_now])
def test_an_ordinary_task_can_wait_too(stage: Stage, give: Callable[[Signal], None]) -> None:
    task = stage.loop.create_task(stage.wait())
    stage.turn()
    assert not task.done()
    give(stage.signal)
    give(stage.signal)
    stage.turn()
    assert task.done()
    assert stage.seen == ["begun", "gone on"]


def test_an_ordinary_task_that_gave_up_waiting_is_not_disturbed(stage: Stage) -> None:
    task = stage.loop.create_task(stage.wait())
    stage.turn()
    task.cancel()
    stage.signal.give_now()
    stage.turn()
    assert task.cancelled()
    assert stage.complaints == []


def test_one_that_begins_inside_a_task_goes_on_all_the_same(stage: Stage) -> None:
    tasks: list[EagerTask] = []

    async def begin() -> None:
        tasks.append(stage.begin(stage.wait(2)))

    stage.loop.run_until_complete(begin())
    for _ in range(2):
        assert not tasks[0].is_done
        stage.signal.give_now()
        stage.turn()
    assert stage.seen == ["begun", "gone on", "gone on"]
    assert stage.ended == [None]


def test_it_waits_for_a_future_and_gets_what_that_comes_to(stage: Stage) -> None:
    good, bad = stage.loop.create_future(), stage.loop.create_future()
    stage.begin(stage.wait_for(good))
    stage.begin(stage.wait_for(bad))
    good.set_result("good")
    bad.set_exception(ZeroDivisionError())
    stage.turn()
    assert stage.seen == ["good"]
    assert [type(error) for error in stage.ended] == [type(None), ZeroDivisionError]


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_it_may_wait_for_its_turn(*, is_cancelled: bool) -> None:
    async def main() -> list[BaseException | None]:
        ended: list[BaseException | None] = []
        task = EagerTask(asyncio.sleep(0), ended.append)
        assert not task.is_done
        if is_cancelled:
            task.cancel()
        await asyncio.sleep(0)
        assert task.is_done
        return ended

    assert asyncio.run(main()) == ([] if is_cancelled else [None])


def test_one_that_is_cancelled_goes_on_no_more(stage: Stage) -> None:
    task = stage.begin(stage.wait())
    stage.signal.give()
    task.cancel()
    stage.signal.give_now()
    stage.turn()
    assert task.is_done
    assert stage.seen == ["begun"]


def test_what_a_cancelled_one_waited_for_is_cancelled(stage: Stage) -> None:
    future = stage.loop.create_future()
    task = stage.begin(stage.wait_for(future))
    task.cancel()
    stage.turn()
    assert task.is_done
    assert future.cancelled()
    assert stage.seen == []
    assert stage.complaints == []


def test_cancelling_one_that_is_done_does_nothing(stage: Stage) -> None:
    task = stage.begin(stage.wait(0))
    task.cancel()
    assert stage.ended == [None]


def test_one_may_end_well_though_it_is_cancelled(stage: Stage) -> None:
    async def endure() -> None:
        try:
            await stage.signal
        except asyncio.CancelledError:
            stage.seen.append("cancelled")

    task = stage.begin(endure())
    task.cancel()
    assert stage.seen == ["cancelled"]
    assert task.is_done


def test_one_that_is_cancelled_may_wait_for_a_signal_to_clean_up(stage: Stage) -> None:
    last = Signal(stage.loop)
    task = stage.begin(stage.clean_up(last))
    task.cancel()
    assert not task.is_done
    last.give_now()
    assert stage.seen == ["cleaned"]
    assert task.is_done


def test_one_that_is_cancelled_may_wait_for_a_future_to_clean_up(stage: Stage) -> None:
    last = stage.loop.create_future()
    task = stage.begin(stage.clean_up(last))
    task.cancel()
    assert not task.is_done
    last.set_result(None)
    stage.turn()
    assert stage.seen == ["cleaned"]
    assert task.is_done
    assert stage.complaints == []


def test_one_whose_future_is_cancelled_by_others_is_done(stage: Stage) -> None:
    future = stage.loop.create_future()
    task = stage.begin(stage.wait_for(future))
    future.cancel()
    stage.turn()
    assert task.is_done
    assert len(stage.ended) == 1
    assert stage.complaints == []


def test_one_that_fails_as_it_is_cancelled_is_done(stage: Stage) -> None:
    task = stage.begin(stage.fail())
    with suppress(ZeroDivisionError):
        task.cancel()
    assert task.is_done


def test_one_that_failed_as_it_was_cancelled_can_be_cancelled_again(stage: Stage) -> None:
    task = stage.begin(stage.fail())
    with suppress(ZeroDivisionError):
        task.cancel()
    task.cancel()
    assert task.is_done


def test_in_a_task_all_of_asyncio_works(stage: Stage) -> None:
    async def sleep() -> str:
        async with asyncio.timeout(9.0):
            await asyncio.sleep(1.0)
        return "slept"

    async def use() -> None:
        stage.seen.append(await in_task(sleep()))
        future = stage.loop.create_future()
        future.set_result("came")
        stage.seen.append(await in_task(future))

    begun = stage.loop.time()
    stage.turn(lambda: stage.begin(use()))
    assert stage.seen == []
    stage.loop.run_until_complete(asyncio.sleep(1.5))
    assert stage.seen == ["slept", "came"]
    assert stage.ended == [None]
    assert stage.loop.time() - begun == pytest.approx(1.5, abs=0.1)


def test_what_is_raised_in_a_task_comes_out_of_it(stage: Stage) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    stage.turn(lambda: stage.begin(in_task(fail())))
    assert [type(error) for error in stage.ended] == [ZeroDivisionError]


def test_cancelling_ends_what_runs_in_a_task(stage: Stage) -> None:
    tasks: list[EagerTask] = []

    async def wait() -> None:
        try:
            await stage.signal
        finally:
            stage.seen.append("ended")

    stage.turn(lambda: tasks.append(stage.begin(in_task(wait()))))
    assert not tasks[0].is_done
    tasks[0].cancel()
    stage.turn()
    assert tasks[0].is_done
    assert stage.seen == ["ended"]
    assert asyncio.all_tasks(stage.loop) == set()


# --- an error from outside


class Interruption(Exception):
    pass


async def survive(stage: Stage, waiting: "Signal | asyncio.Future[None]") -> None:
    """Notes what it is interrupted by, then waits once more."""
    try:
        await waiting
    except Interruption:
        stage.seen.append("interrupted")
    await stage.signal
    stage.seen.append("gone on")


def test_an_error_is_raised_in_it_where_it_waits_and_it_may_go_on(stage: Stage) -> None:
    task = stage.begin(survive(stage, Signal(stage.loop)))
    task.throw(Interruption())
    assert stage.seen == ["interrupted"]
    assert not task.is_done
    stage.signal.give_now()
    assert stage.seen == ["interrupted", "gone on"]
    assert stage.ended == [None]


def test_what_an_interrupted_one_waited_for_moves_it_no_more(stage: Stage) -> None:
    waiting = Signal(stage.loop)
    stage.begin(survive(stage, waiting))
    waiting.give()
    stage.turn(lambda: None)
    task = stage.begin(survive(stage, waiting))
    task.throw(Interruption())
    waiting.give_now()
    assert not task.is_done


def test_a_future_that_an_interrupted_one_waited_for_is_cancelled(stage: Stage) -> None:
    future = stage.loop.create_future()
    task = stage.begin(survive(stage, future))
    task.throw(Interruption())
    stage.turn()
    assert future.cancelled()
    assert stage.seen == ["interrupted"]
    assert stage.complaints == []


def test_an_error_that_is_let_out_is_told(stage: Stage) -> None:
    task = stage.begin(stage.wait())
    error = Interruption()
    task.throw(error)
    assert task.is_done
    assert stage.ended == [error]


def test_one_may_end_well_though_it_is_interrupted(stage: Stage) -> None:
    async def end() -> None:
        try:
            await stage.signal
        except Interruption:
            stage.seen.append("interrupted")

    task = stage.begin(end())
    task.throw(Interruption())
    assert task.is_done
    assert stage.ended == [None]


def test_interrupting_one_that_is_done_does_nothing(stage: Stage) -> None:
    task = stage.begin(stage.wait(0))
    task.throw(Interruption())
    assert stage.ended == [None]
