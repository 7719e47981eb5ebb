import asyncio

import pytest

from bfe_py.balance import Cluster, Probe
from bfe_py.config import PackedTree
from bfe_py.control import (
    NOTHING,
    Alive,
    BackendCameUp,
    BackendReading,
    BackendsFailing,
    BackendWentDown,
    Claims,
    Down,
    Fleet,
    Grants,
    Prepare,
    ReadAll,
    ReadingTaken,
    Suspicion,
    Use,
)
from bfe_py.control.fleet import READING_SECONDS
from bfe_py.control.inheritance import Counted
from bfe_py.shares import Claim, Grant
from tests.kit.loops import PatientLoop, drive, run_patiently, settle
from tests.kit.workers import FakeWorker, add_readings, count_requests, make_reading

DOWN: Down = ("web", "sub", "10.0.0.1", 80)
TREE = PackedTree("v1", {})


async def use(fleet: Fleet) -> None:
    """Bring `TREE` into use where nobody is there yet."""
    assert not await fleet.rollout.prepare(TREE)
    assert not await fleet.rollout.use()


class Told:
    """A fleet and what it told."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None, size: int = 2) -> None:
        self.down: list[Down] = []
        made = loop or PatientLoop()
        self.fleet = Fleet(
            made, size, self.down.append, lambda _: None, add_readings, lambda: 1000.0
        )


@pytest.fixture
def loop():
    made = PatientLoop()
    yield made
    made.close()


@pytest.fixture
def told(loop: PatientLoop) -> Told:
    return Told(loop)


# --- configuration


# --- who is there


@pytest.mark.parametrize("worker", [-1, 2, 1000])
def test_a_worker_without_a_place_is_sent_away(told: Told, worker: int):
    assert not FakeWorker(told.fleet, worker).is_connected
    assert told.fleet.present == []


def test_a_process_that_takes_a_place_ends_the_connection_of_the_one_before(told: Told):
    old = FakeWorker(told.fleet, 0, pid=1)
    new = FakeWorker(told.fleet, 0, pid=2)
    assert not old.is_connected
    assert new.is_connected
    assert told.fleet.members[0].pid == 2


def test_what_comes_late_from_a_process_that_was_replaced_counts_for_nothing(told: Told):
    fleet = told.fleet
    drive(use(fleet))
    old = FakeWorker(fleet, 0, pid=1)
    behind = fleet.members[0].channel
    assert behind is not None
    FakeWorker(fleet, 0, pid=2)
    for message in (ReadingTaken(0, 1, make_reading(5), []), BackendWentDown(*DOWN)):
        fleet._received(behind, message)
    assert fleet.members[0].reading == NOTHING
    assert told.down == []
    old.apply(1)
    assert fleet.members[0].generation == 0


def test_every_word_of_a_worker_is_a_sign_of_life():
    async def main(loop: PatientLoop) -> None:
        told = Told(loop)
        worker = FakeWorker(told.fleet, 0)
        for message in (Alive(), BackendWentDown(*DOWN)):
            await asyncio.sleep(1)
            worker.tell(message)
            assert told.fleet.members[0].heard == loop.time()
        told.fleet.hear_all(99.0)
        assert [member.heard for member in told.fleet.members] == [99.0, 99.0]

    run_patiently(main)


def test_a_message_for_workers_is_not_taken_from_one(told: Told, caplog: pytest.LogCaptureFixture):
    worker = FakeWorker(told.fleet, 0)
    worker.tell(ReadAll(1))
    assert worker.is_connected
    assert "unexpected message type=ReadAll" in caplog.text


# --- backends


def test_a_backend_that_is_down_or_back_is_told_to_all_and_to_those_who_come(told: Told):
    fleet = told.fleet
    drive(use(fleet))
    first = FakeWorker(fleet, 0)
    fleet.backend_down(DOWN)
    second = FakeWorker(fleet, 1)
    assert first.received[-1] == BackendWentDown(*DOWN)
    assert second.sent(Use) == [Use(1, [DOWN])]
    fleet.backend_up(DOWN)
    assert first.received[-1] == second.received[-1] == BackendCameUp(*DOWN)
    assert FakeWorker(fleet, 1, pid=7).sent(Use) == [Use(1)]
    fleet.expect_down([DOWN])
    assert FakeWorker(fleet, 1, pid=8).sent(Use) == [Use(1, [DOWN])]


def test_a_worker_tells_of_a_backend_that_went_down(told: Told):
    FakeWorker(told.fleet, 0).tell(BackendWentDown(*DOWN))
    assert told.down == [DOWN]


# --- numbers


def test_numbers_are_there_as_soon_as_all_have_answered():
    async def main(loop: PatientLoop) -> None:
        fleet = Told(loop).fleet
        workers = [FakeWorker(fleet, 0), FakeWorker(fleet, 1)]
        reading = loop.create_task(fleet.read())
        await settle()
        state = BackendReading("web", "sub", "b", "10.0.0.1:80", 100, True, 1, 0)
        workers[0].answer(3, (state,))
        await settle()
        assert not reading.done()
        workers[1].answer(4)
        assert await reading == frozenset()
        assert loop.time() == 0
        assert [count_requests(member.reading) for member in fleet.members] == [3, 4]
        assert fleet.members[0].backends == [state]

    run_patiently(main)


def test_a_late_worker_is_not_waited_for_and_keeps_its_last_numbers():
    async def main(loop: PatientLoop) -> None:
        fleet = Told(loop).fleet
        quick, late = FakeWorker(fleet, 0), FakeWorker(fleet, 1)
        first = loop.create_task(fleet.read())
        await settle()
        quick.answer(1)
        late.answer(1)
        await first
        second = loop.create_task(fleet.read())
        await settle()
        quick.answer(2)
        assert await second == {1}
        assert loop.time() == pytest.approx(READING_SECONDS)
        assert [count_requests(member.reading) for member in fleet.members] == [2, 1]

    run_patiently(main)


def test_numbers_that_come_in_pieces_count_when_all_are_there():
    async def main(loop: PatientLoop) -> None:
        fleet = Told(loop, 1).fleet
        worker, member = FakeWorker(fleet, 0), fleet.members[0]
        state = BackendReading("web", "sub", "b", "10.0.0.1:80", 100, True, 1, 0)
        reading = loop.create_task(fleet.read())
        await settle()
        worker.tell(ReadingTaken(0, 1, make_reading(1), [], is_last=False))
        worker.tell(ReadingTaken(0, 1, make_reading(2), [state], is_last=False))
        await settle()
        assert (member.reading, member.backends) == (NOTHING, [])
        assert not reading.done()
        worker.tell(ReadingTaken(0, 1, make_reading(4), [state]))
        assert await reading == frozenset()
        assert count_requests(member.reading) == 7
        assert member.backends == [state, state]

    run_patiently(main)


def test_pieces_of_an_answer_that_is_never_whole_count_for_nothing():
    async def main(loop: PatientLoop) -> None:
        fleet = Told(loop, 1).fleet
        worker, member = FakeWorker(fleet, 0, pid=1), fleet.members[0]
        worker.tell(ReadingTaken(0, 1, make_reading(1), [], is_last=False))
        worker.tell(ReadingTaken(0, 2, make_reading(2), []))
        assert count_requests(member.reading) == 2
        worker.tell(ReadingTaken(0, 3, make_reading(4), [], is_last=False))
        again = FakeWorker(fleet, 0, pid=1)
        again.tell(ReadingTaken(0, 3, make_reading(8), []))
        assert count_requests(member.reading) == 8

    run_patiently(main)


def test_without_workers_nobody_is_waited_for():
    async def main(loop: PatientLoop) -> None:
        assert await Told(loop).fleet.read() == frozenset()
        assert loop.time() == 0

    run_patiently(main)


def test_who_leaves_is_waited_for_no_longer():
    async def main(loop: PatientLoop) -> None:
        fleet = Told(loop).fleet
        quick, leaving = FakeWorker(fleet, 0), FakeWorker(fleet, 1)
        reading = loop.create_task(fleet.read())
        await settle()
        quick.answer(1)
        leaving.leave()
        await reading
        assert loop.time() == 0
        assert fleet.present == [fleet.members[0]]

    run_patiently(main)


def test_readers_at_the_same_time_each_get_their_own_answer():
    async def main(loop: PatientLoop) -> None:
        fleet = Told(loop, 1).fleet
        worker = FakeWorker(fleet, 0)
        first = loop.create_task(fleet.read())
        await settle()
        second = loop.create_task(fleet.read())
        await settle()
        asked = [message.request for message in worker.received if isinstance(message, ReadAll)]
        worker.tell(ReadingTaken(0, asked[0], make_reading(1), []))
        assert await first == frozenset()
        assert not second.done()
        worker.tell(ReadingTaken(0, asked[1], make_reading(2), []))
        assert await second == frozenset()
        assert fleet._waiting == {}

    run_patiently(main)


def test_what_a_process_counted_stays_when_another_takes_its_place():
    async def main(loop: PatientLoop) -> None:
        fleet = Told(loop, 1).fleet
        for pid in range(1, 50):
            worker = FakeWorker(fleet, 0, pid=pid)
            reading = loop.create_task(fleet.read())
            await settle()
            worker.answer(10)
            await reading
            member = fleet.members[0]
            total = count_requests(member.reading) + count_requests(member.retired)
            assert total == 10 * pid
            worker.leave()
        assert len(fleet.members[0].retired.samples) == 1

    run_patiently(main)


def test_a_process_that_connects_again_is_counted_once():
    async def main(loop: PatientLoop) -> None:
        fleet = Told(loop, 1).fleet
        worker = FakeWorker(fleet, 0, pid=5)
        reading = loop.create_task(fleet.read())
        await settle()
        worker.answer(10)
        await reading
        worker.leave()
        FakeWorker(fleet, 0, pid=5)
        member = fleet.members[0]
        assert count_requests(member.reading) == 10
        assert member.retired == NOTHING

    run_patiently(main)


def test_another_controller_goes_on_with_the_numbers_of_the_one_before():
    async def main(loop: PatientLoop) -> None:
        before = Told(loop).fleet
        workers = [FakeWorker(before, 0, pid=1), FakeWorker(before, 1, pid=2)]
        reading = loop.create_task(before.read())
        await settle()
        for worker in workers:
            worker.answer(10)
        await reading
        counted = before.counted()
        after = Told(loop).fleet
        after.inherit([*counted, Counted(9, 1, NOTHING, NOTHING)])
        assert [count_requests(member.reading) for member in after.members] == [10, 10]
        FakeWorker(after, 0, pid=1)
        FakeWorker(after, 1, pid=3)
        assert [count_requests(member.reading) for member in after.members] == [10, 0]
        assert [count_requests(member.retired) for member in after.members] == [0, 10]
        assert [member.generation for member in after.members] == [0, 0]

    run_patiently(main)


# --- what is judged for all workers together


def test_failures_that_several_workers_saw_are_one_row(told: Told):
    web = Cluster("web", probe=Probe(failures=2))
    down: list[Down] = []
    suspicion = Suspicion(lambda _: web, down.append)
    fleet = Fleet(
        told.fleet._loop, 2, down.append, lambda _: None, add_readings, lambda: 0.0, suspicion
    )
    first, second = FakeWorker(fleet, 0), FakeWorker(fleet, 1)
    first.tell(BackendsFailing([(DOWN, 1)]))
    first.leave()
    second.tell(BackendsFailing([(DOWN, 1)]))
    assert down == []
    FakeWorker(fleet, 0).tell(BackendsFailing([(DOWN, 1)]))
    assert down == [DOWN]


def claim(part: int, held: int, wanted: int = 0, number: int = 0) -> Claim:
    return Claim("things", "k", 10, part, held, wanted, True, number)


def test_a_limit_is_divided_among_the_workers_that_are_there(told: Told):
    fleet = told.fleet
    first, second = FakeWorker(fleet, 0), FakeWorker(fleet, 1)
    first.tell(Claims([claim(5, 5, 3)]))
    assert second.received == [Grants([Grant("things", "k", 10, 1)])]
    second.tell(Claims([claim(5, 0, number=1)], is_answer=True))
    fleet.share()
    assert second.received[1:] == [Grants([Grant("things", "k", 10, 2, 1)])]
    assert first.received == []
    second.tell(Claims([claim(1, 0, number=2)], is_answer=True))
    assert first.received == [Grants([Grant("things", "k", 10, 1, 9)])]


def test_a_worker_that_joins_has_its_part_before_its_configuration(told: Told):
    fleet = told.fleet
    drive(use(fleet))
    first = FakeWorker(fleet, 0, pid=1)
    first.tell(Claims([claim(5, 5, 3)]))
    first.leave()
    again = FakeWorker(fleet, 0, pid=2)
    granted = Grants([Grant("things", "k", 10, 1, 5)])
    assert again.received == [granted, Prepare(1, "v1", is_whole=True), Use(1)]
    assert fleet.sharing._keys["things", "k"].held == [0, 0]
