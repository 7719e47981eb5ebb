"""UpstreamResponse: the answer of a backend, and what has to be let go behind it."""

from typing import Protocol

from bfe_py.balance import Attempts
from bfe_py.model import Body, ResponseHead, TunnelSide
from bfe_py.transport import EagerTask
from bfe_py.upstream.connection import BackendConnection


class Releases(Protocol):
    """Who takes a connection back."""

    def release(self, connection: BackendConnection, idle_limit: int) -> None:
        """An attempt is over."""


class UpstreamResponse:
    """The answer to one attempt. `finish` must be called, however the exchange ends."""

    __slots__ = (
        "_client",
        "_connection",
        "_idle_limit",
        "_pump",
        "attempts",
        "body",
        "head",
        "received",
    )

    def __init__(
        self,
        client: Releases,
        connection: BackendConnection,
        head: ResponseHead,
        pump: EagerTask | None,
        idle_limit: int,
        received: float,
    ) -> None:
        assert connection.body is not None
        self._client = client
        self._connection = connection
        self._pump = pump
        self._idle_limit = idle_limit
        self.attempts: Attempts | None = None
        """Of these it was the last one; they end with the response."""
        self.head = head
        self.received = received
        """When the head was there; monotonic seconds."""
        self.body: Body = connection.body

    def switch(self) -> TunnelSide:
        """The connection, which speaks another protocol behind the 101 that `head` is.

        Raises:
            Fault: it is gone.
        """
        return self._connection.switch()

    def finish(self) -> None:
        """The exchange is over: keep the connection if both messages are whole, close it if not."""
        if self.attempts is not None:
            self.attempts.finish()
        self._client.release(self._connection, self._idle_limit)
        if self._pump is not None:
            self._pump.cancel()
