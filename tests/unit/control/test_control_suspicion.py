import pytest

from bfe_py.balance import Cluster, Probe
from bfe_py.control import Down, Suspicion, SuspicionCounters

ONE: Down = ("web", "sub", "10.0.0.1", 80)
TWO: Down = ("web", "sub", "10.0.0.2", 80)


class Judged:
    """A suspicion where five failures in a row are enough."""

    def __init__(self) -> None:
        self.cluster: Cluster | None = Cluster("web", probe=Probe(failures=5))
        self.down: list[Down] = []
        self.counters = SuspicionCounters()
        self.suspicion = Suspicion(lambda _: self.cluster, self.down.append, self.counters)

    def note(self, worker: int, failures: int, backend: Down = ONE) -> None:
        self.suspicion.note(worker, [(backend, failures)])


@pytest.fixture
def judged() -> Judged:
    return Judged()


def test_what_several_workers_saw_is_added_up(judged: Judged):
    judged.note(0, 3)
    judged.note(1, 1)
    assert judged.down == []
    judged.note(1, 2)
    assert judged.down == [ONE]
    assert judged.counters.merged_downs == 1
    assert judged.suspicion._failures == {}


def test_the_failures_of_each_worker_are_those_it_told_last(judged: Judged):
    for failures in (1, 2, 3, 4, 4):
        judged.note(0, failures)
    assert judged.down == []


def test_a_success_in_a_worker_ends_its_row(judged: Judged):
    judged.note(0, 4)
    judged.note(0, 0)
    judged.note(1, 4)
    assert judged.down == []


def test_backends_are_judged_each_by_itself(judged: Judged):
    judged.note(0, 4)
    judged.note(1, 4, TWO)
    assert judged.down == []


def test_what_a_worker_saw_that_is_gone_does_not_count(judged: Judged):
    judged.note(0, 4)
    judged.note(0, 4, TWO)
    judged.note(1, 1, TWO)
    judged.down.clear()
    judged.suspicion.forget(0)
    judged.note(1, 4)
    assert judged.down == []
    judged.suspicion.forget(1)
    assert judged.suspicion._failures == {}


def test_of_backends_that_are_configured_no_more_nothing_is_kept(judged: Judged):
    judged.cluster = None
    judged.note(0, 9)
    assert judged.down == []
    assert judged.suspicion._failures == {}
