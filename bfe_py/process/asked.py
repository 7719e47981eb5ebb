"""Asked: upgrades that a controller asked its parent for, and all that the parent tells."""

import asyncio
import os
from collections.abc import Callable

from bfe_py.manage import Upgraded
from bfe_py.observe import Counters, Family, Registry, counter
from bfe_py.process.messages import ControllerHung, FromParent, Lines, UpgradeEnded, WorkerStarted

_MOST_BYTES = 65536


class UpgradeCounters(Counters, prefix="bfe", labels=("result",)):
    """Versions that changed, or did not."""

    upgrades: int = counter(
        "Upgrades by what became of them: ok, failed (this version went on), refused."
    )


class Asked:
    """Waits for what becomes of upgrades, and counts them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._other: Callable[[WorkerStarted | ControllerHung], None] = lambda _: None
        self._waiting: dict[int, asyncio.Future[Upgraded]] = {}
        self._number = 0
        self._lines: Lines[FromParent] = Lines(FromParent)
        self._counters: Family[UpgradeCounters] | None = None

    def ask(self) -> tuple[int, "asyncio.Future[Upgraded]"]:
        """The number of a new wish, and where its outcome will be."""
        # A controller that took the place of another must not take an answer to that one.
        self._number = (os.getpid() << 20) + (self._number + 1) % (1 << 20)
        ended = self._waiting[self._number] = self._loop.create_future()
        return self._number, ended

    def follow(
        self,
        news: int,
        registry: Registry,
        other: Callable[[WorkerStarted | ControllerHung], None],
    ) -> None:
        """Take what is written to the pipe `news` from now on, `other` what is of no upgrade."""
        self._other = other
        self._counters = registry.family(UpgradeCounters)
        self._loop.add_reader(news, self._read, news)

    def _read(self, news: int) -> None:
        data = os.read(news, _MOST_BYTES)
        if not data:
            self._loop.remove_reader(news)  # the parent is gone, and we are with it
        for message in self._lines.feed(data):
            if isinstance(message, UpgradeEnded):
                self._note(message)
            else:
                self._other(message)

    def _note(self, ended: UpgradeEnded) -> None:
        assert self._counters is not None
        result = "refused" if ended.is_refused else "failed" if ended.error else "ok"
        self._counters[(result,)].upgrades += ended.times
        for number in ended.numbers:
            waiting = self._waiting.pop(number, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(Upgraded(ended.pid, ended.error))
