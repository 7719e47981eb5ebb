"""Up and down: the state machine of one backend.

Exchanges find a backend down: so many failures in a row, and any success starts the count anew.
Probes find it up again: so many successes in a row, and any failure starts that count anew. A
healthy backend is not probed. An operator can take a backend out besides; it then is down whatever
its health.

Every function answers whether the health itself changed, so that a caller starts or ends probing
once.
"""

from bfe_py.balance.backend import BackendState
from bfe_py.balance.cluster import Probe


def failed(state: BackendState, probe: Probe, now: float) -> bool:
    """One attempt failed at `now` (monotonic seconds); True exactly when that brought it down."""
    state.total_failures += 1
    state.failures += 1
    if state.failing is not None:
        state.failing.add(state)
    return state.failures >= probe.failures and mark_down(state, now)


def probe_succeeded(state: BackendState, probe: Probe, now: float) -> bool:
    """One probe of a backend that is down succeeded; True exactly when that brought it back."""
    if state.is_healthy:
        return False
    state.probe_successes += 1
    return state.probe_successes >= probe.successes and mark_up(state, now)


def probe_failed(state: BackendState) -> None:
    """One probe failed."""
    state.probe_successes = 0


def mark_down(state: BackendState, now: float) -> bool:
    """Somebody found the backend down; False if that was known."""
    if not state.is_healthy:
        return False
    state.is_healthy = False
    state.is_up = False
    state.down_since = now
    state.probe_successes = 0
    return True


def mark_up(state: BackendState, now: float) -> bool:
    """Somebody found the backend back; it starts slowly. False if it was not down."""
    if state.is_healthy:
        return False
    state.is_healthy = True
    state.failures = 0
    state.probe_successes = 0
    state.down_since = None
    _start_again(state, now)
    return True


def disable(state: BackendState) -> None:
    """Take the backend out until `enable`; what it works on goes on."""
    state.is_disabled = True
    state.is_up = False


def enable(state: BackendState, now: float) -> None:
    """Undo `disable`; a healthy backend starts slowly, an unhealthy one stays down."""
    if state.is_disabled:
        state.is_disabled = False
        _start_again(state, now)


def _start_again(state: BackendState, now: float) -> None:
    state.is_up = state.is_healthy and not state.is_disabled
    state.is_restarted = True
    state.restarted_at = now
