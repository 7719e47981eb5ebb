"""The least rate is fair: it finds out who is below it, and never who is not."""

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.transport import LeastRate, Progress

RATE = LeastRate(bytes_per_second=240.0, grace_seconds=5.0)
LIMIT = 60.0

STEPS = st.lists(
    st.tuples(st.floats(0.01, LIMIT - 6.0), st.integers(0, 100_000)), min_size=1, max_size=40
)
"""A pause in which nothing moves, then so many bytes at once."""


def looked_at(steps: list[tuple[float, int]]) -> float | None:
    """When a peer that moves like this is found too slow, None: never."""
    progress, now, moved = Progress(RATE), 0.0, 0
    due = progress.begin(now, LIMIT)
    for pause, size in steps:
        end = now + pause
        while due <= end:
            now = due
            left = progress.look(now, moved, LIMIT)
            if not left:
                return now
            moved, due = 0, now + left
        now, moved = end, moved + size
    return None


@given(STEPS)
def test_who_is_ahead_of_the_rate_all_the_time_is_never_too_slow(
    steps: list[tuple[float, int]],
) -> None:
    fast, ahead = [], RATE.grace_seconds
    for pause, size in steps:
        # What it is ahead is bounded, so no more of it than that may be used up by a pause.
        waited = min(pause, ahead * 0.9)
        ahead = min(ahead - waited + size / RATE.bytes_per_second, LIMIT - RATE.grace_seconds)
        fast.append((waited, size))
    assert looked_at(fast) is None


@given(st.floats(0.0, 0.95), st.floats(0.05, 20.0))
def test_who_is_below_the_rate_for_long_is_too_slow(share: float, pause: float) -> None:
    size = int(share * RATE.bytes_per_second * pause)
    lost = pause - size / RATE.bytes_per_second
    enough = int((RATE.grace_seconds + 2 * pause) / lost) + 3
    found = looked_at([(pause, size)] * (enough + 200))
    assert found is not None
    assert found <= enough * pause + 2 * RATE.grace_seconds


@given(STEPS)
def test_nobody_is_too_slow_within_the_grace(steps: list[tuple[float, int]]) -> None:
    found = looked_at(steps)
    assert found is None or found >= RATE.grace_seconds - 0.01
