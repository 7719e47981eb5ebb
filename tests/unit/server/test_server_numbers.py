import asyncio
import os
from collections.abc import Iterator

import pytest

from bfe_py.control import NOTHING, Fleet, History, Inheritance, Numbers
from bfe_py.manage import CONTROLLER
from bfe_py.observe import Counters, HistogramSample, Reading, Registry, Sample, counter
from bfe_py.server.numbers import KeptNumbers, merge_readings
from bfe_py.server.options import Memory
from tests.kit.loops import PatientLoop, run_patiently, settle
from tests.kit.workers import FakeWorker, count_requests


class Asked(Counters, prefix="asked"):
    requests: int = counter("Requests.")


@pytest.fixture
def memory() -> Iterator[Memory]:
    made = Memory.open()
    yield made
    for descriptor in (*made.numbers, *made.documents):
        os.close(descriptor)


class Controller:
    """Fleet, counters and history of one controller."""

    def __init__(self, loop: asyncio.AbstractEventLoop, memory: Memory) -> None:
        self.loop = loop
        self.fleet = Fleet(loop, 2, lambda _: None, lambda _: None, merge_readings, lambda: 0.0)
        self.registry = Registry()
        self.own = self.registry.counters(Asked)
        self.history = History()
        inheritance = Inheritance(memory.numbers, Numbers)
        self.numbers = KeptNumbers(inheritance, self.fleet, self.registry, self.history)

    async def read(self, **answers: float) -> dict[int, float]:
        """Requests by worker number, where the workers named answer with so many."""
        reading = self.loop.create_task(self.numbers.read())
        await settle()
        for worker, requests in answers.items():
            self.workers[worker].answer(requests)
        found: dict[int, float] = {}
        for one in await reading:
            found[one.worker] = found.get(one.worker, 0.0) + count_requests(one.reading)
        return found

    workers: dict[str, FakeWorker]

    def join(self, **pids: int) -> None:
        self.workers = {
            name: FakeWorker(self.fleet, number, pid)
            for number, (name, pid) in enumerate(pids.items())
        }


def test_what_is_read_is_that_of_all_processes_there_are(memory: Memory):
    async def main(loop: PatientLoop) -> None:
        controller = Controller(loop, memory)
        controller.join(a=1)
        controller.own.requests = 7
        assert await controller.read(a=5) == {CONTROLLER: 7, 0: 5, 1: 0}
        readings = {one.worker: one for one in await controller.numbers.read() if one.is_alive}
        assert set(readings) == {CONTROLLER, 0}
        assert readings[0].is_stale

    run_patiently(main)


def test_nothing_goes_back_whoever_ends(memory: Memory):
    async def main(loop: PatientLoop) -> None:
        first = Controller(loop, memory)
        first.join(a=1, b=2)
        first.own.requests = 7
        first.history.taken, first.history.refused = 3, 1
        assert await first.read(a=5, b=6) == {CONTROLLER: 7, 0: 5, 1: 6}

        second = Controller(loop, memory)
        assert await second.read() == {CONTROLLER: 7, 0: 5, 1: 6}
        assert (second.history.taken, second.history.refused) == (3, 1)
        second.join(a=1, b=9)  # that one ended while there was no controller
        second.own.requests = 1
        assert await second.read(a=5, b=1) == {CONTROLLER: 8, 0: 5, 1: 7}

        third = Controller(loop, memory)
        third.join(a=1, b=10)
        assert await third.read(a=6, b=2) == {CONTROLLER: 8, 0: 6, 1: 9}

    run_patiently(main)


def test_gauges_of_those_who_ended_are_gone_and_histograms_are_added():
    one = Reading(
        [
            Sample("a_total", "", "counter", "", ("x",), [(("1",), 1.0), (("2",), 2.0)]),
            Sample("now", "", "gauge", "", (), [((), 9.0)]),
        ],
        [HistogramSample("seconds", "", (1.0,), [1, 2], 3.0)],
    )
    other = Reading(
        [Sample("a_total", "", "counter", "", ("x",), [(("2",), 5.0)])],
        [HistogramSample("seconds", "", (1.0,), [1, 0], 0.5)],
    )
    merged = merge_readings(one, other)
    (sample,) = merged.samples
    assert dict(sample.values) == {("1",): 1.0, ("2",): 7.0}
    assert merged.histograms == [HistogramSample("seconds", "", (1.0,), [2, 2], 3.5)]
    assert merge_readings(NOTHING, NOTHING) == NOTHING
