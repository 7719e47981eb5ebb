"""A loop whose time is made up: waiting costs nothing and takes exactly as long as it says."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

R = TypeVar("R")


class _Selector(selectors.SelectSelector):
    """Where a real one would wait, the time of the loop goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "nothing will ever happen"
            self.now += timeout
        return ready


class PatientLoop(asyncio.SelectorEventLoop):
    """An event loop that begins at 0 seconds."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def run_patiently(main: Callable[[PatientLoop], Coroutine[Any, Any, R]]) -> R:
    """What `main` answers; tasks that it leaves are cancelled."""
    loop = PatientLoop()
    try:
        return loop.run_until_complete(main(loop))
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def settle() -> None:
    """Let everything happen that does not wait for time to pass."""
    for _ in range(50):
        await asyncio.sleep(0)


def drive(coroutine: Coroutine[Any, Any, R]) -> R:
    """What `coroutine` answers, which waits for nothing but its turn; needs no loop."""
    try:
        while True:
            assert coroutine.send(None) is None
    except StopIteration as done:
        result: R = done.value
        return result
