"""What the head of a request decides before any module sees it."""

import pytest

from bfe_py.model import BytesBody, Fault, Kind, RequestHead
from bfe_py.pipeline import Phase
from bfe_py.proxy import Policy
from bfe_py.proxy.entry import admit, bound
from tests.kit.modules import make_exchange
from tests.kit.proxy_case import Case

COMPATIBLE = Policy(is_compatible=True)


def refusal(method: bytes = b"GET", target: bytes = b"/", policy: Policy | None = None) -> str:
    """Detail of the fault that a request is refused with."""
    with pytest.raises(Fault) as caught:
        admit(make_exchange(method, target), policy or Policy())
    return caught.value.detail


@pytest.mark.parametrize(
    ("target", "detail"),
    [
        (b"/%zz", "bad-escape-in-path"),
        (b"/a%2fb", "ambiguous-escape-in-path"),
        (b"/../a", "path-above-root"),
    ],
)
def test_a_target_that_means_more_than_one_thing_is_refused(target: bytes, detail: str) -> None:
    assert refusal(target=target) == detail


def test_a_target_gets_its_one_form_unless_it_is_to_stay() -> None:
    exchange = make_exchange(target=b"/a/../b")
    assert admit(exchange, Policy(paths_as_sent=True)) is None
    assert exchange.upstream_target == b"/a/../b"
    assert admit(exchange, Policy()) is None
    assert exchange.upstream_target == b"/b"


def test_a_body_that_is_expected_must_be_there() -> None:
    exchange = make_exchange(b"POST", body=b"abc")
    exchange.request.expects_continue = True
    assert admit(exchange, Policy()) is None
    exchange.request.body_length = 0
    with pytest.raises(Fault) as caught:
        admit(exchange, Policy())
    assert caught.value.kind is Kind.EXPECT_EMPTY


@pytest.mark.parametrize(
    ("policy", "options", "left"),
    [
        (Policy(), frozenset(), [b"Host", b"X-Hop", b"Cookie"]),
        (Policy(), frozenset({b"close"}), [b"Host", b"X-Hop", b"Cookie"]),
        (Policy(), frozenset({b"x-hop"}), [b"Host", b"Cookie"]),
        (Policy(), frozenset({b"cookie"}), [b"Host", b"X-Hop", b"Cookie"]),
        (COMPATIBLE, frozenset({b"x-hop"}), [b"Host", b"Cookie"]),
    ],
)
def test_fields_that_a_client_nominates_go_before_modules_set_theirs(
    policy: Policy, options: frozenset[bytes], left: list[bytes]
) -> None:
    exchange = make_exchange(headers=[(b"Host", b"h"), (b"X-Hop", b"1"), (b"Cookie", b"a=b")])
    exchange.request.options = options
    assert admit(exchange, policy) is None
    assert [name for name, _ in exchange.request.headers] == left


# --- methods that end here


def test_no_tunnel_is_made_but_for_bfe() -> None:
    assert refusal(b"CONNECT") == "connect"
    assert admit(make_exchange(b"CONNECT"), COMPATIBLE) is None


@pytest.mark.parametrize(
    ("method", "hops", "status", "left"),
    [
        (b"OPTIONS", b"0", 200, b"0"),
        (b"TRACE", b"0", 405, b"0"),
        (b"TRACE", b"000", 405, b"000"),
        (b"OPTIONS", b"1", None, b"0"),
        (b"TRACE", b"10", None, b"9"),
        (b"TRACE", b"99999999999", None, b"999999"),
        (b"TRACE", b"x", None, b"x"),
        (b"TRACE", b"-1", None, b"-1"),
        (b"TRACE", None, None, None),
        (b"GET", b"0", None, b"0"),
    ],
)
def test_hops_are_counted_of_those_methods_that_count_them(
    method: bytes, hops: bytes | None, status: int | None, left: bytes | None
) -> None:
    exchange = make_exchange(method, headers=[] if hops is None else [(b"Max-Forwards", hops)])
    answer = admit(exchange, Policy())
    assert (None if answer is None else answer.head.status) == status
    assert exchange.request.headers.get(b"max-forwards") == left


def test_for_bfe_hops_are_not_counted() -> None:
    exchange = make_exchange(b"TRACE", headers=[(b"Max-Forwards", b"0")])
    assert admit(exchange, COMPATIBLE) is None


def test_what_ends_here_is_answered_past_all_modules() -> None:
    seen: list[object] = []
    handlers = {Phase.REQUEST: (seen.append,), Phase.RESPONSE: (seen.append,)}
    case = Case(handlers=handlers)
    client = case.serve(b"OPTIONS", fields=((b"Max-Forwards", b"0"),))
    assert (case.status, client.is_whole, seen) == (200, True, [])
    assert case.backends.exchange is None


# --- the bound of a body


@pytest.mark.parametrize(("length", "is_refused"), [(0, False), (4, False), (5, True)])
def test_a_body_that_says_its_length_is_bound_by_it(length: int, is_refused: bool) -> None:
    body = BytesBody(b"x" * length)
    request = make_exchange(b"POST", body=b"x" * length).request
    if not is_refused:
        assert bound(body, request, 4) is body
        return
    with pytest.raises(Fault) as caught:
        bound(body, request, 4)
    assert caught.value.kind is Kind.BODY_TOO_LARGE


def test_a_body_of_unknown_length_is_bound_as_it_is_read() -> None:
    request = make_exchange(b"POST").request
    assert isinstance(request, RequestHead)
    request.body_length = None
    limited = bound(BytesBody(b"hello"), request, 4)
    with pytest.raises(Fault) as caught:
        limited.read_ready()
    assert caught.value.kind is Kind.BODY_TOO_LARGE
