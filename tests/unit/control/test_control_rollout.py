"""All workers use a configuration, or none does."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bfe_py.config import PackedTree, Part
from bfe_py.control import Applied, Down, Drop, Fleet, Member, Prepare, PutParts, Use
from bfe_py.control.rollout import ABSENCE_SECONDS
from tests.kit.loops import PatientLoop, run_patiently, settle
from tests.kit.workers import FakeWorker, add_readings

DOWN: Down = ("web", "sub", "10.0.0.1", 80)
KEY = ("routes", "shop", "0")


def tree(version: str) -> PackedTree:
    """One with one part, which no other version has."""
    return PackedTree(version, {KEY: Part(version.encode(), version.encode())})


def parts(version: str) -> PutParts:
    return PutParts([(KEY, Part(version.encode(), version.encode()))])


class Told:
    """A fleet of two on a loop that a test steps through, and what it told."""

    def __init__(self, loop: PatientLoop) -> None:
        self.loop = loop
        self.applied: list[tuple[int, str, bool]] = []
        self.now = 1000.0
        self.fleet = Fleet(loop, 2, lambda _: None, self._note, add_readings, lambda: self.now)

    def _note(self, member: Member) -> None:
        self.applied.append((member.worker, member.version, member.is_ok))

    async def bring(self, version: str) -> str:
        """As who compiles beside them does."""
        rollout = self.fleet.rollout
        return await rollout.prepare(tree(version)) or await rollout.use()

    async def begin(self, version: str) -> "asyncio.Task[str]":
        begun = self.loop.create_task(self.bring(version))
        await settle()
        return begun

    async def use(self, version: str, *workers: FakeWorker) -> None:
        """Bring a version into use whatever it takes."""
        obedient = [worker.is_obedient for worker in workers]
        for worker in workers:
            worker.is_obedient = True
        assert await self.bring(version) == ""
        for worker, before in zip(workers, obedient, strict=True):
            worker.is_obedient = before
            worker.received.clear()

    def join(self, worker: int, pid: int = 100, version: str = "") -> FakeWorker:
        return FakeWorker(self.fleet, worker, pid + worker, version)


@pytest.fixture
def told():
    def run(main: Callable[[Told], Awaitable[None]]) -> None:
        async def patiently(loop: PatientLoop) -> None:
            await main(Told(loop))

        run_patiently(patiently)

    return run


# --- all is well


def test_all_prepare_it_before_anybody_uses_it(told):
    async def main(told: Told) -> None:
        one, two = told.join(0), told.join(1)
        told.fleet.backend_down(DOWN)
        one.received.clear()
        two.received.clear()
        begun = await told.begin("v1")
        assert one.received == two.received == [parts("v1"), Prepare(1, "v1", is_whole=True)]
        one.prepare(1)
        assert one.sent(Use) == []
        two.prepare(1)
        await settle()
        assert one.sent(Use) == two.sent(Use) == [Use(1, [DOWN])]
        one.apply(1)
        await settle()
        assert not begun.done()
        two.apply(1)
        assert await begun == ""
        assert told.fleet.versions == {0: "v1", 1: "v1"}
        assert told.applied == [(0, "v1", True), (1, "v1", True)]

    told(main)


def test_without_workers_it_is_in_use_at_once(told):
    async def main(told: Told) -> None:
        assert await (await told.begin("v1")) == ""
        late = told.join(0)
        assert late.received == [parts("v1"), Prepare(1, "v1", is_whole=True), Use(1)]
        assert not told.fleet.is_serving
        late.obey()
        assert told.fleet.is_serving
        assert not told.fleet.is_complete
        told.join(1).obey()
        assert told.fleet.is_complete

    told(main)


def test_a_worker_is_sent_what_changed_since_it_was_sent_something(told):
    async def main(told: Told) -> None:
        one = told.join(0)
        await told.use("v1", one)
        await told.begin("v2")
        assert one.received == [parts("v2"), Prepare(2, "v2", "v1")]

    told(main)


@pytest.mark.parametrize(("version", "is_whole"), [("v2", False), ("v1", True), ("", True)])
def test_a_worker_that_comes_back_is_sent_what_it_has_not(told, version: str, is_whole: bool):
    async def main(told: Told) -> None:
        assert await (await told.begin("v2")) == ""
        worker = told.join(0, version=version)
        put, base = ([parts("v2")], "") if is_whole else ([], "v2")
        assert worker.received == [*put, Prepare(1, "v2", base, is_whole=is_whole), Use(1)]

    told(main)


def test_who_joins_before_there_is_a_configuration_is_told_nothing(told):
    async def main(told: Told) -> None:
        assert told.join(0).received == []

    told(main)


def test_when_a_worker_began_to_use_its_version_is_known(told):
    async def main(told: Told) -> None:
        one = told.join(0)
        await told.use("v1", one)
        told.now = 2000.0
        one.leave()
        again = told.join(0, version="v1")
        again.obey()
        (member, _) = told.fleet.members
        assert (member.version, member.since) == ("v1", 1000.0)
        await told.use("v2", again)
        assert (member.version, member.since) == ("v2", 2000.0)

    told(main)


# --- one cannot


def test_what_one_worker_cannot_compile_nobody_uses(told):
    async def main(told: Told) -> None:
        one, two = told.join(0), told.join(1)
        await told.use("v1", one, two)
        begun = await told.begin("v2")
        one.prepare(2)
        two.prepare(2, "no such file")
        assert await begun == "worker 1: no such file"
        assert one.sent(Drop) == two.sent(Drop) == [Drop(2)]
        assert one.sent(Use) == []
        assert told.fleet.versions == {0: "v1", 1: "v1"}
        told.now = 2000.0
        failed = told.fleet.members[1]
        assert (failed.error, failed.failed_at, failed.is_ok) == ("no such file", 1000.0, False)

    told(main)


def test_behind_a_refusal_the_next_version_starts_from_the_one_in_use(told):
    async def main(told: Told) -> None:
        one = told.join(0)
        await told.use("v1", one)
        begun = await told.begin("v2")
        one.prepare(2, "odd")
        await begun
        one.received.clear()
        begun = await told.begin("v1")
        assert one.received == [Prepare(3, "v1", "v1")]
        one.prepare(2)  # late, and about what was dropped
        assert one.sent(Use) == []
        one.prepare(3)
        await settle()
        one.apply(3)
        assert await begun == ""
        assert told.fleet.members[0].is_ok

    told(main)


def test_what_one_worker_cannot_use_in_the_end_is_taken_back_everywhere(told):
    async def main(told: Told) -> None:
        one, two = told.join(0), told.join(1)
        await told.use("v1", one, two)
        begun = await told.begin("v2")
        one.prepare(2)
        two.prepare(2)
        await settle()
        one.apply(2)
        one.received.clear()
        two.apply(2, "address taken")
        two.apply(2, "said twice")
        assert await begun == "worker 1: address taken"
        assert one.received == [parts("v1"), Prepare(3, "v1", "v2"), Use(3)]
        one.obey()
        two.obey()
        assert told.fleet.versions == {0: "v1", 1: "v1"}
        assert told.fleet.rollout.has_applied(3)

    told(main)


def test_a_first_version_that_cannot_be_used_has_none_before_it(told):
    async def main(told: Told) -> None:
        one = told.join(0)
        begun = await told.begin("v1")
        one.prepare(1)
        await settle()
        one.apply(1, "address taken")
        assert await begun == "worker 0: address taken"
        assert one.sent(Prepare) == [Prepare(1, "v1", is_whole=True)]
        assert told.applied == [(0, "", False)]

    told(main)


def test_a_first_version_that_cannot_be_compiled_leaves_nothing(told):
    async def main(told: Told) -> None:
        one = told.join(0)
        begun = await told.begin("v1")
        one.prepare(1, "odd")
        assert await begun == "worker 0: odd"
        assert told.join(1).received == []

    told(main)


def test_who_joins_later_and_cannot_use_what_all_use_is_told_of(told):
    async def main(told: Told) -> None:
        await (await told.begin("v1"))
        worker = told.join(0)
        worker.prepare(1, "odd")
        worker.apply(1, "odd")
        assert told.applied == [(0, "", False)]

    told(main)


# --- workers that end meanwhile


def test_a_worker_that_ends_while_it_compiles_is_waited_for(told):
    async def main(told: Told) -> None:
        one, two = told.join(0), told.join(1)
        await told.use("v1", one, two)
        begun = await told.begin("v2")
        one.prepare(2)
        two.leave()
        await settle()
        assert one.sent(Use) == []
        again = told.join(1, pid=200)
        assert again.sent(Prepare) == [
            Prepare(1, "v1", is_whole=True),
            Prepare(2, "v2", "v1"),
        ]
        assert again.sent(Use) == [Use(1)]
        again.obey()
        await settle()
        one.apply(2)
        assert await begun == ""
        assert told.fleet.versions == {0: "v2", 1: "v2"}

    told(main)


def test_a_worker_that_does_not_come_back_is_not_waited_for_for_ever(told):
    async def main(told: Told) -> None:
        one, two = told.join(0), told.join(1)
        await told.use("v1", one, two)
        two.leave()
        begun = await told.begin("v2")
        one.obey()
        await asyncio.sleep(ABSENCE_SECONDS - 0.1)
        assert not begun.done()
        await asyncio.sleep(0.2)
        assert await begun == ""
        assert told.join(1, pid=200).sent(Prepare) == [Prepare(2, "v2", is_whole=True)]

    told(main)


def test_what_ends_a_worker_twice_nobody_uses(told):
    async def main(told: Told) -> None:
        one, two = told.join(0), told.join(1)
        await told.use("v1", one, two)
        begun = await told.begin("v2")
        one.prepare(2)
        two.leave()
        told.join(1, pid=200).leave()
        assert await begun == "worker 1: it was lost over it, twice"
        assert one.sent(Drop) == [Drop(2)]
        assert told.join(1, pid=300).sent(Use) == [Use(2 - 1)]

    told(main)


def test_who_ends_behind_its_preparation_is_no_argument_against_it(told):
    async def main(told: Told) -> None:
        one, two = told.join(0), told.join(1)
        await told.use("v1", one, two)
        begun = await told.begin("v2")
        two.prepare(2)
        two.leave()
        again = told.join(1, pid=200)
        again.prepare(2)
        again.leave()
        told.join(1, pid=300).obey()
        one.obey()
        assert await begun == ""

    told(main)


def test_who_ends_when_it_is_to_use_it_is_waited_for(told):
    async def main(told: Told) -> None:
        one, two = told.join(0), told.join(1)
        await told.use("v1", one, two)
        begun = await told.begin("v2")
        one.prepare(2)
        two.prepare(2)
        await settle()
        one.apply(2)
        two.leave()
        await settle()
        assert not begun.done()
        told.join(1, pid=200).obey()
        assert await begun == ""

    told(main)


def test_what_ends_a_worker_twice_when_it_is_to_be_used_is_taken_back(told):
    async def main(told: Told) -> None:
        one = told.join(0)
        await told.use("v1", one)
        begun = await told.begin("v2")
        one.prepare(2)
        await settle()
        one.leave()
        told.join(0, pid=200).leave()
        assert await begun == "worker 0: it was lost over it, twice"
        last = told.join(0, pid=300)
        assert last.sent(Prepare) == [Prepare(3, "v1", is_whole=True)]

    told(main)


def test_what_ended_a_worker_that_does_not_come_back_is_refused(told):
    async def main(told: Told) -> None:
        one, two = told.join(0), told.join(1)
        await told.use("v1", one, two)
        begun = await told.begin("v2")
        one.prepare(2)
        two.leave()
        await asyncio.sleep(ABSENCE_SECONDS + 0.1)
        assert await begun == "worker 1: it was lost over it, and did not come back in time"
        assert one.sent(Drop) == [Drop(2)]
        assert not told.fleet.members[1].is_ok

    told(main)


def test_what_is_abandoned_is_forgotten(told):
    async def main(told: Told) -> None:
        one = told.join(0)
        await told.use("v1", one)
        preparing = told.loop.create_task(told.fleet.rollout.prepare(tree("v2")))
        await settle()
        one.prepare(2)
        assert await preparing == ""
        told.fleet.rollout.abandon()
        told.fleet.rollout.abandon()
        assert one.sent(Drop) == [Drop(2)]
        assert one.sent(Use) == []
        preparing = told.loop.create_task(told.fleet.rollout.prepare(tree("v3")))
        await settle()
        preparing.cancel()
        await settle()
        assert one.sent(Drop) == [Drop(2), Drop(3)]

    told(main)


def test_who_joins_while_all_wait_to_use_it_prepares_it_too(told):
    async def main(told: Told) -> None:
        one = told.join(0)
        await told.use("v1", one)
        rollout = told.fleet.rollout
        preparing = told.loop.create_task(rollout.prepare(tree("v2")))
        await settle()
        one.prepare(2)
        assert await preparing == ""
        two = told.join(1)
        using = told.loop.create_task(rollout.use())
        await settle()
        assert one.sent(Use) == []
        two.prepare(2, "odd")
        assert await using == "worker 1: odd"

    told(main)


def test_what_failed_is_not_what_the_next_changes_begin_from(told):
    async def main(told: Told) -> None:
        await (await told.begin("v1"))
        one = told.join(0, version="v0")
        one.prepare(1)
        one.apply(1, "odd")
        one.received.clear()
        await told.begin("v2")
        assert one.received == [parts("v2"), Prepare(2, "v2", is_whole=True)]

    told(main)


def test_what_a_worker_says_of_a_version_long_gone_changes_nothing(told):
    async def main(told: Told) -> None:
        one = told.join(0)
        await told.use("v1", one)
        one.tell(Applied(0, 7))
        assert told.fleet.versions == {0: "v1"}

    told(main)


def test_a_connection_that_takes_the_place_of_another_prepares_anew(told):
    async def main(told: Told) -> None:
        one, two = told.join(0), told.join(1)
        await told.use("v1", one, two)
        begun = await told.begin("v2")
        two.prepare(2)
        again = told.join(1, version="v1")
        assert not two.is_connected
        one.prepare(2)
        assert one.sent(Use) == []
        again.obey()
        await settle()
        one.apply(2)
        assert await begun == ""

    told(main)
