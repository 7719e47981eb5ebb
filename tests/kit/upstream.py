"""An upstream whose connections are fakes."""

import asyncio
from collections.abc import Callable

import pytest

from bfe_py.balance import Cluster, Timeouts
from bfe_py.model import Attempt, BytesBody, Fault, RequestHead, ResponseHead
from bfe_py.protocol import H1Client
from bfe_py.upstream import Upstream, UpstreamCounters, UpstreamResponse
from tests.kit.backend_connection import GET, OK
from tests.kit.transports import FakeTransport, settle

CLUSTER = Cluster("web", timeouts=Timeouts(connect=1.0, response_header=5.0))


class Client:
    """Where answers go; can leave."""

    def __init__(self) -> None:
        self.interim: list[int] = []
        self.leave: Callable[[], None] | None = None

    def send_interim(self, head: ResponseHead) -> None:
        self.interim.append(head.status)

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        self.leave = act


class UpstreamCase:
    """An upstream whose connections are fakes; `refusal` is what dialling raises."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.loop.create_connection = self._create
        self.counters = UpstreamCounters()
        self.upstream = Upstream(self.loop, H1Client, self.counters)
        self.transports: list[FakeTransport] = []
        self.refusal: Exception | None = None
        self.is_made_late = False
        self.names: list[object] = []

    async def _create(self, make, host, port, ssl=None, server_hostname=None):
        self.names.append(server_hostname)
        if self.refusal is not None and not self.is_made_late:
            raise self.refusal
        protocol = make()
        self.transports.append(FakeTransport(protocol))
        if self.refusal is not None:
            raise self.refusal
        return self.transports[-1], protocol

    @property
    def transport(self) -> FakeTransport:
        return self.transports[-1]

    def attempt(self, port: int = 80) -> Attempt:
        return Attempt("web", "sub", "b", "10.0.0.1", port)

    def sending(
        self, head: RequestHead = GET, body=None, cluster: Cluster = CLUSTER, watcher=None
    ) -> "asyncio.Task[UpstreamResponse]":
        body = BytesBody() if body is None else body
        return self.loop.create_task(
            self.upstream.send(cluster, self.attempt(), head, body, watcher)
        )

    async def answered(self, answer: bytes = OK, **sent: object) -> UpstreamResponse:
        sending = self.sending(**sent)
        await settle()
        self.transport.protocol.data_received(answer)
        return await sending

    async def exchange(self, cluster: Cluster = CLUSTER, answer: bytes = OK) -> None:
        response = await self.answered(answer, cluster=cluster)
        while await response.body.read():
            pass
        response.finish()

    async def fault(self, sending: "asyncio.Task[UpstreamResponse]") -> Fault:
        with pytest.raises(Fault) as caught:
            await sending
        return caught.value
