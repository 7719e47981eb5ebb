"""LiveBackends: the state of backends, which outlives snapshots."""

from collections.abc import Iterable

from bfe_py.balance.backend import BackendState
from bfe_py.balance.cluster import Backend

Key = tuple[str, str, str]
"""Cluster, sub-cluster, address."""


class LiveBackends:
    """State of every backend that a snapshot names.

    A reload calls `get` for every backend, swaps the snapshot, then calls `retain`. As `get`
    applies new weights at once, all that can refuse a configuration comes before it.
    """

    __slots__ = ("_served", "_states", "failing")

    def __init__(self) -> None:
        self.failing: set[BackendState] = set()
        """Backends that failed since somebody emptied this."""
        self._states: dict[Key, BackendState] = {}
        self._served: set[tuple[str, str]] = set()

    def get(self, cluster: str, sub_cluster: str, backend: Backend) -> BackendState:
        """State of a backend, made where there is none; the same address is the same backend.

        A backend that is new in a sub-cluster which already served starts slowly. A known one gets
        its new weight and keeps everything else, but for `current` where the weight ends.
        """
        key = (cluster, sub_cluster, backend.address)
        weight = backend.weight * 100
        state = self._states.get(key)
        if state is None:
            state = BackendState(
                *key, backend.host, backend.port, backend.name, weight, weight, weight
            )
            state.is_restarted = (cluster, sub_cluster) in self._served
            state.failing = self.failing
            self._states[key] = state
            return state
        state.name = backend.name
        if state.restarted_at is None:
            state.is_restarted = False  # it was new in an earlier snapshot
        if weight != state.configured:
            state.configured = weight
            if state.ramp_from is None or weight <= 0:
                state.weight = weight
                state.ramp_from = None
        if weight <= 0:
            state.current = 0
        return state

    def find(self, cluster: str, sub_cluster: str, address: str) -> BackendState | None:
        """State of a backend by its identity, or None."""
        return self._states.get((cluster, sub_cluster, address))

    def retain(self, keys: Iterable[Key]) -> tuple[BackendState, ...]:
        """Forget every backend that is not in `keys`; answers those, whose probes and pools end.

        Sub-clusters in `keys` count as having served: what joins them later starts slowly.
        """
        kept = set(keys)
        gone = tuple(state for key, state in self._states.items() if key not in kept)
        for state in gone:
            del self._states[state.key]
            self.failing.discard(state)
        self._served = {(cluster, sub_cluster) for cluster, sub_cluster, _ in self._states}
        return gone

    def states(self) -> tuple[BackendState, ...]:
        """Every state, in the order in which the backends were first seen."""
        return tuple(self._states.values())
