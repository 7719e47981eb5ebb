"""The health of a backend is that of a plain model, whatever happens in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.balance import (
    BackendState,
    Probe,
    disable,
    enable,
    failed,
    probe_failed,
    probe_succeeded,
)

EVENTS = st.sampled_from(["fail", "success", "probe fails", "probe succeeds", "out", "in"])


@given(st.integers(1, 4), st.integers(1, 3), st.lists(EVENTS, max_size=60))
def test_up_and_down_follow_the_events(limit: int, needed: int, events: list[str]) -> None:
    state, probe = (
        BackendState("c", "s", "h:1", "h", 1, "b", 1, 1, 1),
        Probe(failures=limit, successes=needed),
    )
    failures = successes = 0
    is_healthy, is_disabled = True, False
    for now, event in enumerate(map(str, events)):
        was_healthy = is_healthy
        turned = False
        if event == "fail":
            failures += 1
            is_healthy = is_healthy and failures < limit
            turned = failed(state, probe, float(now))
        elif event == "success":
            failures = 0
            state.failures = 0  # as a balancer does where an attempt is answered
        elif event == "probe fails":
            successes = 0
            probe_failed(state)
        elif event == "probe succeeds":
            successes = 0 if is_healthy else successes + 1
            if successes >= needed:
                is_healthy, failures = True, 0
            turned = probe_succeeded(state, probe, float(now))
        elif event == "out":
            is_disabled = True
            disable(state)
        else:
            is_disabled = False
            enable(state, float(now))
        if is_healthy != was_healthy:
            successes = 0
        assert turned == (is_healthy != was_healthy)
        assert state.is_up == (is_healthy and not is_disabled)
        assert (state.down_since is None) == is_healthy
