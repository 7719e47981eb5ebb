"""LiveSubCluster: the backends of one sub-cluster as a policy sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bfe_py.balance.backend import BackendState
from bfe_py.balance.cluster import Backend, SubCluster
from bfe_py.balance.live import LiveBackends
from bfe_py.balance.policy import Policy
from bfe_py.balance.slow_start import end, update_weights


@dataclass(slots=True)
class Choice:
    """Where an attempt goes; one object for each backend in a snapshot.

    `lane` is for who sends attempts there, to keep what it needs for that.
    """

    sub_cluster: str
    state: BackendState
    lane: Any = field(default=None, compare=False)


class LiveSubCluster:
    """One sub-cluster of one snapshot, bound to the state of its backends.

    `states` is in the order of the policy. An address that stands there twice is one backend with
    the sum of the weights. `slow_start` is in seconds, 0 for none. `only` is the one choice if
    there is but one, which does not start slowly.
    """

    __slots__ = ("_choices", "_pick", "_slow_start", "name", "only", "states", "weight")

    def __init__(
        self,
        sub_cluster: SubCluster,
        states: Sequence[BackendState],
        policy: Policy,
        slow_start: float,
    ) -> None:
        self.name = sub_cluster.name
        self.weight = sub_cluster.weight
        self.states = policy.arrange(states)
        self._pick = policy.pick
        self._slow_start = slow_start
        self._choices = {state: Choice(sub_cluster.name, state) for state in states}
        is_single = len(states) == 1 and slow_start <= 0
        self.only = self._choices[states[0]] if is_single else None
        if slow_start <= 0:
            for state in states:
                end(state)

    def pick(self, key: bytes, now: float, tried: tuple[BackendState, ...]) -> Choice | None:
        """Where the next attempt goes, away from `tried` if possible; None: all are down."""
        only = self.only
        if only is not None:  # there is nothing to balance
            return only if only.state.is_up and only.state.weight > 0 else None
        if self._slow_start > 0:
            update_weights(self.states, self._slow_start, now)
        state = None
        if tried:
            state = self._pick([state for state in self.states if state not in tried], key)
        if state is None:
            state = self._pick(self.states, key)
            if state is None:
                return None
        return self._choices[state]

    def find(self, address: str) -> Choice | None:
        """The backend at `address`, or None."""
        for state, choice in self._choices.items():
            if state.address == address:
                return choice
        return None


def bind_states(
    cluster: str, sub_cluster: SubCluster, live: LiveBackends
) -> tuple[BackendState, ...]:
    """State of every backend of `sub_cluster`, in the order of the configuration."""
    merged: dict[str, Backend] = {}
    for backend in sub_cluster.backends:
        known = merged.get(backend.address)
        if known is not None:
            backend = replace(known, weight=max(known.weight, 0) + max(backend.weight, 0))
        merged[backend.address] = backend
    return tuple([live.get(cluster, sub_cluster.name, backend) for backend in merged.values()])
