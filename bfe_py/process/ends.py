"""EndCounts: how often children ended, and of what; the parent counts, controllers read it."""

import signal

from bfe_py.control import Ended, Ends, Inheritance
from bfe_py.process.children import CONTROLLER, Child


def name_reason(code: int) -> str:
    """What a child ended of, in one word: ``SIGKILL``, or ``status_1``.

    Args:
        code: exit status; -N: by signal N.
    """
    if code >= 0:
        return f"status_{code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal_{-code}"


class EndCounts:
    """Counts every child that ended though it should run.

    `memory` is shared with the controllers.
    """

    __slots__ = ("_counts", "_memory")

    def __init__(self, memory: Inheritance[Ends]) -> None:
        self._memory = memory
        self._counts: dict[tuple[str, str], int] = {}

    def note(self, child: Child, reason: str) -> None:
        """A child ended, of `reason`."""
        who = child.name if child.name == CONTROLLER else child.name.rpartition(" ")[2]
        self._counts[who, reason] = self._counts.get((who, reason), 0) + 1
        self._memory.leave(Ends([Ended(*key, times) for key, times in self._counts.items()]))
