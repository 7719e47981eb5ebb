"""The backend that the key of the exchange falls on: equal keys, equal backend."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from bfe_py.balance.backend import BackendState
from bfe_py.balance.hashing import hash_of
from bfe_py.balance.policy import policy


@policy("HASHED")
class Hashed:
    """Backends divide the hash values by weight, in the order of their addresses as text.

    A backend that comes, goes or changes its weight moves most keys.
    """

    needs_key = True

    def arrange(self, states: Sequence[BackendState]) -> tuple[BackendState, ...]:
        """In the order of ``host:port``."""
        return tuple(sorted(states, key=_address))

    def pick(self, states: Sequence[BackendState], key: bytes) -> BackendState | None:
        """The backend that `key` falls on."""
        eligible = [state for state in states if state.weight > 0 and state.is_up]
        if not eligible:
            return None
        ends = list(accumulate([state.weight for state in eligible]))
        return eligible[bisect_right(ends, hash_of(key) % ends[-1])]


def _address(state: BackendState) -> bytes:
    return state.address.encode("utf-8", "surrogateescape")
