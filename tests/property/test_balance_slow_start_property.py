"""A backend that starts slowly never loses weight on the way, and ends with all of it."""

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.balance import BackendState
from bfe_py.balance.slow_start import update_weights


@given(
    st.integers(1, 1000).map(lambda weight: weight * 100),
    st.floats(0.1, 600.0),
    st.lists(st.floats(0.0, 1000.0), max_size=20).map(sorted),
)
def test_the_weight_only_grows(weight: int, duration: float, moments: list[float]) -> None:
    state = BackendState("c", "s", "h:1", "h", 1, "b", weight, weight, weight)
    state.is_restarted, state.restarted_at = True, 0.0
    last = 1
    for now in moments:
        update_weights([state], duration, now)
        assert last <= state.weight <= weight
        last = state.weight
    update_weights([state], duration, duration)
    assert state.weight == weight
