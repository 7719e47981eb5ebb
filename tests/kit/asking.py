"""A forwarder whose first attempt is asked over a connection that the test keeps, or does not."""

from bfe_py.balance import Cluster
from bfe_py.model import Attempt, ResponseHead
from bfe_py.upstream import Begun, Outcome
from tests.kit.forwarding import FakeUpstream, ForwardCase
from tests.kit.transports import run_plain


class AskedConnection:
    """A kept connection; `taken` is what was answered at once."""

    taken: tuple[ResponseHead, bytes] | None = None


class AskedUpstream(FakeUpstream):
    """Has one kept connection; `receive` answers what was asked over it, as `send` does.

    `refusal`: what asking raises.
    """

    def __init__(self, *answers: object, has_kept: bool = True, **settings: bool) -> None:
        super().__init__(*answers, **settings)
        self.kept = AskedConnection() if has_kept else None
        self.refusal: BaseException | None = None
        self.asked: list[tuple[object, ...]] = []
        self.freed: list[tuple[object, int]] = []
        self.received: list[object] = []
        self.left: list[object] = []

    def key(self, cluster: Cluster, host: str, port: int, way=None):
        return cluster.name, host, port, 0

    def ask(self, key, attempt: Attempt, request, seconds, by) -> AskedConnection | None:
        self.asked.append((key, request, seconds, by))
        if self.refusal is not None:
            raise self.refusal
        kept, self.kept = self.kept, None
        attempt.is_reused = kept is not None
        return kept

    def answered(self, connection: AskedConnection, idle_limit: int) -> None:
        self.freed.append((connection, idle_limit))

    async def receive(self, connection, cluster, attempt: Attempt, head, watcher, pump=None):
        self.received.append(connection)
        is_reused, self.is_reused = self.is_reused, True
        try:
            return await self.send(cluster, attempt, head, None, watcher)
        finally:
            self.is_reused = is_reused

    def client_left(self, connection: object) -> None:
        self.left.append(connection)


class Asker:
    """Waits for an attempt without being a coroutine."""

    def step(self) -> None:
        raise AssertionError("the connection is a fake")

    def send_interim(self, head: ResponseHead) -> None:
        raise AssertionError("the connection is a fake")

    def client_left(self) -> None:
        """The client is gone."""


class AskCase(ForwardCase):
    """One exchange whose first attempt is asked."""

    upstream: AskedUpstream

    def __init__(self, upstream: AskedUpstream, **settings: object) -> None:
        super().__init__(upstream, **settings)
        self.asker = Asker()

    def start(self) -> Begun | None:
        return self.forwarder.start(self.balancer, self.exchange, self.reply, self.asker)

    def started(self) -> Begun:
        begun = self.start()
        assert begun is not None
        return begun

    def answered(self, begun: Begun) -> tuple[ResponseHead, bytes] | None:
        return self.forwarder.answered(self.balancer, self.exchange, begun)

    def go_on(self, begun: Begun | None) -> Outcome:
        return run_plain(
            self.forwarder.forward(
                self.chain, self.balancer, self.exchange, self.body, self.reply, begun
            )
        )

    def counted(self, port_of: str = "10.0.0.1:80") -> tuple[int, int, int]:
        """Attempts, failures and downs of one backend."""
        counters = self.backends["web", port_of]
        return counters.attempts, counters.failures, counters.downs
