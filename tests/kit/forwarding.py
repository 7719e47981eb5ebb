"""A forwarder whose attempts are answered by the test."""

from collections.abc import Callable

import pytest

from bfe_py.balance import Backend, Balancer, Choice, Cluster, LiveBackends, SubCluster
from bfe_py.model import Attempt, BytesBody, Exchange, Fault, RequestHead, ResponseHead
from bfe_py.observe import ExchangeStatistics, Registry
from bfe_py.pipeline import Chain, ChainCounters, Phase
from bfe_py.upstream import BackendCounters, Forwarder, Outcome, UpstreamResponse
from tests.kit.modules import make_exchange
from tests.kit.transports import run_plain

BACKENDS = (Backend("b1", "10.0.0.1", 80, 1), Backend("b2", "10.0.0.2", 80, 1))
SUB_CLUSTERS = (SubCluster("sub", 100, BACKENDS),)


class Ticks:
    """A clock that goes on by a second each time it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 1.0
        return self.now

    def wall(self) -> float:
        return 0.0


class Connection:
    body = BytesBody()


class FakeUpstream:
    """Answers attempts with what a test lists: a status, or a fault to raise."""

    def __init__(self, *answers: "int | Fault | BaseException", is_reused: bool = False) -> None:
        self.answers = list(answers)
        self.is_reused = is_reused
        self.clock = Ticks()
        self.hosts: list[str] = []
        self.heads: list[RequestHead] = []
        self.watchers: list[object] = []
        self.reads = False

    async def send(self, cluster: Cluster, attempt: Attempt, head, body, watcher, way=None):
        self.hosts.append(attempt.host)
        self.heads.append(head)
        self.watchers.append(watcher)
        attempt.is_reused = self.is_reused
        if self.reads:
            await body.read()
        answer = self.answers.pop(0)
        attempt.ended = self.clock.monotonic()
        if isinstance(answer, BaseException):
            raise answer
        return UpstreamResponse(self, Connection(), ResponseHead(answer), None, 0, attempt.ended)

    def release(self, connection: Connection, idle_limit: int) -> None:
        pass


class Reply:
    def __init__(self, *, has_begun: bool = False) -> None:
        self.has_begun = has_begun
        self.watched: list[object] = []
        self.interim: list[int] = []

    def send_interim(self, head: ResponseHead) -> None:
        self.interim.append(head.status)

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        self.watched.append(act)


class ForwardCase:
    """A forwarder for one cluster, and one exchange to forward."""

    def __init__(
        self,
        upstream: FakeUpstream,
        *,
        is_compatible: bool = False,
        handlers: tuple[Callable[[Exchange], object], ...] = (),
        **settings: object,
    ) -> None:
        registry = Registry()
        settings.setdefault("sub_clusters", SUB_CLUSTERS)
        self.cluster = Cluster("web", **settings)
        self.balancer = Balancer(self.cluster, LiveBackends(), is_compatible=is_compatible)
        named = {Phase.FORWARD: tuple(("test", one) for one in handlers)}
        self.chain = Chain(named, registry.family(ChainCounters))
        self.upstream = upstream
        self.backends = registry.family(BackendCounters)
        self.down: list[tuple[str, str]] = []
        self.reply = Reply()
        self.exchange = make_exchange()
        self.body = BytesBody()
        self.forwarder = Forwarder(
            upstream,
            upstream.clock,
            ExchangeStatistics(registry),
            self.backends,
            self.found_down,
            is_compatible=is_compatible,
        )

    def found_down(self, cluster: Cluster, choice: Choice) -> None:
        self.down.append((cluster.name, choice.state.address))

    def forward(self) -> Outcome:
        return run_plain(
            self.forwarder.forward(self.chain, self.balancer, self.exchange, self.body, self.reply)
        )

    def fault(self) -> Fault:
        with pytest.raises(Fault) as caught:
            self.forward()
        assert self.in_flight == 0
        return caught.value

    @property
    def in_flight(self) -> int:
        return sum(one.in_flight for sub in self.balancer.sub_clusters for one in sub.states)
