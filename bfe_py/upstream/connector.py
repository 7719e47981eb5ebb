"""Connector: dials a backend before a deadline."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, TypeVar, cast

from bfe_py.balance import UpstreamTls
from bfe_py.model import Fault, Kind
from bfe_py.tls import upstream_tls
from bfe_py.upstream.counters import UpstreamCounters

P = TypeVar("P", bound=asyncio.Protocol)


class Connector:
    """Makes connections; keeps one TLS context for each way of verifying."""

    __slots__ = ("_counters", "_loop", "_tls")

    def __init__(self, loop: asyncio.AbstractEventLoop, counters: UpstreamCounters) -> None:
        self._loop = loop
        self._counters = counters
        self._tls: dict[UpstreamTls, ssl.SSLContext] = {}

    async def connect(
        self,
        make: Callable[[], P],
        host: str,
        port: int,
        seconds: float,
        tls: UpstreamTls | None = None,
    ) -> P:
        """A protocol on a new connection; TCP and TLS handshake together take `seconds` at most.

        Raises:
            Fault: CONNECT or CONNECT_TIMEOUT.
        """
        self._counters.connects += 1
        host = host.strip("[]")  # IPv6 addresses stand in brackets in configurations
        try:
            async with asyncio.timeout(seconds):
                if tls is None:
                    _, protocol = await self._loop.create_connection(make, host, port)
                else:
                    transport, protocol = await self._loop.create_connection(
                        make,
                        host,
                        port,
                        ssl=self._context(tls),
                        server_hostname=tls.server_name or host,
                    )
                    # While reading is paused, what is not taken apart yet has to stay in the
                    # socket: the end of the connection would overtake it, and it would be lost.
                    cast("Any", transport).set_read_buffer_limits(high=1, low=0)
        except TimeoutError as error:
            raise Fault(Kind.CONNECT_TIMEOUT, f"{host}:{port} timed out") from error
        except (OSError, ValueError) as error:  # a name that cannot be one is a ValueError
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
            raise Fault(Kind.CONNECT, f"{host}:{port} {reason or type(error).__name__}") from error
        self._counters.connected += 1
        return protocol

    def _context(self, tls: UpstreamTls) -> ssl.SSLContext:
        context = self._tls.get(tls)
        if context is None:
            context = self._tls[tls] = upstream_tls(
                verifies=tls.verifies,
                authorities=tls.authorities,
                certificate=tls.certificate,
                key=tls.key,
            )
        return context

    def forget_tls(self) -> None:
        """Make contexts anew from now on: those of clusters that are gone need not stay."""
        self._tls.clear()
