import asyncio
import gc
from collections.abc import Callable
from itertools import pairwise

from bfe_py.server.garbage import Garbage, without_collector
from tests.kit.loops import PatientLoop, run_patiently


class FakeCollector:
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.threshold = (1, 2, 3)
        self.middle = 0

    def set_threshold(self, threshold0: int, threshold1: int, threshold2: int, /) -> None:
        self.threshold = (threshold0, threshold1, threshold2)

    def get_threshold(self) -> tuple[int, int, int]:
        return self.threshold

    def get_count(self) -> tuple[int, int, int]:
        return 0, 0, self.middle

    def collect(self) -> int:
        self.calls.append("collect")
        self.middle = 0
        return 0

    def disable(self) -> None:
        self.calls.append("disable")

    def enable(self) -> None:
        self.calls.append("enable")

    def freeze(self) -> None:
        self.calls.append("freeze")

    def unfreeze(self) -> None:
        self.calls.append("unfreeze")

    def taken(self) -> list[str]:
        calls, self.calls = self.calls, []
        return calls


class Serving:
    """A process whose requests come when a test says so."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.collector = FakeCollector()
        self.requests = 0
        self.garbage = Garbage(loop, lambda: self.requests, self.collector)

    async def seconds(self, count: float, *, is_busy: bool = False) -> list[str]:
        """What is collected in so many seconds."""
        self.collector.taken()
        for _ in range(int(count)):
            self.requests += is_busy
            await asyncio.sleep(1.0)
        return self.collector.taken()


def serving(main: Callable[[Serving], object]) -> None:
    async def run(loop: PatientLoop) -> None:
        served = Serving(loop)
        served.garbage.start()
        await main(served)  # type: ignore[misc]
        served.garbage.stop()

    run_patiently(run)


def test_full_collections_never_come_by_themselves():
    async def main(served: Serving) -> None:
        assert served.collector.taken() == ["collect", "freeze"]
        young, middle, full = served.collector.threshold
        assert (young, middle) == (2_000, 10)
        assert full >= 1_000_000
        served.garbage.stop()
        assert served.collector.threshold == (1, 2, 3)
        assert served.collector.taken() == ["unfreeze"]

    serving(main)


def test_everything_is_frozen_anew_in_the_first_quiet_moment_behind_a_reload():
    async def main(served: Serving) -> None:
        await served.seconds(2, is_busy=True)
        served.garbage.swapped([])
        assert served.collector.taken() == []
        assert await served.seconds(10, is_busy=True) == []
        assert await served.seconds(2) == ["unfreeze", "collect", "freeze"]
        assert await served.seconds(10) == []

    serving(main)


def test_who_is_never_quiet_is_waited_for_no_longer_than_a_minute():
    async def main(served: Serving) -> None:
        served.garbage.swapped([])
        await served.seconds(30, is_busy=True)
        served.garbage.swapped([])
        assert await served.seconds(35, is_busy=True) == ["unfreeze", "collect", "freeze"]

    serving(main)


def test_what_gathered_is_collected_when_it_is_quiet_or_much():
    async def main(served: Serving) -> None:
        served.collector.middle = 99
        assert await served.seconds(5, is_busy=True) == []
        served.collector.middle = 100
        assert await served.seconds(5, is_busy=True) == ["collect"]
        served.collector.middle = 1
        assert await served.seconds(5) == ["collect"]

    serving(main)


def test_an_old_snapshot_goes_in_steps():
    class Part:
        living = 0

        def __init__(self) -> None:
            Part.living += 1

        def __del__(self) -> None:
            Part.living -= 1

    async def main(served: Serving) -> None:
        served.garbage.swapped([Part() for _ in range(120)])
        left = [Part.living]
        while Part.living:
            await asyncio.sleep(0.005)
            left.append(Part.living)
        assert left[0] == 120
        assert max(before - after for before, after in pairwise(left)) == 50
        served.garbage.swapped([Part()])
        await asyncio.sleep(0.01)
        assert Part.living == 0
        served.garbage.swapped([Part() for _ in range(50)])
        served.garbage.swapped([Part() for _ in range(50)])
        served.garbage.stop()
        assert Part.living == 0

    serving(main)


def test_a_very_large_one_goes_in_larger_steps():
    async def main(served: Serving) -> None:
        served.garbage.swapped([object() for _ in range(1_000_000)])
        await served.seconds(40)
        assert not served.garbage._parts

    serving(main)


def test_nothing_is_frozen_anew_before_the_old_snapshot_is_gone():
    async def main(served: Serving) -> None:
        served.garbage.swapped([object() for _ in range(30_000)])
        assert await served.seconds(2) == []
        assert await served.seconds(3) == ["unfreeze", "collect", "freeze"]

    serving(main)


def test_it_is_the_collector_of_the_process_where_nobody_says_otherwise():
    before = gc.get_threshold()

    async def main(loop: PatientLoop) -> None:
        garbage = Garbage(loop, lambda: 0)
        garbage.start()
        assert gc.get_threshold()[2] >= 1_000_000
        gc.unfreeze()
        garbage.stop()

    run_patiently(main)
    assert gc.get_threshold() == before


def test_a_garbage_that_was_never_started_can_be_stopped():
    async def main(loop: PatientLoop) -> None:
        collector = FakeCollector()
        Garbage(loop, lambda: 0, collector).stop()
        assert collector.threshold == (1, 2, 3)

    run_patiently(main)


def test_what_will_stay_is_made_without_a_collector():
    collector = FakeCollector()
    with without_collector(collector):
        assert collector.taken() == ["disable"]
    assert collector.taken() == ["freeze", "enable"]
