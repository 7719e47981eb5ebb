"""Suspicion: failures of backends in a row, of all workers together.

A backend is down after so many failures in a row. Each worker sees only its own; that several see
some is as bad as that one sees all of them.
"""

from collections.abc import Callable, Iterable

from bfe_py.balance import Cluster
from bfe_py.control.messages import Down
from bfe_py.observe import Counters, counter


class SuspicionCounters(Counters, prefix="bfe_health"):
    """Health of backends, as the controller sees it."""

    merged_downs: int = counter(
        "Backends that are down by failures of several workers together, none of which saw enough."
    )


class Suspicion:
    """Adds up what workers tell of failures.

    Args:
        find: configuration of the cluster of a backend, None if that backend is gone.
        is_down: told of a backend that failed too often.
    """

    def __init__(
        self,
        find: Callable[[Down], Cluster | None],
        is_down: Callable[[Down], None],
        counters: SuspicionCounters | None = None,
    ) -> None:
        self._find = find
        self._is_down = is_down
        self._counters = counters or SuspicionCounters()
        self._failures: dict[Down, dict[int, int]] = {}
        """By backend and worker."""

    def note(self, worker: int, failing: Iterable[tuple[Down, int]]) -> None:
        """A worker has seen so many failures in a row of each of these backends; 0: no more."""
        for down, failures in failing:
            known = self._failures.setdefault(down, {})
            known[worker] = failures
            if not failures:
                del known[worker]
            if not known or self._is_enough(down, known):
                del self._failures[down]

    def _is_enough(self, down: Down, failures: dict[int, int]) -> bool:
        cluster = self._find(down)
        if cluster is None:
            return True
        if sum(failures.values()) < cluster.probe.failures:
            return False
        self._counters.merged_downs += 1
        self._is_down(down)
        return True

    def forget(self, worker: int) -> None:
        """A worker is gone, and what it saw is no news."""
        for down in [down for down, known in self._failures.items() if worker in known]:
            self.note(worker, [(down, 0)])
