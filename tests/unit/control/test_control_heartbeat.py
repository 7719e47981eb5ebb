import asyncio

from bfe_py.control import BEAT_SECONDS, Alive, Fleet, Heartbeat, HeartbeatCounters
from bfe_py.control.heartbeat import SILENCE_SECONDS
from bfe_py.observe import Family
from tests.kit.loops import PatientLoop, run_patiently
from tests.kit.workers import FakeWorker, add_readings


def watching(main, *, takes_heartbeat: bool = False, **more: object) -> None:
    async def run(loop: PatientLoop) -> None:
        fleet = Fleet(loop, 2, lambda _: None, lambda _: None, add_readings, lambda: 0.0)
        killed: list[int] = []
        heartbeat = Heartbeat(fleet, loop.time, killed.append, **more)
        following = loop.create_task(heartbeat.follow())
        if takes_heartbeat:
            await main(fleet, killed, heartbeat)
        else:
            await main(fleet, killed)
        following.cancel()

    run_patiently(run)


def test_a_worker_that_is_silent_for_too_long_is_ended_and_another_is_not():
    async def main(fleet: Fleet, killed: list[int]) -> None:
        silent, lively = FakeWorker(fleet, 0, pid=10), FakeWorker(fleet, 1, pid=11)
        for _ in range(int(SILENCE_SECONDS / BEAT_SECONDS)):
            assert killed == []
            await asyncio.sleep(BEAT_SECONDS)
            lively.tell(Alive())
        await asyncio.sleep(BEAT_SECONDS * 1.5)
        assert killed == [10]
        silent.leave()
        await asyncio.sleep(BEAT_SECONDS * 5)
        assert killed == [10]

    watching(main)


def test_it_is_ended_again_if_that_did_not_help():
    async def main(fleet: Fleet, killed: list[int]) -> None:
        FakeWorker(fleet, 0, pid=10)
        await asyncio.sleep(2 * SILENCE_SECONDS + 4 * BEAT_SECONDS)
        assert killed == [10, 10]

    watching(main)


def test_where_the_controller_itself_hung_nobody_is_to_blame():
    async def main(fleet: Fleet, killed: list[int]) -> None:
        FakeWorker(fleet, 0, pid=10)
        await asyncio.sleep(BEAT_SECONDS / 2)
        loop = asyncio.get_running_loop()
        loop._clock.now += 2 * SILENCE_SECONDS  # nothing ran in that time
        await asyncio.sleep(BEAT_SECONDS)
        assert killed == []
        await asyncio.sleep(SILENCE_SECONDS + 3 * BEAT_SECONDS)
        assert killed == [10]

    watching(main)


def test_the_time_can_be_shorter_and_ends_are_counted():
    counters = Family(HeartbeatCounters)

    async def main(fleet: Fleet, killed: list[int]) -> None:
        FakeWorker(fleet, 1, pid=10)
        await asyncio.sleep(1.9)
        assert killed == []
        await asyncio.sleep(1.1)
        assert killed == [10]
        assert counters[("1",)].hangs == 1

    watching(main, seconds=2.0, counters=counters)


def test_one_that_is_not_connected_though_it_could_be_hangs_too():
    async def main(fleet: Fleet, killed: list[int]) -> None:
        for number, pid in enumerate((10, 11)):
            FakeWorker(fleet, number, pid).leave()
        await asyncio.sleep(SILENCE_SECONDS + 3 * BEAT_SECONDS)
        assert killed == [11]

    watching(main, is_lost=lambda pid: pid == 11)


# --- a worker that was started and has not joined


def test_one_that_never_joins_is_ended_in_the_same_time():
    counters = Family(HeartbeatCounters)

    async def main(fleet: Fleet, killed: list[int], heartbeat: Heartbeat) -> None:
        heartbeat.expect(0, 10)
        heartbeat.expect(1, 11)
        lively = FakeWorker(fleet, 1, pid=11)
        for _ in range(4):
            await asyncio.sleep(0.45)
            lively.tell(Alive())
        assert killed == []
        for _ in range(3):
            await asyncio.sleep(0.45)
            lively.tell(Alive())
        assert killed == [10]
        assert counters[("0",)].hangs == 1

    watching(
        main, takes_heartbeat=True, seconds=2.0, counters=counters, is_lost=lambda pid: pid == 10
    )


def test_one_that_takes_the_place_of_another_and_never_joins_too():
    async def main(fleet: Fleet, killed: list[int], heartbeat: Heartbeat) -> None:
        FakeWorker(fleet, 0, pid=9).leave()
        heartbeat.expect(0, 10)
        await asyncio.sleep(2.6)
        assert killed == [10]

    watching(main, takes_heartbeat=True, seconds=2.0, is_lost=lambda pid: pid == 10)


def test_one_that_ended_before_it_joined_is_waited_for_no_more():
    async def main(fleet: Fleet, killed: list[int], heartbeat: Heartbeat) -> None:
        heartbeat.expect(0, 10)
        await asyncio.sleep(2.6)
        assert killed == []
        FakeWorker(fleet, 0, pid=11)
        await asyncio.sleep(2.6)
        assert killed == [11]

    watching(main, takes_heartbeat=True, seconds=2.0)


def test_where_the_controller_itself_hung_those_that_have_yet_to_join_get_their_time():
    async def main(fleet: Fleet, killed: list[int], heartbeat: Heartbeat) -> None:
        heartbeat.expect(0, 10)
        await asyncio.sleep(0.2)
        asyncio.get_running_loop()._clock.now += 100
        await asyncio.sleep(0.6)
        assert killed == []

    watching(main, takes_heartbeat=True, seconds=2.0, is_lost=lambda _: True)
