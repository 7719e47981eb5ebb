"""What follows a 101: client and backend become one tunnel."""

from bfe_py.model import Exchange, Reply
from bfe_py.observe import TunnelCounters
from bfe_py.transport import Tunnel
from bfe_py.upstream import UpstreamResponse


class OpenTunnel:
    """A tunnel, and the response that began it.

    Raises:
        Fault: backend or client are gone; nothing is sent yet if it is the backend.
    """

    __slots__ = ("_response", "_tunnel")

    def __init__(
        self,
        exchange: Exchange,
        response: UpstreamResponse,
        reply: Reply,
        seconds: float,
        counters: TunnelCounters,
    ) -> None:
        assert exchange.response is not None
        backend = response.switch()
        client = reply.switch(exchange.response)
        self._response = response
        self._tunnel = Tunnel(client, backend, seconds, counters)

    async def carry(self, exchange: Exchange) -> None:
        """Carry bytes until both connections are gone; `exchange` then has their numbers."""
        tunnel = self._tunnel
        try:
            await tunnel.run()
        finally:
            exchange.body_bytes = tunnel.received
            exchange.response_body_bytes = exchange.response_bytes = tunnel.sent
            self._response.finish()
