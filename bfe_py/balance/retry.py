"""What the fault of an attempt means: may it be tried again, and is the backend to blame?

| fault | tried again | blamed on the backend |
|---|---|---|
| no connection | always | yes |
| no connection for our own limit | always | no; BFE: yes |
| request not written, response head bad or late | GET without a body, if allowed | yes |
| connection closed under us | GET without a body, if allowed | no |
| of the client, of a module, after the response began | never | no |

Allowed: by the cluster (`Retry.idempotent`).

BFE knows no more. Here a connection that was kept open and turns out to be closed says nothing
about the backend: what is safe to send again (RFC 9110 section 9.2.2) is sent again on another
connection.
"""

from bfe_py.model import Fault, Kind

_UNCONNECTED = frozenset({Kind.CONNECT, Kind.CONNECT_TIMEOUT, Kind.CONNECT_LIMIT})
_UNANSWERED = frozenset(
    {Kind.WRITE_REQUEST, Kind.READ_RESPONSE, Kind.BAD_RESPONSE, Kind.RESPONSE_TIMEOUT}
)
_TO_BLAME = _UNCONNECTED | _UNANSWERED
_IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"})


def is_retryable(fault: Fault, *, method: bytes, has_body: bool, is_idempotent: bool) -> bool:
    """Whether the attempt that ended with `fault` may be followed by another.

    Args:
        fault: how it ended.
        method: of the request.
        has_body: the request has one, of whatever length.
        is_idempotent: the cluster allows it after the request was sent (`Retry.idempotent`).
    """
    if fault.kind in _UNCONNECTED:
        return True
    if fault.kind in _UNANSWERED or fault.kind is Kind.CONNECTION_BROKEN:
        return is_idempotent and method == b"GET" and not has_body
    return False


def is_stale(fault: Fault, *, method: bytes, has_body: bool, is_reused: bool) -> bool:
    """Whether `fault` only shows that a kept connection was closed, so the request may go again.

    That is so if nothing of the request was sent, or it has no body and an idempotent method.
    """
    if not is_reused or fault.kind is not Kind.CONNECTION_BROKEN:
        return False
    return not fault.request_sent or (not has_body and method in _IDEMPOTENT)


def counts_as_failure(fault: Fault, *, is_compatible: bool) -> bool:
    """Whether the attempt that ended with `fault` is a failure of its backend."""
    if fault.kind is Kind.CONNECT_LIMIT:
        return is_compatible
    return fault.kind in _TO_BLAME
