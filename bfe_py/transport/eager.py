"""Coroutines that run at once, and go on in the very callback that has what they wait for.

An `asyncio.Task` begins, and goes on after each wait, in a later turn of the loop: for a proxied
request that is three turns and as many futures, which cost more than all of its parsing. An
`EagerTask` needs none of them, as long as it waits for a `Signal`; whatever else it awaits has to
be a future, or a coroutine in a task of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Steps(Protocol):
    """Who goes on when what it waits for is there; an `EagerTask` is one."""

    def step(self) -> None:
        """Go on."""


class Signal:
    """What one coroutine waits for and one callback gives; it may come without a cause.

    So whoever waits looks again at what it waits for. Eager and ordinary tasks can wait for it;
    `task` is the eager one that does, or another that `Steps`.
    """

    __slots__ = ("_future", "_loop", "task")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.task: Steps | None = None
        self._future: asyncio.Future[None] | None = None

    def __await__(self) -> "Generator[Signal | asyncio.Future[None], None, None]":
        if asyncio.current_task(self._loop) is None:
            yield self
        else:
            self._future = self._loop.create_future()
            yield from self._future

    def give(self) -> None:
        """Let who waits go on, in the next turn of the loop: for callers with more to do."""
        if self.task is not None:
            self._loop.call_soon(self.give_now)
        else:
            self.give_now()

    def give_now(self) -> None:
        """Let who waits go on before this returns: the last thing that a callback does."""
        task = self.task
        if task is not None:
            self.task = None
            task.step()
        elif self._future is not None:
            future, self._future = self._future, None
            if not future.done():
                future.set_result(None)


class EagerTask:
    """Runs `coroutine` up to where it waits, and on from there when it may.

    Args:
        coroutine: what to run.
        done: is told when it has ended, with the exception that it let out if it did.
    """

    __slots__ = ("_awaited", "_coroutine", "_done", "is_done")

    def __init__(
        self, coroutine: Coroutine[Any, None, None], done: Callable[[BaseException | None], None]
    ) -> None:
        self._coroutine = coroutine
        self._done = done
        self._awaited: Signal | asyncio.Future[Any] | None = None
        self.is_done = False
        self.step()

    def step(self) -> None:
        """Go on after a wait."""
        error: BaseException | None = None
        try:
            awaited = self._coroutine.send(None)
        except StopIteration:
            pass
        except (Exception, asyncio.CancelledError) as raised:
            error = raised
        else:
            self._awaited = awaited
            if awaited.__class__ is Signal:
                awaited.task = self
            else:
                self._wait(awaited)
            return
        self._awaited = None
        self.is_done = True
        self._done(error)

    def _wait(self, awaited: "Signal | asyncio.Future[Any] | None") -> None:
        self._awaited = awaited
        if isinstance(awaited, Signal):
            awaited.task = self
        elif awaited is None:  # a turn of the loop is all it wants
            asyncio.get_running_loop().call_soon(self._turn_passed)
        else:
            awaited._asyncio_future_blocking = False
            awaited.add_done_callback(self._future_done)

    def _turn_passed(self) -> None:
        if not self.is_done and self._awaited is None:
            self.step()

    def _future_done(self, future: "asyncio.Future[Any]") -> None:
        if self._awaited is future:
            self.step()

    def throw(self, error: Exception) -> None:
        """Raise `error` in it where it waits, and let it go on; has no effect on one that is done.

        What it waits for is cancelled. It must wait: whoever runs cannot be interrupted.
        """
        if self.is_done:
            return
        self._forget_awaited()
        left = None
        try:
            awaited = self._coroutine.throw(error)
        except StopIteration:
            pass
        except Exception as raised:
            left = raised
        else:
            self._wait(awaited)
            return
        self.is_done = True
        self._done(left)

    def cancel(self) -> None:
        """End it where it waits; has no effect on one that is done."""
        if self.is_done:
            return
        self._forget_awaited()
        try:
            awaited = self._coroutine.throw(asyncio.CancelledError())
        except (StopIteration, asyncio.CancelledError):
            self.is_done = True
        except Exception as error:
            self.is_done = True
            self._done(error)
        else:
            self._wait(awaited)

    def _forget_awaited(self) -> None:
        """Wait no longer for what is waited for, which is cancelled if that can be."""
        awaited, self._awaited = self._awaited, None
        if isinstance(awaited, Signal):
            awaited.task = None
        elif awaited is not None:
            awaited.cancel()


async def in_task(waiting: Awaitable[T]) -> T:
    """What `waiting` comes to, awaited in an ordinary task, where all of asyncio works."""
    return await asyncio.get_running_loop().create_task(_wait_for(waiting))


async def _wait_for(waiting: Awaitable[T]) -> T:
    return await waiting
