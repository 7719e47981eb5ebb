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
