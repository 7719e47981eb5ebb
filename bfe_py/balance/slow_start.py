"""Slow start: a backend that came back gets its share little by little.

In so many seconds the weight grows evenly from 1 (never 0, or no exchange could ever show that the
backend works) to the configured one, as that is at the time.
"""

from collections.abc import Sequence

from bfe_py.balance.backend import BackendState


def update_weights(states: Sequence[BackendState], duration: float, now: float) -> None:
    """Give backends that started less than `duration` seconds ago the weight of the moment."""
    for state in states:
        if state.is_restarted:
            _begin(state, duration, now)
        start = state.ramp_from
        if start is not None:
            elapsed = now - start
            if elapsed >= duration:
                end(state)
            else:
                state.weight = max(1, int(state.configured * elapsed / duration))


def _begin(state: BackendState, duration: float, now: float) -> None:
    start = now if state.restarted_at is None else state.restarted_at
    state.is_restarted = False
    # A weight of 0 stays 0; and what came back long ago, when nothing started slowly, has started.
    if state.configured > 0 and now - start < duration:
        state.ramp_from = start
        state.weight = state.current = 1


def end(state: BackendState) -> None:
    """Give `state` its whole weight."""
    state.ramp_from = None
    state.weight = state.configured
