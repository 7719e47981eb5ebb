"""An attempt that was begun without a coroutine, and goes on in one."""

import pytest

from bfe_py.balance import Affinity, HashSource, Probe, Retry, SubCluster
from bfe_py.model import Exchange, Fault, Kind
from bfe_py.pipeline import Close
from bfe_py.upstream import UpstreamResponse
from tests.kit.asking import AskCase as Case
from tests.kit.asking import AskedUpstream
from tests.kit.forwarding import BACKENDS, ForwardCase
from tests.kit.modules import make_exchange

ONE = (SubCluster("sub", 100, BACKENDS[:1]),)
LOST = Fault(Kind.CONNECTION_BROKEN, "closed", request_sent=True)
REFUSED = Fault(Kind.CONNECT, "refused")
LATE = Fault(Kind.RESPONSE_TIMEOUT, "late", request_sent=True)
LEFT = Fault(Kind.CLIENT_CLOSED, "client left", request_sent=True)


def fault_of(case: Case, begun) -> Kind:
    with pytest.raises(Fault) as caught:
        case.go_on(begun)
    assert case.in_flight == 0
    return caught.value.kind


def test_the_answer_to_what_was_asked_is_received_and_nothing_is_sent_again() -> None:
    case = Case(AskedUpstream(200))
    begun = case.started()
    outcome = case.go_on(begun)
    assert isinstance(outcome, UpstreamResponse)
    assert outcome.head.status == 200
    assert case.upstream.received == [begun[1]]
    assert (case.in_flight, case.counted()) == (1, (1, 0, 0))
    assert case.exchange.cluster_ended == case.exchange.attempt.ended == outcome.received
    outcome.finish()
    assert (case.in_flight, case.exchange.retries) == (0, 0)


def test_what_was_begun_without_a_connection_is_sent_where_it_was_to_go() -> None:
    case = Case(AskedUpstream(200, has_kept=False))
    begun = case.started()
    outcome = case.go_on(begun)
    assert case.upstream.hosts == [begun[0].state.host]
    assert case.upstream.received == []
    assert (case.in_flight, case.counted()) == (1, (1, 0, 0))
    outcome.finish()
    assert case.in_flight == 0


def test_what_was_asked_in_vain_is_tried_again_and_watched_anew() -> None:
    case = Case(AskedUpstream(LOST, 200))
    outcome = case.go_on(case.started())
    assert outcome.head.status == 200
    assert case.upstream.hosts == ["10.0.0.1", "10.0.0.2"]
    assert len(case.upstream.received) == 1
    assert case.exchange.retries == 1
    assert case.exchange.attempt.fault is None
    assert (case.counted(), case.counted("10.0.0.2:80")) == ((1, 0, 0), (1, 0, 0))
    assert case.reply.watched == [case.asker.client_left, None]
    assert case.in_flight == 1
    outcome.finish()
    assert case.in_flight == 0


def test_for_bfe_a_kept_connection_that_was_closed_is_a_missing_answer() -> None:
    case = Case(AskedUpstream(LOST), is_compatible=True)
    assert fault_of(case, case.started()) is Kind.READ_RESPONSE
    assert case.counted() == (1, 1, 0)


def test_a_backend_that_could_not_be_reached_is_not_asked_again() -> None:
    case = Case(AskedUpstream(REFUSED, 200, has_kept=False))
    assert case.go_on(case.started()).head.status == 200
    assert case.upstream.hosts == ["10.0.0.1", "10.0.0.2"]
    assert (case.counted(), case.counted("10.0.0.2:80")) == ((1, 1, 0), (1, 0, 0))


@pytest.mark.parametrize("fault", [LATE, LEFT], ids=["late", "left"])
def test_an_attempt_that_must_not_be_repeated_is_the_end(fault: Fault) -> None:
    case = Case(AskedUpstream(fault, 200))
    assert fault_of(case, case.started()) is fault.kind
    assert case.exchange.attempt.fault is fault
    assert case.exchange.cluster_ended == case.exchange.attempt.ended > 0
    assert len(case.upstream.hosts) == 1


def test_a_backend_that_fails_too_often_is_marked_down_and_told() -> None:
    case = Case(AskedUpstream(LATE), sub_clusters=ONE, probe=Probe(failures=1), retry=Retry(0, 0))
    fault_of(case, case.started())
    assert case.down == [("web", "10.0.0.1:80")]
    assert case.counted() == (1, 1, 1)


def test_a_module_is_asked_where_the_next_attempt_goes() -> None:
    seen: list[str] = []

    def refuse(exchange: Exchange) -> Close:
        seen.append(exchange.attempt.host)
        return Close("test")

    case = Case(AskedUpstream(LOST), handlers=(refuse,))
    assert case.go_on(case.started()) == Close("test")
    assert seen == ["10.0.0.2"]
    assert case.in_flight == 0


def test_whatever_else_is_raised_leaves_nothing_in_flight() -> None:
    case = Case(AskedUpstream(MemoryError()))
    with pytest.raises(MemoryError):
        case.go_on(case.started())
    assert case.in_flight == 0


# --- as if it had been a coroutine from the start


FAULTS = {"lost": LOST, "refused": REFUSED, "late": LATE, "left": LEFT}


ENDS = [(), ("lost",), ("late",), ("left",), ("lost", "late"), ("lost", "refused")]
REFUSALS = [("refused",), ("refused", "refused")]  # of a connection that is not there yet


@pytest.mark.parametrize("is_compatible", [False, True], ids=["ours", "bfe"])
@pytest.mark.parametrize(
    "retry", [Retry(0, 0), Retry(1, 0), Retry(2, 0, idempotent=True)], ids=["0", "1", "2 GET"]
)
@pytest.mark.parametrize(
    ("has_kept", "faults"),
    [(True, one) for one in ENDS] + [(False, one) for one in ENDS + REFUSALS],
)
def test_retries_are_those_of_an_exchange_that_was_not_begun(
    faults: tuple[str, ...], retry: Retry, is_compatible: bool, has_kept: bool
) -> None:
    told = []
    for is_begun in (False, True):
        answers = [FAULTS[name] for name in faults]
        upstream = AskedUpstream(*answers, 200, has_kept=has_kept)
        case = Case(upstream, retry=retry, is_compatible=is_compatible)
        begun = case.started() if is_begun else None
        upstream.is_reused = has_kept  # as the attempts that follow find it
        try:
            outcome = case.go_on(begun)
        except Fault as fault:
            told.append([fault.kind])
        else:
            told.append([outcome.head.status])
            outcome.finish()
        assert case.in_flight == 0
        told[-1] += [upstream.hosts, case.exchange.retries, case.exchange.crossed]
        told[-1] += [case.counted(), case.counted("10.0.0.2:80")]
    assert told[0] == told[1]


# --- what is hashed


def host_of(target: bytes, *, is_asked: bool) -> str:
    affinity = Affinity(HashSource.TARGET, is_sticky=True)
    case = Case(AskedUpstream(200), affinity=affinity)
    case.exchange = make_exchange(target=target)
    if is_asked:
        return case.started()[0].state.host
    ForwardCase.forward(case)
    return case.upstream.hosts[0]


def test_what_is_hashed_goes_where_it_would_without_being_asked() -> None:
    hosts = set()
    for number in range(20):
        target = b"/%d" % number
        hosts.add(host_of(target, is_asked=True))
        assert host_of(target, is_asked=True) == host_of(target, is_asked=False)
    assert hosts == {"10.0.0.1", "10.0.0.2"}


def test_an_address_is_hashed_as_bfe_does() -> None:
    hosts = []
    for is_asked in (True, False):
        for last in range(8):
            case = Case(AskedUpstream(200), is_compatible=True, affinity=Affinity(is_sticky=True))
            case.exchange = make_exchange(peer=f"10.1.2.{last}:9")
            if is_asked:
                hosts.append(case.started()[0].state.host)
            else:
                case.forward()
                hosts.append(case.upstream.hosts[0])
    assert hosts[:8] == hosts[8:]
