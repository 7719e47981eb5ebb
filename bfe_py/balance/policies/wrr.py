"""Smooth weighted round robin, bit for bit BFE's.

Each pick takes the backend with the largest `current` (of equals the first), adds its weight to the
`current` of every backend that can be chosen, and takes from the chosen one the sum of what the
`current` were before. Over the sum of the weights each backend is picked exactly its weight.
"""

from collections.abc import Sequence

from bfe_py.balance.backend import BackendState
from bfe_py.balance.policy import policy


# EPP asks another service first; what that service leaves open is settled like this.
@policy("WRR", "EPP")
class WeightedRoundRobin:
    """Turns by weight, spread evenly."""

    needs_key = False

    def arrange(self, states: Sequence[BackendState]) -> tuple[BackendState, ...]:
        """In the order of the configuration."""
        return tuple(states)

    def pick(self, states: Sequence[BackendState], key: bytes) -> BackendState | None:  # noqa: ARG002
        """The backend whose turn it is."""
        return pick_turn(states)


def pick_turn(states: Sequence[BackendState]) -> BackendState | None:
    """One step of smooth weighted round robin over `states`."""
    best: BackendState | None = None
    highest = total = 0
    for state in states:
        weight = state.weight
        if weight > 0 and state.is_up:
            current = state.current
            if best is None or current > highest:
                best = state
                highest = current
            total += current
            state.current = current + weight
    if best is not None:
        best.current -= total
    return best
