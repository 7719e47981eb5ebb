"""Weighted least connections; equals take turns by weighted round robin."""

from collections.abc import Sequence

from bfe_py.balance.backend import BackendState
from bfe_py.balance.policies.wrr import pick_turn
from bfe_py.balance.policy import policy


class WeightedLeastConnections:
    """The backend with the fewest exchanges in flight for its weight.

    `keeps_stale_ties`: BFE does not drop the equals of an earlier minimum when a better one turns
    up.
    """

    __slots__ = ("_keeps_stale_ties",)

    needs_key = False

    def __init__(self, *, keeps_stale_ties: bool = False) -> None:
        self._keeps_stale_ties = keeps_stale_ties

    def arrange(self, states: Sequence[BackendState]) -> tuple[BackendState, ...]:
        """In the order of the configuration."""
        return tuple(states)

    def pick(self, states: Sequence[BackendState], key: bytes) -> BackendState | None:  # noqa: ARG002
        """The least loaded backend, or of several the one whose turn it is."""
        best: BackendState | None = None
        ties: list[BackendState] = []
        is_single = True
        for state in states:
            if state.weight <= 0 or not state.is_up:
                continue
            # in_flight / weight of both, without dividing
            if best is None or state.in_flight * best.weight < best.in_flight * state.weight:
                best = state
                is_single = True
                if not self._keeps_stale_ties:
                    ties.clear()
            elif state.in_flight * best.weight == best.in_flight * state.weight:
                is_single = False
                if not ties:
                    ties.append(best)
                ties.append(state)
        return best if is_single else pick_turn(ties)


@policy("WLC")
def build_wlc() -> WeightedLeastConnections:
    """Weighted least connections as it should be."""
    return WeightedLeastConnections()


@policy("WLC/bfe")
def build_compatible_wlc() -> WeightedLeastConnections:
    """Weighted least connections as BFE does it."""
    return WeightedLeastConnections(keeps_stale_ties=True)
