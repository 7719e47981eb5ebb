from bfe_py.model import Attempt, Fault, Kind


def test_an_attempt_has_not_failed_until_it_is_said_how():
    attempt = Attempt("web", "sub", "b", "10.0.0.1", 80)
    assert (attempt.scheme, attempt.is_reused, attempt.fault) == ("http", False, None)
    assert (attempt.started, attempt.connect_ended, attempt.ended) == (0.0, 0.0, 0.0)
    try:
        raise Fault(Kind.CONNECT)
    except Fault as fault:
        attempt.fault = fault
    assert attempt.fault is not None
    assert attempt.fault.__traceback__ is None
    attempt.fault = None
    assert attempt.fault is None


def test_an_attempt_is_only_itself():
    assert Attempt("web", "sub", "b", "10.0.0.1", 80) != Attempt("web", "sub", "b", "10.0.0.1", 80)
