"""One timer serves all deadlines of a connection."""

import pytest

from bfe_py.transport import Deadline
from tests.kit.transports import FakeLoop


class Case:
    def __init__(self) -> None:
        self.loop = FakeLoop()
        self.expired: list[float] = []
        self.deadline = Deadline(self.loop, lambda: self.expired.append(self.loop.now))


def test_it_expires_once_when_its_time_has_come() -> None:
    case = Case()
    case.deadline.set(5.0)
    case.loop.advance(4.9)
    assert case.expired == []
    case.loop.advance(100.0)
    assert case.expired == [5.0]
    assert case.loop.armed == []


def test_a_later_deadline_costs_no_timer_and_holds() -> None:
    case = Case()
    case.deadline.set(5.0)
    case.loop.advance(3.0)
    case.deadline.set(5.0)
    assert case.loop.armed == [5.0]
    case.loop.advance(7.9)
    assert case.expired == []
    case.loop.advance(9.0)
    assert case.expired == [8.0]


def test_an_earlier_deadline_holds() -> None:
    case = Case()
    case.deadline.set(60.0)
    case.deadline.set(2.0)
    assert case.loop.armed == [2.0]
    case.loop.advance(100.0)
    assert case.expired == [2.0]


def test_a_deadline_that_is_hardly_earlier_keeps_the_timer() -> None:
    case = Case()
    case.deadline.set(5.0)
    case.deadline.set(4.9995)
    assert case.loop.armed == [5.0]
    case.loop.advance(5.0)
    assert case.expired == [5.0]


def test_none_means_not_at_all() -> None:
    case = Case()
    case.deadline.set(None)
    assert case.loop.armed == []
    case.deadline.set(5.0)
    case.deadline.set(None)
    case.loop.advance(100.0)
    assert case.expired == []


@pytest.mark.parametrize("is_set", [True, False])
def test_a_cancelled_deadline_leaves_no_timer(is_set: bool) -> None:
    case = Case()
    if is_set:
        case.deadline.set(5.0)
    case.deadline.cancel()
    assert case.loop.armed == []
    case.loop.advance(100.0)
    assert case.expired == []


def test_it_can_be_set_again_after_it_expired() -> None:
    case = Case()
    case.deadline.set(1.0)
    case.loop.advance(2.0)
    case.deadline.set(1.0)
    case.loop.advance(5.0)
    assert case.expired == [1.0, 3.0]


def test_the_reason_is_that_of_the_deadline_that_counts() -> None:
    loop = FakeLoop()
    expired: list[tuple[float, str | None]] = []
    deadline: Deadline[str] = Deadline(loop, lambda: expired.append((loop.now, deadline.reason)))
    deadline.set(5.0, "head")
    deadline.set(9.0, "body")
    loop.advance(10.0)
    deadline.set(1.0, "idle")
    deadline.set(2.0)
    loop.advance(20.0)
    assert expired == [(9.0, "body"), (12.0, None)]


def test_a_deadline_that_is_lifted_has_no_reason() -> None:
    case = Case()
    case.deadline.set(5.0, "head")
    case.deadline.set(None)
    assert case.deadline.reason is None


def test_a_timer_that_fired_for_nothing_is_armed_anew() -> None:
    case = Case()
    case.deadline.set(5.0)
    case.deadline.set(None)
    case.loop.advance(6.0)
    assert case.loop.armed == []
    case.deadline.set(50.0)
    assert case.loop.armed == [56.0]
    case.loop.advance(100.0)
    assert case.expired == [56.0]


def test_a_deadline_that_was_cancelled_never_expires_again() -> None:
    case = Case()
    case.deadline.set(5.0)
    case.deadline.cancel()
    assert case.loop.armed == []
    case.deadline.set(60.0)
    case.loop.advance(100.0)
    assert case.expired == []
