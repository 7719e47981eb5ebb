import pytest

from bfe_py.process.children import Child, Pauses

PAUSES = Pauses(0.1, 1.0)


def die(child: Child, at: float) -> float:
    """A child that ran from its last planned start until `at`; its next pause."""
    child.begin(1, at if child.restart_at is None else child.restart_at)
    child.plan_restart(at, PAUSES)
    assert child.pid == 0
    assert child.restart_at is not None
    return child.restart_at - at


def test_pauses_double_up_to_the_longest_one():
    child = Child("worker 0", lambda _: 0)
    pauses, now = [], 0.0
    for _ in range(7):
        pauses.append(round(die(child, now), 3))
        now = child.restart_at or 0.0
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]


def test_who_ran_for_a_while_waits_as_at_first():
    child = Child("worker 0", lambda _: 0)
    for _ in range(5):
        die(child, child.restart_at or 0.0)
    child.begin(1, 100.0)
    child.plan_restart(131.0, PAUSES)
    assert child.restart_at == 131.1


@pytest.mark.parametrize(
    ("lived", "pauses"), [(5.0, [0.1, 0.1, 0.1, 0.1]), (4.9, [0.1, 0.2, 0.4, 0.8])]
)
def test_ends_five_seconds_apart_are_no_crash_loop(lived: float, pauses: list[float]):
    child = Child("worker 0", lambda _: 0)
    found, now = [], 0.0
    for _ in pauses:
        child.begin(1, now)
        child.plan_restart(now + lived, PAUSES)
        found.append(child.pause)
        now += 10.0
    assert found == pauses


def test_who_was_started_waits_for_nothing():
    child = Child("worker 0", lambda _: 0)
    die(child, 5.0)
    child.begin(7, 6.0)
    assert (child.pid, child.started, child.restart_at) == (7, 6.0, None)
