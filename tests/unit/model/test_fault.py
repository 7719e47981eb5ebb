import weakref

import pytest

from bfe_py.model import Fault, Kind, Side


def test_every_kind_is_a_row_of_its_own():
    assert len({kind.value.reason for kind in Kind}) == len(list(Kind))
    assert all(kind.value.reason == kind.name.lower() for kind in Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_answer_is_an_error_or_none(kind: Kind):
    for status in (kind.value.status, kind.value.bfe_status):
        assert status == 0 or 400 <= status < 600


def test_faults_of_the_balancer_are_500_for_bfe():
    fault = Fault(Kind.CONNECT, "refused", request_sent=False)
    assert fault.status(compatible=False) == 502
    assert fault.status(compatible=True) == 500
    assert fault.side is Side.BACKEND
    assert fault.code == "BK_CONNECT_BACKEND"
    assert repr(fault) == "Fault(CONNECT, 'refused')"


class Held:
    """Something large that a frame holds."""


def fail_with(held: Held, kind: Kind = Kind.CONNECT) -> None:
    try:
        raise OSError("refused")
    except OSError as error:
        raise Fault(kind, str(error)) from error


def test_a_fault_lets_go_of_where_it_was_raised_and_of_its_reason():
    held = Held()
    gone = weakref.ref(held)
    kept: list[Fault] = []
    try:
        fail_with(held)
    except Fault as fault:
        fault.forget_frames()
        kept.append(fault)
    del held
    assert gone() is None
    assert kept[0].__cause__ is kept[0].__context__ is kept[0].__traceback__ is None
    assert kept[0].detail == "refused"
