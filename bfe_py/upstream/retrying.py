"""Whether an exchange may be tried again."""

from bfe_py.balance import Attempts
from bfe_py.model import Body, Exchange, Fault, Reply


def can_retry(
    attempts: Attempts, exchange: Exchange, fault: Fault, body: Body, reply: Reply
) -> bool:
    """Whether another attempt may follow: nothing of the request body or the response was used."""
    request, attempt = exchange.request, exchange.attempt
    assert attempt is not None
    if body.taken or reply.has_begun:
        return False
    return attempts.failed(
        fault,
        method=request.method,
        has_body=request.body_length != 0,
        reused=attempt.is_reused,
    )
