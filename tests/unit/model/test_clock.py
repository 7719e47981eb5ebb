from bfe_py.model import Clock
from tests.kit.modules import ManualClock


def test_a_clock_has_two_readings():
    clock: Clock = ManualClock(monotonic_now=5.0, wall_now=1000.0)
    assert (clock.monotonic(), clock.wall()) == (5.0, 1000.0)
