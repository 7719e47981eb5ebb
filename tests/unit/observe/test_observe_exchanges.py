import pytest

from bfe_py.model import Exchange, Fault, Kind
from bfe_py.observe import ExchangeStatistics, Registry
from bfe_py.observe.exchanges import (
    ExchangeCounters,
    FaultCounters,
    TenantCounters,
)
from bfe_py.observe.metrics import Histogram
from tests.kit.modules import make_exchange, make_response


class Counted:
    """Statistics, and what they have counted."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.statistics = ExchangeStatistics(self.registry)

    @property
    def numbers(self) -> dict[str, int]:
        """Of all tenants together, those that are not 0."""
        counters = self.registry.counters(ExchangeCounters)
        found = {name: getattr(counters, name) for name in counters.declared}
        return {name: number for name, number in found.items() if number}

    @property
    def tenants(self) -> dict[tuple[str, ...], tuple[int, int, int]]:
        return {
            labels: (one.requests, one.bytes_received, one.bytes_sent)
            for labels, one in self.registry.family(TenantCounters).items()
        }

    @property
    def faults(self) -> dict[tuple[str, ...], int]:
        family = self.registry.family(FaultCounters)
        return {labels: one.exchanges for labels, one in family.items()}

    def observed(self, name: str) -> tuple[int, float]:
        """How many values a histogram has, and their sum."""
        found = next(each for each in self.registry.read().histograms if each.name == name)
        return sum(found.counts), found.total


@pytest.fixture
def counted() -> Counted:
    return Counted()


def ended(
    status: int = 200, *, fault: Kind | None = None, body: bytes = b"", **labels: str
) -> Exchange:
    """An exchange from second 10; its first attempt began at 10.5."""
    response = make_response(status) if status else None
    exchange = make_exchange(response=response, body=body, **labels)
    exchange.head_ended = 10.0
    exchange.cluster_started = 10.5
    exchange.response_bytes = 100
    exchange.fault = None if fault is None else Fault(fault)
    return exchange


# --- exchanges


@pytest.mark.parametrize(
    ("status", "code_class"),
    [
        (0, "-"),
        (101, "1xx"),
        (204, "2xx"),
        (302, "3xx"),
        (499, "4xx"),
        (599, "5xx"),
        (600, "-"),
        (999, "-"),
    ],
)
def test_exchanges_are_counted_by_tenant_cluster_and_class(
    counted: Counted, status: int, code_class: str
):
    counted.statistics.finished(ended(status, tenant="shop", cluster="web", body=b"four"), 11.0)
    assert counted.tenants == {("shop", "web", code_class): (1, 4, 100)}


def test_what_has_no_tenant_is_counted_too(counted: Counted):
    for _ in range(3):
        counted.statistics.finished(ended(404), 11.0)
    assert counted.tenants == {("-", "-", "4xx"): (3, 0, 300)}


def test_how_long_it_took_is_from_the_head_to_the_end(counted: Counted):
    counted.statistics.finished(ended(), 12.5)
    assert counted.observed("bfe_exchange_duration_seconds") == (1, 2.5)


@pytest.mark.parametrize("name", ["bfe_exchange_duration_seconds", "bfe_proxy_delay_seconds"])
def test_a_time_is_counted_in_the_first_bucket_that_holds_it(counted: Counted, name: str):
    read = {each.name: each for each in counted.registry.read().histograms}
    bounds = read[name].bounds
    expected = Histogram(name, "", bounds)
    for seconds in (0.0, *bounds, *[bound + 1e-6 for bound in bounds], 1e6):
        exchange = ended()
        exchange.head_ended, exchange.cluster_started = 0.0, seconds or 1e-9
        counted.statistics.finished(exchange, exchange.cluster_started)
        expected.observe(exchange.cluster_started)
    read = {each.name: each for each in counted.registry.read().histograms}
    assert read[name].counts == expected.counts
    assert read[name].total == pytest.approx(expected.total)


def test_the_delay_is_that_until_the_first_attempt_with_and_without_a_body(counted: Counted):
    counted.statistics.finished(ended(), 11.0)
    counted.statistics.finished(ended(body=b"x"), 11.0)
    counted.statistics.finished(ended(body=b"x"), 11.0)
    assert counted.observed("bfe_proxy_delay_seconds") == (1, 0.5)
    assert counted.observed("bfe_proxy_post_delay_seconds") == (2, 1.0)


def test_a_body_of_unknown_length_is_a_body(counted: Counted):
    exchange = ended()
    exchange.request.body_length = None
    counted.statistics.finished(exchange, 11.0)
    assert counted.observed("bfe_proxy_post_delay_seconds") == (1, 0.5)


def test_what_was_answered_from_here_or_failed_has_no_delay(counted: Counted):
    here = ended()
    here.cluster_started = 0.0
    counted.statistics.finished(here, 11.0)
    counted.statistics.finished(ended(502, fault=Kind.CONNECT), 11.0)
    assert counted.observed("bfe_proxy_delay_seconds") == (0, 0.0)
    assert counted.observed("bfe_exchange_duration_seconds")[0] == 2


def test_retries_are_counted_by_exchange(counted: Counted):
    retried, crossed = ended(), ended()
    retried.retries, crossed.retries, crossed.crossed = 2, 1, True
    for exchange in (retried, crossed, ended()):
        counted.statistics.finished(exchange, 11.0)
    assert counted.numbers == {"retried": 2, "crossed": 1}


# --- faults


ENDS = {
    Kind.NO_TENANT: "no_tenant",
    Kind.NO_ROUTE: "no_route",
    Kind.NO_CLUSTER: "no_cluster",
    Kind.NO_BALANCE: "no_balance",
    Kind.CLIENT_WRITE: "client_write",
    Kind.CLIENT_CLOSED: "client_write",
    Kind.BODY_TRANSFORM: "body_transform",
    Kind.NO_BACKEND: "no_backend",
    Kind.NO_SUB_CLUSTER: "no_sub_cluster",
    Kind.NO_CROSS_SUB_CLUSTER: "no_cross_sub_cluster",
    Kind.TOO_MANY_RETRIES: "too_many_retries",
    Kind.BLACKHOLE: "blackholed",
}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_fault_is_counted_by_its_kind(counted: Counted, kind: Kind):
    counted.statistics.finished(ended(kind.value.status, fault=kind, tenant="shop"), 11.0)
    side, reason = kind.value.side.value, kind.value.reason
    assert counted.faults == {("shop", side, reason): 1}
    expected = {"failed": 1}
    if kind in ENDS:
        expected[ENDS[kind]] = 1
    if side == "backend":
        expected["failed_at_once"] = 1
    assert counted.numbers == expected


def test_a_backend_that_failed_again_did_not_fail_at_once(counted: Counted):
    exchange = ended(502, fault=Kind.CONNECT)
    exchange.retries = 1
    counted.statistics.finished(exchange, 11.0)
    assert counted.numbers == {"failed": 1, "retried": 1}
    assert counted.faults == {("-", "backend", "connect"): 1}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.CONNECT, "connect_failed"),
        (Kind.CONNECT_LIMIT, "connect_failed"),
        (Kind.CONNECT_TIMEOUT, "connect_failed"),
        (Kind.WRITE_REQUEST, "write_failed"),
        (Kind.READ_RESPONSE, "read_failed"),
        (Kind.BAD_RESPONSE, "read_failed"),
        (Kind.RESPONSE_TIMEOUT, "timed_out"),
        (Kind.CONNECTION_BROKEN, "broken"),
        (Kind.CLIENT_CLOSED, None),
    ],
)
def test_attempts_that_fail_are_counted_by_how(counted: Counted, kind: Kind, name: str | None):
    counted.statistics.attempt_failed(kind)
    counted.statistics.attempt_failed(kind)
    assert counted.numbers == {"attempts_failed": 2} | ({name: 2} if name else {})


def test_bfes_names_are_those_of_its_pages_and_stand_once():
    names = [one.bfe for one in ExchangeCounters.declared.values()]
    assert len(set(names)) == len(names)
    assert {name.partition(".")[0] for name in names} == {"proxy_state", "bal_state"}
