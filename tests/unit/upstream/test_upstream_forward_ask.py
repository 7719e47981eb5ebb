"""The first attempt of an exchange that is plain, which no coroutine waits for."""

import pytest

from bfe_py.balance import Backend, Probe, SubCluster, Timeouts
from bfe_py.model import ResponseHead
from bfe_py.upstream.request import NOT_FORWARDED
from tests.kit.asking import AskCase as Case
from tests.kit.asking import AskedUpstream
from tests.kit.forwarding import BACKENDS
from tests.kit.modules import make_exchange

ONE = (SubCluster("sub", 100, BACKENDS[:1]),)
KEY = ("web", "10.0.0.1", 80, 0)


def answer(case: Case, begun, status: int = 200, content: bytes = b"ok") -> None:
    begun[1].taken = ResponseHead(status), content


# --- what is asked


def test_what_is_asked_is_the_request_of_the_client_with_what_is_the_backends() -> None:
    case = Case(AskedUpstream(), timeouts=Timeouts(response_header=7.0))
    exchange = case.exchange
    exchange.upstream_target = b"/at/backend"
    _, connection = case.started()
    assert connection is not None
    ((key, request, seconds, by),) = case.upstream.asked
    assert request == (exchange.request, b"/at/backend", b"example.test", NOT_FORWARDED)
    assert (key, seconds, by) == (KEY, 7.0, case.asker)


@pytest.mark.parametrize(
    ("host", "replaces", "authority"),
    [
        (b"example.test", False, b"example.test"),
        (b"example.test", True, b"10.0.0.1:80"),
        (None, False, b"10.0.0.1:80"),
    ],
)
def test_the_authority_is_that_of_the_client_unless_it_is_replaced(
    host: bytes | None, replaces: bool, authority: bytes
) -> None:
    case = Case(AskedUpstream(), replaces_host=replaces)
    case.exchange = make_exchange(host=host)
    case.started()
    assert case.upstream.asked[0][1][2] == authority


def test_an_attempt_is_noted_and_counted_where_it_goes() -> None:
    case = Case(AskedUpstream())
    case.started()
    exchange, attempt = case.exchange, case.exchange.attempt
    assert (attempt.cluster, attempt.sub_cluster, attempt.backend) == ("web", "sub", "b1")
    assert (attempt.host, attempt.port, attempt.scheme) == ("10.0.0.1", 80, "http")
    assert 0 < exchange.cluster_started == attempt.started
    assert (exchange.sub_cluster, exchange.retries, exchange.crossed) == ("sub", 0, False)
    assert attempt.is_reused
    assert (case.in_flight, case.counted()) == (1, (1, 0, 0))


def test_what_all_attempts_to_a_backend_share_is_made_once() -> None:
    case = Case(AskedUpstream(), sub_clusters=ONE)
    lanes = []
    for _ in range(2):
        case.exchange = make_exchange()
        lanes.append(case.started()[0].lane)
    assert lanes[0] is lanes[1]
    assert lanes[0].key == KEY
    assert case.counted() == (2, 0, 0)


@pytest.mark.parametrize(
    ("is_compatible", "cancels", "is_watched"),
    [(False, False, True), (False, True, True), (True, True, True), (True, False, False)],
)
def test_the_client_is_watched_but_for_bfe_only_where_the_cluster_says_so(
    is_compatible: bool, cancels: bool, is_watched: bool
) -> None:
    case = Case(AskedUpstream(), is_compatible=is_compatible, cancels_on_close=cancels)
    case.started()
    assert case.reply.watched == [case.asker.client_left] * is_watched


def test_without_a_kept_connection_the_attempt_is_begun_but_not_sent() -> None:
    case = Case(AskedUpstream(has_kept=False))
    begun = case.started()
    assert begun[1] is None
    assert case.exchange.attempt.backend == "b1"
    assert (case.in_flight, case.counted()) == (1, (1, 0, 0))
    assert case.reply.watched == []
    assert case.answered(begun) is None


def test_whatever_is_raised_on_asking_leaves_nothing_in_flight() -> None:
    case = Case(AskedUpstream())
    case.upstream.refusal = AssertionError("a target that breaks the head")
    with pytest.raises(AssertionError):
        case.start()
    assert case.in_flight == 0
    assert case.reply.watched == []


# --- what is for a coroutine


NOTHING_UP = (SubCluster("sub", 100, ()),)
DRAINED = (SubCluster("sub", 100, (Backend("b1", "10.0.0.1", 80, 0),)),)
BLACK_HOLE = (SubCluster("GSLB_BLACKHOLE", 100, ()),)
TWO_HOMES = (SubCluster("a", 50, BACKENDS), SubCluster("b", 50, BACKENDS))


@pytest.mark.parametrize(
    "settings",
    [
        {"proxy_version": 1},
        {"proxy_version": 2},
        {"sub_clusters": TWO_HOMES},
        {"sub_clusters": NOTHING_UP},
        {"sub_clusters": DRAINED},
        {"sub_clusters": BLACK_HOLE},
        {"has_balance": False},
    ],
    ids=["proxy 1", "proxy 2", "homes", "none", "drained", "black hole", "no balance"],
)
def test_what_is_not_that_simple_is_not_begun(settings: dict[str, object]) -> None:
    case = Case(AskedUpstream(), **settings)
    assert case.start() is None
    assert case.exchange.attempt is None
    assert (case.in_flight, case.upstream.asked) == (0, [])
    assert list(case.backends.items()) == []


@pytest.mark.parametrize("backends", [BACKENDS[:1], BACKENDS])
def test_nothing_is_begun_where_all_backends_are_down(backends: tuple[Backend, ...]) -> None:
    case = Case(AskedUpstream(), sub_clusters=(SubCluster("sub", 100, backends),))
    for state in case.balancer.sub_clusters[0].states:
        state.is_up = False
    assert case.start() is None
    assert case.in_flight == 0


def test_a_te_that_a_rule_added_is_for_who_makes_requests_with_care() -> None:
    case = Case(AskedUpstream(200))
    case.exchange.request.headers.add(b"TE", b"trailers")
    assert case.start() is None
    assert case.in_flight == 0
    assert case.go_on(None).head.status == 200
    assert case.upstream.asked == []


# --- what is answered at once


def test_an_answer_that_is_all_there_ends_the_attempt() -> None:
    case = Case(AskedUpstream(), idle_connections=9)
    begun = case.started()
    answer(case, begun)
    head, content = case.answered(begun)
    assert (head.status, content) == (200, b"ok")
    assert case.in_flight == 0
    assert case.upstream.freed == [(begun[1], 9)]
    attempt = case.exchange.attempt
    assert attempt.started < attempt.ended == case.exchange.cluster_ended
    assert case.counted() == (1, 0, 0)


def test_an_answer_that_is_not_all_there_changes_nothing() -> None:
    case = Case(AskedUpstream())
    begun = case.started()
    assert case.answered(begun) is None
    assert (case.in_flight, case.upstream.freed) == (1, [])
    assert case.exchange.attempt.ended == 0.0


def test_an_outlier_status_counts_against_the_backend_but_is_the_answer() -> None:
    case = Case(AskedUpstream(), outlier_statuses=frozenset({503}), probe=Probe(failures=1))
    begun = case.started()
    answer(case, begun, 503)
    head, _ = case.answered(begun)
    assert head.status == 503
    assert case.down == [("web", "10.0.0.1:80")]
    assert case.counted() == (1, 0, 1)
    assert case.in_flight == 0


def test_a_good_answer_makes_up_for_earlier_failures() -> None:
    case = Case(AskedUpstream())
    begun = case.started()
    begun[0].state.failures = 3
    answer(case, begun)
    case.answered(begun)
    assert begun[0].state.failures == 0


def test_a_client_that_leaves_ends_what_was_asked_for_it() -> None:
    case = Case(AskedUpstream())
    _, connection = case.started()
    case.forwarder.client_left(connection)
    assert case.upstream.left == [connection]
