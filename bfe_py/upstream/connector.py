"""Connector: dials a backend before a deadline."""

import asyncio
import errno
import logging
import ssl
from collections.abc import Callable
from typing import Any, TypeVar, cast

from bfe_py.balance import Reach, UpstreamTls
from bfe_py.model import Fault, Kind
from bfe_py.tls import upstream_tls
from bfe_py.upstream.counters import UpstreamCounters

_log = logging.getLogger("bfe.upstream")

_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What is wrong here and not with the backend."""
_TOLD_SECONDS = 60.0
"""For so long it is not said again."""

P = TypeVar("P", bound=asyncio.Protocol)


def find_refusal(reach: Reach, transport: asyncio.BaseTransport) -> str | None:
    """Why a tenant's backend may not be where `transport` leads, None if it may."""
    peer = transport.get_extra_info("peername")
    return reach.find_refusal(peer[0], peer[1]) if isinstance(peer, tuple) else None


def _refuse(reach: Reach | None, transport: asyncio.Transport, name: str) -> None:
    """Give up a connection to `name` that leads where a tenant's backend may not be.

    Raises:
        Fault: it does.
    """
    refusal = None if reach is None else find_refusal(reach, transport)
    if refusal is not None:
        transport.abort()
        raise Fault(Kind.CONNECT, f"{name} {refusal}")


class Connector:
    """Makes connections; keeps one TLS context for each way of verifying."""

    __slots__ = ("_counters", "_loop", "_short_told", "_tls")

    def __init__(self, loop: asyncio.AbstractEventLoop, counters: UpstreamCounters) -> None:
        self._loop = loop
        self._counters = counters
        self._short_told = -_TOLD_SECONDS
        self._tls: dict[UpstreamTls, ssl.SSLContext] = {}

    async def connect(  # noqa: PLR0913 - all in which one connection differs from another
        self,
        make: Callable[[], P],
        host: str,
        port: int,
        seconds: float,
        tls: UpstreamTls | None = None,
        reach: Reach | None = None,
        preamble: bytes = b"",
    ) -> P:
        """A protocol on a new connection; TCP and TLS handshake together take `seconds` at most.

        `preamble` is sent in clear before anything else.

        Raises:
            Fault: CONNECT or CONNECT_TIMEOUT; CONNECT also where `reach` refuses the address that a
                name has led to. CONNECT_LIMIT where it is this process that cannot have one more.
        """
        self._counters.connects += 1
        host = host.strip("[]")  # IPv6 addresses stand in brackets in configurations
        try:
            async with asyncio.timeout(seconds):
                if tls is None:
                    transport, protocol = await self._loop.create_connection(make, host, port)
                else:
                    protocol = make()
                    transport = await self._connect_tls(protocol, host, port, tls, preamble, reach)
                    # While reading is paused, what is not taken apart yet has to stay in the
                    # socket: the end of the connection would overtake it, and it would be lost.
                    cast("Any", transport).set_read_buffer_limits(high=1, low=0)
        except TimeoutError as error:
            raise Fault(Kind.CONNECT_TIMEOUT, f"{host}:{port} timed out") from error
        except (OSError, ValueError) as error:  # a name that cannot be one is a ValueError
            raise self._judge(error, f"{host}:{port}") from error
        _refuse(reach, transport, f"{host}:{port}")
        if preamble and tls is None:
            transport.write(preamble)
        self._counters.connected += 1
        return protocol

    def _judge(self, error: OSError | ValueError, where: str) -> Fault:
        """What a failure to connect is called."""
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
        is_ours = getattr(error, "errno", None) in _SHORTAGES
        if is_ours:
            self._note_shortage(reason)
        kind = Kind.CONNECT_LIMIT if is_ours else Kind.CONNECT
        return Fault(kind, f"{where} {reason or type(error).__name__}")

    def _note_shortage(self, reason: str | None) -> None:
        self._counters.shortages += 1
        now = self._loop.time()
        if now - self._short_told >= _TOLD_SECONDS:
            self._short_told = now
            _log.error("no connection to backends can be made error=%s", reason)

    async def _connect_tls(
        self,
        protocol: P,
        host: str,
        port: int,
        tls: UpstreamTls,
        preamble: bytes,
        reach: Reach | None,
    ) -> asyncio.Transport:
        name = tls.server_name or host
        if not preamble:
            transport, _ = await self._loop.create_connection(
                lambda: protocol, host, port, ssl=self._context(tls), server_hostname=name
            )
            return transport
        clear, _ = await self._loop.create_connection(asyncio.Protocol, host, port)
        try:
            _refuse(reach, clear, f"{host}:{port}")
            clear.write(preamble)
            started = await self._loop.start_tls(
                clear, protocol, self._context(tls), server_hostname=name
            )
        except BaseException:
            clear.abort()
            raise
        transport = cast("asyncio.Transport", started)
        protocol.connection_made(transport)  # `start_tls` leaves that to its caller
        return transport

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
