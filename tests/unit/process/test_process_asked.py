"""What a controller asks its parent for, and hears from it."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator

import pytest

from bfe_py.manage import Upgraded
from bfe_py.observe import Registry
from bfe_py.process.asked import Asked, UpgradeCounters
from bfe_py.process.messages import (
    ControllerHung,
    FromParent,
    UpgradeEnded,
    WorkerStarted,
    encode_line,
)
from tests.kit.loops import PatientLoop, run_patiently, settle


class Asking:
    """A controller's side; `tell` is the parent's."""

    def __init__(self, loop: PatientLoop, news: int, told: int) -> None:
        self.registry = Registry()
        self.asked = Asked(loop)
        self.others: list[FromParent] = []
        self.asked.follow(news, self.registry, self.others.append)
        self._told = told

    def tell(self, *messages: FromParent) -> None:
        os.write(self._told, b"".join(encode_line(one) for one in messages))

    def counted(self) -> dict[str, int]:
        family = self.registry.family(UpgradeCounters)
        return {labels[0]: counters.upgrades for labels, counters in family.items()}


Main = Callable[[Asking], Awaitable[None]]


@pytest.fixture
def asking() -> Iterator[Callable[[Main], None]]:
    news, told = os.pipe()

    def run(main: Main) -> None:
        async def step(loop: PatientLoop) -> None:
            await main(Asking(loop, news, told))
            loop.remove_reader(news)

        run_patiently(step)

    yield run
    os.close(news)
    if os.path.exists(f"/proc/self/fd/{told}"):  # noqa: PTH110
        os.close(told)


def test_whoever_asked_hears_what_became_of_it(asking):
    async def main(made: Asking) -> None:
        number, ended = made.asked.ask()
        other, still_waiting = made.asked.ask()
        assert number != other
        made.tell(UpgradeEnded((number,), pid=4711))
        await settle()
        assert ended.result() == Upgraded(4711)
        assert not still_waiting.done()
        made.tell(UpgradeEnded((other,), error="busy", is_refused=True))
        await settle()
        assert still_waiting.result() == Upgraded(0, "busy")

    asking(main)


def test_all_of_them_are_counted_also_those_that_others_asked_for(asking):
    async def main(made: Asking) -> None:
        made.tell(
            UpgradeEnded(times=3),
            UpgradeEnded(error="no such file"),
            UpgradeEnded((5, 6), error="no such file"),
            UpgradeEnded((7,), error="busy", is_refused=True),
        )
        await settle()
        assert made.counted() == {"ok": 3, "failed": 2, "refused": 1}

    asking(main)


def test_who_does_not_wait_any_more_is_not_told(asking):
    async def main(made: Asking) -> None:
        number, ended = made.asked.ask()
        ended.cancel()
        made.tell(UpgradeEnded((number,), pid=1))
        await settle()
        assert made.counted() == {"ok": 1}

    asking(main)


def test_another_controller_takes_no_answer_to_the_one_before(
    asking, monkeypatch: pytest.MonkeyPatch
):
    async def main(made: Asking) -> None:
        monkeypatch.setattr(os, "getpid", lambda: 10)
        before, _ = Asked(asyncio.get_running_loop()).ask()
        monkeypatch.setattr(os, "getpid", lambda: 11)
        number, ended = made.asked.ask()
        made.tell(UpgradeEnded((before,), pid=1))
        await settle()
        assert number != before
        assert not ended.done()

    asking(main)


def test_what_is_of_no_upgrade_is_for_somebody_else(asking):
    async def main(made: Asking) -> None:
        made.tell(WorkerStarted(1, 4711), UpgradeEnded(), ControllerHung())
        await settle()
        assert made.others == [WorkerStarted(1, 4711), ControllerHung()]
        assert made.counted() == {"ok": 1}

    asking(main)


def test_a_parent_that_is_gone_says_nothing(asking):
    async def main(made: Asking) -> None:
        os.close(made._told)
        await settle()
        assert made.counted() == {}

    asking(main)
