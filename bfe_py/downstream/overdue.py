"""Overdue: ends an exchange that takes too long altogether, wherever it waits."""

import asyncio
from typing import Protocol

from bfe_py.model import Fault, Kind
from bfe_py.transport import Deadline


class Answer(Protocol):
    """What of an answer says whether it has to end."""

    @property
    def is_endless(self) -> bool:
        """It has begun, and goes on for as long as both sides like."""


class Ends(Protocol):
    """What can be ended where it waits."""

    def throw(self, error: Exception) -> None:
        """Raise `error` in it; has no effect on what is over."""


class Overdue:
    """One deadline for the exchange at hand of a connection.

    The fault arises in the exchange itself: it is answered with its status, or cut off where the
    answer has begun. Answers that are endless are spared.
    """

    __slots__ = ("_answer", "_deadline", "_task")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._deadline: Deadline[None] = Deadline(loop, self._expired)
        self._task: Ends | None = None
        self._answer: Answer | None = None

    def watch(self, task: Ends, answer: Answer, seconds: float) -> None:
        """`task` answers with `answer`, and has to be done in `seconds`."""
        self._task = task
        self._answer = answer
        self._deadline.set(seconds)

    def end(self) -> None:
        """The connection is gone."""
        self._task = self._answer = None
        self._deadline.cancel()

    def _expired(self) -> None:
        task, answer = self._task, self._answer
        self._task = self._answer = None
        if task is not None and answer is not None and not answer.is_endless:
            task.throw(Fault(Kind.EXCHANGE_TIMEOUT, "exchange-timeout"))
