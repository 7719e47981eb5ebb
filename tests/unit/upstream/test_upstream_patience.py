"""How long a connection to a backend waits."""

import asyncio

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.upstream.patience import IDLE_SECONDS, Patience
from tests.kit.transports import FakeLoop, FakeTransport


class Case:
    def __init__(self) -> None:
        self.loop = FakeLoop()
        self.faults: list[Fault | None] = []
        self.patience = Patience(self.loop, self.faults.append)
        self.transport = FakeTransport(asyncio.Protocol())
        self.transport.buffered = 10


def test_what_is_late_is_a_fault_of_its_own_kind() -> None:
    case = Case()
    case.patience.wait(5.0, (Kind.RESPONSE_TIMEOUT, "no response head"))
    case.loop.advance(5.0)
    (fault,) = case.faults
    assert fault is not None
    assert (fault.kind, fault.detail) == (Kind.RESPONSE_TIMEOUT, "no response head")
    assert fault.request_sent


def test_the_end_of_an_idle_time_is_no_fault() -> None:
    case = Case()
    case.patience.wait(5.0)
    case.loop.advance(6.0)
    assert case.faults == [None]


def test_the_last_time_that_was_set_counts() -> None:
    case = Case()
    case.patience.wait(5.0, (Kind.RESPONSE_TIMEOUT, ""))
    case.patience.wait(None)
    case.loop.advance(100.0)
    assert case.faults == []


def test_a_backend_that_takes_nothing_is_a_fault() -> None:
    case = Case()
    case.patience.rest_writes()
    case.patience.watch_writes(case.transport)
    case.loop.advance(IDLE_SECONDS / 2)
    case.patience.rest_writes()
    case.loop.advance(IDLE_SECONDS * 2)
    assert case.faults == []
    case.patience.watch_writes(case.transport)
    case.loop.advance(IDLE_SECONDS * 3)
    (fault,) = case.faults
    assert fault is not None
    assert fault.kind is Kind.WRITE_REQUEST


@pytest.mark.parametrize("watches", [False, True])
def test_a_connection_that_is_gone_waits_for_nothing(watches: bool) -> None:
    case = Case()
    case.patience.wait(5.0)
    if watches:
        case.patience.watch_writes(case.transport)
    case.patience.end()
    assert case.loop.armed == []


def test_a_reason_holds_only_for_the_time_that_it_was_given_for() -> None:
    case = Case()
    case.patience.wait(5.0, (Kind.RESPONSE_TIMEOUT, "no response head"))
    case.patience.wait(10.0)
    case.loop.advance(100.0)
    assert case.faults == [None]
    case.patience.wait(1.0, (Kind.RESPONSE_BODY, "no progress"))
    case.loop.advance(200.0)
    fault = case.faults[-1]
    assert fault is not None
    assert (fault.kind, fault.detail) == (Kind.RESPONSE_BODY, "no progress")


def test_what_rests_has_no_reason_and_the_time_that_is_left() -> None:
    case = Case()
    case.patience.wait(5.0, (Kind.RESPONSE_TIMEOUT, "late"))
    case.loop.advance(2.0)
    case.patience.rest()
    case.loop.advance(6.0)
    assert case.faults == [None]
