"""What the fault of an attempt means."""

import pytest

from bfe_py.balance import counts_as_failure, is_retryable, is_stale
from bfe_py.model import Fault, Kind, Side

ALWAYS = {Kind.CONNECT, Kind.CONNECT_TIMEOUT, Kind.CONNECT_LIMIT}
IF_ALLOWED = {
    Kind.WRITE_REQUEST,
    Kind.READ_RESPONSE,
    Kind.BAD_RESPONSE,
    Kind.RESPONSE_TIMEOUT,
    Kind.CONNECTION_BROKEN,
}


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    ("method", "has_body", "is_idempotent", "is_allowed"),
    [
        (b"GET", False, True, True),
        (b"GET", False, False, False),
        (b"GET", True, True, False),
        (b"POST", False, True, False),
        (b"HEAD", False, True, False),
        (b"DELETE", False, True, False),
    ],
)
def test_which_faults_may_be_tried_again(
    kind: Kind, method: bytes, has_body: bool, is_idempotent: bool, is_allowed: bool
) -> None:
    expected = kind in ALWAYS or (is_allowed and kind in IF_ALLOWED)
    assert expected == is_retryable(
        Fault(kind), method=method, has_body=has_body, is_idempotent=is_idempotent
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_which_faults_are_the_backends(kind: Kind) -> None:
    blamed = (ALWAYS | IF_ALLOWED) - {Kind.CONNECTION_BROKEN}
    assert counts_as_failure(Fault(kind), is_compatible=True) == (kind in blamed)
    blamed -= {Kind.CONNECT_LIMIT}
    assert counts_as_failure(Fault(kind), is_compatible=False) == (kind in blamed)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.value.side is Side.CLIENT])
def test_a_fault_of_the_client_is_never_the_backends(kind: Kind) -> None:
    fault = Fault(kind, request_sent=True)
    assert not counts_as_failure(fault, is_compatible=True)
    assert not is_retryable(fault, method=b"GET", has_body=False, is_idempotent=True)


@pytest.mark.parametrize(
    ("kind", "sent", "method", "has_body", "is_reused", "expected"),
    [
        (Kind.CONNECTION_BROKEN, True, b"GET", False, True, True),
        (Kind.CONNECTION_BROKEN, True, b"DELETE", False, True, True),
        (Kind.CONNECTION_BROKEN, True, b"PUT", True, True, False),
        (Kind.CONNECTION_BROKEN, True, b"POST", False, True, False),
        (Kind.CONNECTION_BROKEN, False, b"POST", True, True, True),
        (Kind.CONNECTION_BROKEN, False, b"POST", True, False, False),
        (Kind.CONNECTION_BROKEN, True, b"GET", False, False, False),
        (Kind.READ_RESPONSE, True, b"GET", False, True, False),
        (Kind.RESPONSE_TIMEOUT, True, b"GET", False, True, False),
        (Kind.CLIENT_CLOSED, False, b"GET", False, True, False),
    ],
)
def test_a_kept_connection_that_was_closed_is_stale_where_sending_again_is_safe(
    kind: Kind, sent: bool, method: bytes, has_body: bool, is_reused: bool, expected: bool
) -> None:
    fault = Fault(kind, request_sent=sent)
    assert expected == is_stale(fault, method=method, has_body=has_body, is_reused=is_reused)
