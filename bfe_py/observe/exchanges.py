"""What is counted of exchanges, once each is over."""

from bisect import bisect_left

from bfe_py.model import Exchange, Kind, Side
from bfe_py.observe.metrics import Counters, Registry, counter
from bfe_py.observe.tunnels import TunnelCounters

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_DELAY = (0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01)


class ExchangeCounters(Counters, prefix="bfe_exchange"):
    """All tenants together, under BFE's names."""

    failed: int = counter("Exchanges that ended in a fault.", bfe="proxy_state.CLIENT_REQ_FAIL")
    failed_at_once: int = counter(
        "Exchanges whose backend failed and that were not tried again.",
        bfe="proxy_state.CLIENT_REQ_FAIL_WITH_NO_RETRY",
    )
    retried: int = counter(
        "Exchanges with more than one attempt.", bfe="proxy_state.CLIENT_REQ_WITH_RETRY"
    )
    crossed: int = counter(
        "Exchanges tried in another sub-cluster.",
        bfe="proxy_state.CLIENT_REQ_WITH_CROSS_RETRY",
    )
    no_tenant: int = counter("No tenant found.", bfe="proxy_state.ERR_BK_FIND_PRODUCT")
    no_route: int = counter("No route found.", bfe="proxy_state.ERR_BK_FIND_LOCATION")
    no_cluster: int = counter("Cluster not configured.", bfe="proxy_state.ERR_BK_NO_CLUSTER")
    no_balance: int = counter("Cluster without sub-clusters.", bfe="proxy_state.ERR_BK_NO_BALANCE")
    client_write: int = counter(
        "Responses the client did not take.", bfe="proxy_state.ERR_CLIENT_WRITE"
    )
    body_transform: int = counter(
        "Bodies that a module could not change.", bfe="proxy_state.ERR_BK_BODY_PROCESS"
    )
    attempts_failed: int = counter(
        "Attempts that failed.", bfe="proxy_state.ERR_BK_REQUEST_BACKEND"
    )
    connect_failed: int = counter(
        "Attempts without a connection.", bfe="proxy_state.ERR_BK_CONNECT_BACKEND"
    )
    write_failed: int = counter(
        "Attempts whose request was not written.", bfe="proxy_state.ERR_BK_WRITE_REQUEST"
    )
    read_failed: int = counter(
        "Attempts without a response head.", bfe="proxy_state.ERR_BK_READ_RESP_HEADER"
    )
    timed_out: int = counter(
        "Attempts whose response head was late.",
        bfe="proxy_state.ERR_BK_RESP_HEADER_TIMEOUT",
    )
    broken: int = counter(
        "Attempts whose connection was closed.", bfe="proxy_state.ERR_BK_TRANSPORT_BROKEN"
    )
    no_backend: int = counter("No backend is up.", bfe="bal_state.ERR_BK_NO_BACKEND")
    no_sub_cluster: int = counter(
        "No sub-cluster has a weight.", bfe="bal_state.ERR_BK_NO_SUB_CLUSTER"
    )
    no_cross_sub_cluster: int = counter(
        "No other sub-cluster to try.", bfe="bal_state.ERR_BK_NO_SUB_CLUSTER_CROSS"
    )
    too_many_retries: int = counter("Retries used up.", bfe="bal_state.ERR_BK_RETRY_TOO_MANY")
    blackholed: int = counter("Given up by weight.", bfe="bal_state.ERR_GSLB_BLACKHOLE")


class TenantCounters(Counters, prefix="bfe_tenant", labels=("tenant", "cluster", "code_class")):
    """Exchanges by tenant, cluster and class of the status."""

    requests: int = counter("Exchanges that ended.")
    bytes_received: int = counter("Bytes of request bodies.")
    bytes_sent: int = counter("Bytes of responses.")


class FaultCounters(Counters, prefix="bfe_tenant_faults", labels=("tenant", "side", "reason")):
    """Faults by tenant."""

    exchanges: int = counter("Exchanges that ended in a fault.")


_ENDS = {
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
_ATTEMPT_ENDS = {
    Kind.CONNECT: "connect_failed",
    Kind.CONNECT_LIMIT: "connect_failed",
    Kind.CONNECT_TIMEOUT: "connect_failed",
    Kind.WRITE_REQUEST: "write_failed",
    Kind.READ_RESPONSE: "read_failed",
    Kind.BAD_RESPONSE: "read_failed",
    Kind.RESPONSE_TIMEOUT: "timed_out",
    Kind.CONNECTION_BROKEN: "broken",
}
_CLASSES = ("-", "1xx", "2xx", "3xx", "4xx", "5xx")


class ExchangeStatistics:
    """Counts attempts and exchanges as they end; `tunnels` are those that do not for a while."""

    __slots__ = (
        "_counters",
        "_delay",
        "_duration",
        "_faults",
        "_post_delay",
        "_tenants",
        "tunnels",
    )

    def __init__(self, registry: Registry) -> None:
        self.tunnels = registry.counters(TunnelCounters)
        self._counters = registry.counters(ExchangeCounters)
        self._tenants = registry.family(TenantCounters)
        self._faults = registry.family(FaultCounters)
        self._duration = registry.histogram(
            "bfe_exchange_duration_seconds", "Time from request head to end of response.", _SECONDS
        )
        self._delay = registry.histogram(
            "bfe_proxy_delay_seconds",
            "Time from request head to first attempt, requests without a body.",
            _DELAY,
        )
        self._post_delay = registry.histogram(
            "bfe_proxy_post_delay_seconds",
            "Time from request head to first attempt, requests with a body.",
            _DELAY,
        )

    def attempt_failed(self, kind: Kind) -> None:
        """One attempt ended in a fault."""
        counters = self._counters
        counters.attempts_failed += 1
        name = _ATTEMPT_ENDS.get(kind)
        if name is not None:
            setattr(counters, name, getattr(counters, name) + 1)

    def finished(self, exchange: Exchange, now: float) -> None:
        """One exchange is over; `now` in monotonic seconds."""
        response = exchange.response
        status = 0 if response is None else response.status
        begun = exchange.head_ended
        # How long a tunnel was open says nothing about how fast anybody answers.
        seconds = (now if status != 101 else exchange.response_started) - begun
        duration = self._duration
        duration.counts[bisect_left(_SECONDS, seconds)] += 1
        duration.total += seconds
        code_class = _CLASSES[status // 100] if status < 600 else "-"
        own = self._tenants.find((exchange.tenant or "-", exchange.cluster or "-", code_class))
        own.requests += 1
        own.bytes_received += exchange.body_bytes
        own.bytes_sent += exchange.response_bytes
        if exchange.retries:
            self._counters.retried += 1
        if exchange.crossed:
            self._counters.crossed += 1
        if exchange.fault is not None:
            self._count_fault(exchange, exchange.fault.kind)
        elif exchange.cluster_started:
            delay = self._delay if exchange.request.body_length == 0 else self._post_delay
            seconds = exchange.cluster_started - begun
            delay.counts[bisect_left(_DELAY, seconds)] += 1
            delay.total += seconds

    def _count_fault(self, exchange: Exchange, kind: Kind) -> None:
        counters = self._counters
        counters.failed += 1
        side = kind.value.side
        if side is Side.BACKEND and not exchange.retries:
            counters.failed_at_once += 1
        name = _ENDS.get(kind)
        if name is not None:
            setattr(counters, name, getattr(counters, name) + 1)
        self._faults[exchange.tenant or "-", side.value, kind.value.reason].exchanges += 1
