"""What the head of a request decides by itself, before any module sees it."""

from bfe_py.model import (
    AmbiguousTarget,
    Body,
    Exchange,
    Fault,
    Headers,
    Kind,
    RequestHead,
    ResponseHead,
    canonical_target,
)
from bfe_py.pipeline import Respond
from bfe_py.protocol import nominated_names, settle_upgrade
from bfe_py.proxy.policy import Policy
from bfe_py.transport import LimitedBody

_UNUSUAL = frozenset({b"CONNECT", b"OPTIONS", b"TRACE"})
_UPGRADE = frozenset({b"upgrade"})


def admit(exchange: Exchange, policy: Policy) -> Respond | None:
    """Refuse what may not go on, answer what ends here, and bring the rest into its one form.

    Raises:
        Fault: the head alone is reason to refuse.
    """
    request = exchange.request
    if request.expects_continue and request.body_length == 0:
        raise Fault(Kind.EXPECT_EMPTY, "100-continue without a body")
    if exchange.has_bad_target:
        raise Fault(Kind.BAD_REQUEST, "bad-escape-in-path")
    if request.options:
        if b"upgrade" in request.options:
            settle_upgrade(request)
        # Before modules set fields of these names: those are ours, no client takes them away.
        names = nominated_names(request.options) - _UPGRADE
        if names:
            request.headers.remove_all(names)
    if not policy.paths_as_sent:
        make_canonical(exchange)
    if policy.is_compatible or request.method not in _UNUSUAL:
        return None
    return _admit_unusual(request)


def make_canonical(exchange: Exchange) -> None:
    """Give the path the one form that rules and backend see.

    Raises:
        Fault: it could mean several things.
    """
    try:
        canonical = canonical_target(exchange.upstream_target)
    except AmbiguousTarget as error:
        raise Fault(Kind.BAD_REQUEST, str(error)) from error
    if canonical is not exchange.upstream_target:
        exchange.rewrite(target=canonical)


def bound(body: Body, request: RequestHead, limit: int) -> Body:
    """`body` with at most `limit` bytes.

    Raises:
        Fault: it says itself that it is longer.
    """
    if request.body_length is None:
        return LimitedBody(body, limit)
    if request.body_length > limit:
        raise Fault(Kind.BODY_TOO_LARGE, "body-too-large")
    return body


def _admit_unusual(request: RequestHead) -> Respond | None:
    if request.method == b"CONNECT":
        # RFC 9110 9.3.6: a server that tunnels nothing need not implement it
        raise Fault(Kind.METHOD_UNSUPPORTED, "connect")
    left = request.headers.get(b"max-forwards")
    if left is None or not left.isdigit():
        return None
    # RFC 9110 7.6.2: "If the received value is zero (0), the intermediary MUST NOT forward the
    # request; instead, the intermediary MUST respond as the final recipient."
    if len(left) < 10 and int(left) == 0:
        # What TRACE would have to repeat may hold credentials (RFC 9110 section 9.3.8).
        status = 200 if request.method == b"OPTIONS" else 405
        fields = [(b"Content-Length", b"0"), (b"Allow", b"OPTIONS")]
        return Respond(ResponseHead(status, Headers(fields)), skips_response_phase=True)
    request.headers.set(b"Max-Forwards", b"%d" % (min(int(left[:10]), 1_000_000) - 1))
    return None
