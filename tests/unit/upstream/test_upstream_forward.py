"""The attempts of an exchange."""

import pytest

from bfe_py.balance import Probe, Retry, SubCluster
from bfe_py.model import BytesBody, Exchange, Fault, Kind, ResponseHead
from bfe_py.pipeline import Close
from bfe_py.upstream import UpstreamResponse
from tests.kit.forwarding import BACKENDS, FakeUpstream, Reply
from tests.kit.forwarding import ForwardCase as Case
from tests.kit.modules import make_exchange

LOST = Fault(Kind.CONNECTION_BROKEN, "closed", request_sent=True)
REFUSED = Fault(Kind.CONNECT, "refused")


def test_the_first_answer_is_the_outcome_and_the_attempt_runs_until_it_is_finished() -> None:
    case = Case(FakeUpstream(200))
    outcome = case.forward()
    assert isinstance(outcome, UpstreamResponse)
    assert outcome.head.status == 200
    assert case.in_flight == 1
    outcome.finish()
    assert case.in_flight == 0
    exchange, attempt = case.exchange, case.exchange.attempt
    assert (attempt.cluster, attempt.sub_cluster, attempt.backend) == ("web", "sub", "b1")
    assert attempt.scheme == "http"
    assert 0 < exchange.cluster_started == attempt.started < attempt.ended
    assert exchange.cluster_ended == attempt.ended
    assert (exchange.sub_cluster, exchange.retries, exchange.crossed) == ("sub", 0, False)
    assert case.backends["web", "10.0.0.1:80"].attempts == 1


def test_a_cluster_over_tls_is_noted() -> None:
    case = Case(FakeUpstream(200), protocol="https")
    case.forward()
    assert case.exchange.attempt.scheme == "https"


def test_a_backend_that_cannot_be_reached_is_followed_by_another() -> None:
    case = Case(FakeUpstream(REFUSED, 200))
    assert case.forward().head.status == 200
    assert case.upstream.hosts == ["10.0.0.1", "10.0.0.2"]
    assert case.exchange.retries == 1
    assert case.exchange.attempt.fault is None
    assert case.backends["web", "10.0.0.1:80"].failures == 1
    assert case.backends["web", "10.0.0.2:80"].failures == 0
    assert case.in_flight == 1


def test_the_last_fault_is_that_of_the_exchange() -> None:
    last = Fault(Kind.CONNECT_TIMEOUT, "late")
    case = Case(FakeUpstream(REFUSED, last), retry=Retry(same_cluster=1))
    assert case.fault().kind is Kind.CONNECT_TIMEOUT
    assert case.exchange.attempt.fault is last
    assert case.exchange.attempt.ended > 0
    assert case.exchange.cluster_ended > 0
    assert case.reply.watched == [None, None]


def test_without_any_backend_left_the_exchange_fails() -> None:
    case = Case(FakeUpstream(), sub_clusters=(SubCluster("sub", 100, ()),))
    assert case.fault().kind is Kind.NO_BACKEND
    assert case.exchange.attempt is None


def test_what_goes_to_the_black_hole_is_named_so() -> None:
    case = Case(FakeUpstream(), sub_clusters=(SubCluster("GSLB_BLACKHOLE", 100, ()),))
    assert case.fault().kind is Kind.BLACKHOLE
    assert case.exchange.sub_cluster == "GSLB_BLACKHOLE"


def test_a_body_that_was_read_cannot_be_sent_again() -> None:
    case = Case(FakeUpstream(REFUSED, 200))
    case.body, case.upstream.reads = BytesBody(b"abc"), True
    case.exchange = make_exchange(b"POST", body=b"abc")
    assert case.fault().kind is Kind.CONNECT
    assert len(case.upstream.hosts) == 1


def test_nothing_is_tried_again_once_the_answer_has_begun() -> None:
    case = Case(FakeUpstream(REFUSED, 200))
    case.reply = Reply(has_begun=True)
    assert case.fault().kind is Kind.CONNECT
    assert len(case.upstream.hosts) == 1


def test_a_kept_connection_that_was_closed_costs_no_retry() -> None:
    case = Case(FakeUpstream(LOST, 200, is_reused=True), retry=Retry(same_cluster=0))
    assert case.forward().head.status == 200
    assert case.exchange.retries == 1
    assert case.backends["web", "10.0.0.1:80"].failures == 0


def test_for_bfe_a_kept_connection_that_was_closed_is_a_missing_answer() -> None:
    case = Case(FakeUpstream(LOST, is_reused=True), is_compatible=True)
    fault = case.fault()
    assert (fault.kind, fault.detail, fault.request_sent) == (Kind.READ_RESPONSE, "closed", True)
    assert case.backends["web", "10.0.0.1:80"].failures == 1


def test_a_backend_that_fails_too_often_is_marked_down_and_told() -> None:
    one = (SubCluster("sub", 100, BACKENDS[:1]),)
    case = Case(FakeUpstream(REFUSED), sub_clusters=one, probe=Probe(failures=1), retry=Retry(0, 0))
    case.fault()
    assert case.down == [("web", "10.0.0.1:80")]
    assert case.backends["web", "10.0.0.1:80"].downs == 1


def test_an_outlier_status_counts_against_the_backend_but_is_the_answer() -> None:
    case = Case(FakeUpstream(503), outlier_statuses=frozenset({503}), probe=Probe(failures=1))
    assert case.forward().head.status == 503
    assert case.down == [("web", "10.0.0.1:80")]
    assert case.backends["web", "10.0.0.1:80"].downs == 1


@pytest.mark.parametrize(
    ("is_compatible", "cancels", "is_watched"),
    [(False, False, True), (False, True, True), (True, True, True), (True, False, False)],
)
def test_the_client_is_watched_but_for_bfe_only_where_the_cluster_says_so(
    is_compatible: bool, cancels: bool, is_watched: bool
) -> None:
    upstream = FakeUpstream(200)
    case = Case(upstream, is_compatible=is_compatible, cancels_on_close=cancels)
    case.forward()
    (watcher,) = upstream.watchers
    assert (watcher is case.reply) == is_watched
    watcher.when_gone(lambda: None)
    assert len(case.reply.watched) == is_watched
    watcher.send_interim(ResponseHead(103))
    assert case.reply.interim == [103]


def test_a_module_may_answer_in_place_of_the_backend() -> None:
    seen: list[str] = []

    def refuse(exchange: Exchange) -> Close:
        seen.append(exchange.attempt.host)
        return Close("test")

    case = Case(FakeUpstream(), handlers=(refuse,))
    assert case.forward() == Close("test")
    assert seen == ["10.0.0.1"]
    assert case.in_flight == 0
    assert case.upstream.hosts == []


def test_a_module_may_send_the_attempt_elsewhere() -> None:
    def move(exchange: Exchange) -> None:
        exchange.attempt.host = "10.9.9.9"

    case = Case(FakeUpstream(200), handlers=(move,))
    case.forward()
    assert case.upstream.hosts == ["10.9.9.9"]


def test_the_host_is_that_of_an_attempt_that_was_sent_elsewhere() -> None:
    def move(exchange: Exchange) -> None:
        exchange.attempt.host = "10.9.9.9"

    case = Case(FakeUpstream(200), handlers=(move,), replaces_host=True)
    case.forward()
    assert [head.authority for head in case.upstream.heads] == [b"10.9.9.9:80"]


def test_a_module_that_fails_leaves_nothing_in_flight() -> None:
    case = Case(FakeUpstream(), handlers=(lambda exchange: 1 / 0,))
    assert case.fault().kind is Kind.MODULE


def test_whatever_else_is_raised_leaves_nothing_in_flight() -> None:
    case = Case(FakeUpstream(MemoryError()))
    with pytest.raises(MemoryError):
        case.forward()
    assert case.in_flight == 0


def test_the_request_is_made_for_the_backend_of_the_attempt() -> None:
    case = Case(FakeUpstream(REFUSED, 200), replaces_host=True)
    case.forward()
    heads = case.upstream.heads
    assert [head.authority for head in heads] == [b"10.0.0.1:80", b"10.0.0.2:80"]
