"""A transport without a socket, and a plain event loop to run a test's coroutine on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

T = TypeVar("T")
C = TypeVar("C")
CaseTest = Callable[[C], Coroutine[object, object, None]]


class FakeTransport(asyncio.Transport):
    """Records what is asked of it. `drop` tells the protocol that the connection is gone."""

    def __init__(self, protocol: asyncio.BaseProtocol, **extra: object) -> None:
        super().__init__(extra)
        self.protocol = protocol
        self.written = bytearray()
        self.is_reading_paused = False
        self.is_closed = False
        self.is_aborted = False
        self.has_ended = False
        self.buffered = 0
        self.read_limits: tuple[int, int] | None = None
        protocol.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def take(self) -> bytes:
        """What was written since the last call."""
        out = bytes(self.written)
        self.written.clear()
        return out

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_ended = True

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def set_read_buffer_limits(self, high: int, low: int) -> None:
        self.read_limits = (high, low)

    def pause_reading(self) -> None:
        assert not self.is_reading_paused
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        assert self.is_reading_paused
        self.is_reading_paused = False

    def is_closing(self) -> bool:
        return self.is_closed or self.is_aborted

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_aborted = True

    def drop(self, error: Exception | None = None) -> None:
        """The connection is gone."""
        self.is_closed = True
        self.protocol.connection_lost(error)


class FakeTimer:
    """One call that a `FakeLoop` was asked for."""

    def __init__(self, at: float, act: Callable[[], None]) -> None:
        self.at = at
        self.act = act
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class FakeLoop:
    """Time that a test moves by hand, and timers that fire as it passes."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[FakeTimer] = []

    def time(self) -> float:
        return self.now

    def call_at(self, at: float, act: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(at, act)
        self.timers.append(timer)
        return timer

    @property
    def armed(self) -> list[float]:
        """When the timers fire that wait."""
        return [timer.at for timer in self.timers if not timer.is_cancelled]

    def advance(self, to: float) -> None:
        """Let time pass until `to`."""
        while due := [one for one in self.timers if not one.is_cancelled and one.at <= to]:
            first = min(due, key=lambda one: one.at)
            self.timers.remove(first)
            self.now = first.at
            first.act()
        self.now = to


class TimedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as nothing else is to be done."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 1000.0
        self._select = self._selector.select
        self._selector.select = self._jump

    def _jump(self, timeout: float | None = None) -> list[object]:
        assert timeout is not None, "everybody waits for something that will not come"
        self._now += max(0.0, timeout)
        return self._select(0)

    def time(self) -> float:
        return self._now


def run_plain(main: Coroutine[object, object, T]) -> T:
    """What `main` returns, run on a loop without real time: timers fire at once, in their order."""
    with asyncio.Runner(loop_factory=TimedLoop) as runner:
        return runner.run(main)


async def settle() -> None:
    """Let everything run that can run without time passing."""
    for _ in range(10):
        await asyncio.sleep(0)


def run_case(make: Callable[[], C]) -> Callable[[CaseTest[C]], Callable[[], None]]:
    """Decorates an async test that takes what `make` makes on its loop."""

    def decorate(test: CaseTest[C]) -> Callable[[], None]:
        def run() -> None:
            async def main() -> None:
                await test(make())

            run_plain(main())

        run.__name__ = test.__name__
        return run

    return decorate
