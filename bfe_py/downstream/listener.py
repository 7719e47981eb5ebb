"""Listener: accepts clients, reads their PROXY header, sees them through the TLS handshake."""

import asyncio
import logging
import socket
import ssl
import time
from dataclasses import dataclass
from typing import cast

from bfe_py.downstream.connection import ClientConnection
from bfe_py.downstream.counters import ProxyHeaderCounters, TlsCounters
from bfe_py.downstream.endpoint import Endpoint
from bfe_py.downstream.preamble import PreambleError, read_proxy_header
from bfe_py.downstream.sessions import open_session, socket_address
from bfe_py.model import Address, IpRange, Session
from bfe_py.observe import Registry

_log = logging.getLogger("bfe.downstream")

_ACCEPTS_A_TURN = 64
_PAUSE_AFTER_ERROR = 0.1
BACKLOG = 4096


@dataclass(frozen=True, slots=True)
class ProxyPolicy:
    """Whose PROXY headers count.

    `trusted` None: everybody's, as BFE has it. `limit` is the most bytes a header may have.
    """

    trusted: tuple[IpRange, ...] | None
    limit: int = 2048
    seconds: float = 60.0

    def trusts(self, peer: Address) -> bool:
        """Whether a header from `peer` counts."""
        if self.trusted is None:
            return True
        return any(peer in known for known in self.trusted)


class Listener:
    """One listening socket of this process.

    In clear and without PROXY headers the event loop accepts; otherwise we do, because bytes must
    be looked at before TLS or HTTP gets them.
    """

    __slots__ = (
        "_arrivals",
        "_awaited",
        "_endpoint",
        "_headers",
        "_is_stopped",
        "_loop",
        "_name",
        "_proxy",
        "_retry",
        "_server",
        "_socket",
        "_tls",
        "_tls_counters",
    )

    def __init__(  # noqa: PLR0913 - the composition root names them all
        self,
        loop: asyncio.AbstractEventLoop,
        listening: socket.socket,
        endpoint: Endpoint,
        registry: Registry,
        *,
        name: str,
        tls: ssl.SSLContext | None = None,
        proxy: ProxyPolicy | None = None,
    ) -> None:
        self._loop = loop
        self._socket = listening
        self._endpoint = endpoint
        self._name = name
        self._tls = tls
        self._proxy = proxy
        self._headers = registry.counters(ProxyHeaderCounters)
        self._tls_counters = registry.counters(TlsCounters)
        self._arrivals: set[asyncio.Task[None]] = set()
        self._awaited: set[asyncio.Task[None]] = set()
        """Of the arrivals those that have not yet said who they are."""
        self._server: asyncio.Server | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._is_stopped = False

    async def start(self) -> None:
        """Accept from now on."""
        self._socket.setblocking(False)
        if self._tls is None and self._proxy is None:
            self._server = await self._loop.create_server(
                lambda: ClientConnection(self._loop, self._endpoint, self._admit),
                sock=self._socket,
                backlog=BACKLOG,
            )
            return
        self._socket.listen(BACKLOG)
        self._loop.add_reader(self._socket, self._accept)

    @property
    def is_arriving(self) -> bool:
        """A client that was accepted is not yet a connection of the endpoint."""
        return bool(self._arrivals)

    def stop(self, *, is_patient: bool = False) -> None:
        """Accept no more; connections that are there live on.

        Clients that have not yet said who they are have to leave, unless `is_patient`.
        """
        if self._server is not None:
            self._server.close()
            return
        if not self._is_stopped:
            self._is_stopped = True
            if self._retry is not None:
                self._retry.cancel()
            self._loop.remove_reader(self._socket)
            self._socket.close()
        if not is_patient:
            for arrival in self._awaited:
                arrival.cancel()

    def _accept(self) -> None:
        for _ in range(_ACCEPTS_A_TURN):
            try:
                accepted, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._accept_failed(error)
                return
            if not self._endpoint.has_room(len(self._awaited)):
                accepted.close()
                continue
            accepted.setblocking(False)
            arrival = self._loop.create_task(self._arrive(accepted))
            self._arrivals.add(arrival)
            self._awaited.add(arrival)
            arrival.add_done_callback(self._arrivals.discard)
            arrival.add_done_callback(self._awaited.discard)

    def _accept_failed(self, error: OSError) -> None:
        """Out of descriptors, say: leave the socket alone for a moment, or the loop would spin."""
        self._endpoint.counters.accept_errors += 1
        _log.warning("accept failed listener=%s error=%s", self._name, error)
        self._loop.remove_reader(self._socket)
        self._retry = self._loop.call_later(
            _PAUSE_AFTER_ERROR, self._loop.add_reader, self._socket, self._accept
        )

    async def _arrive(self, accepted: socket.socket) -> None:
        """PROXY header, ACCEPT, TLS handshake; from then on the connection is on its own."""
        try:
            session = await self._open_session(accepted)
            self._awaited.discard(cast("asyncio.Task[None]", asyncio.current_task()))
            if not self._endpoint.accepts(session):
                accepted.close()
            else:
                await self._connect(accepted, session)
        except (PreambleError, OSError):
            accepted.close()
        except asyncio.CancelledError:
            accepted.close()
            raise

    def _admit(self, transport: asyncio.Transport) -> Session | None:
        """Session of a connection that the event loop accepted; None: it may not stay."""
        session = open_session(transport, self._name)
        return session if self._endpoint.accepts(session) else None

    async def _connect(self, accepted: socket.socket, session: Session) -> None:
        tls = self._tls
        if tls is not None:
            self._tls_counters.handshakes += 1
        try:
            await self._loop.connect_accepted_socket(
                lambda: ClientConnection(self._loop, self._endpoint, lambda _: session),
                accepted,
                ssl=tls,
                ssl_handshake_timeout=self._endpoint.terms.handshake_seconds if tls else None,
            )
        except OSError as error:  # the faults of TLS are among these
            session.fault_code = "CLIENT_TLS_HANDSHAKE"
            session.fault_detail = getattr(error, "reason", None) or type(error).__name__
            self._endpoint.session_ended(session, None)
            raise
        if tls is not None:
            self._count_handshake(session)

    def _count_handshake(self, session: Session) -> None:
        counters = self._tls_counters
        counters.succeeded += 1
        if session.tls is not None and session.tls.is_resumed:
            counters.resumed += 1
        else:
            counters.full += 1

    async def _open_session(self, accepted: socket.socket) -> Session:
        peer = socket_address(accepted.getpeername())
        session = Session(
            peer=peer,
            local=socket_address(accepted.getsockname()),
            started=time.time(),
            listener=self._name,
        )
        proxy = self._proxy
        if proxy is None:
            return session
        if not proxy.trusts(peer):
            self._headers.untrusted += 1
            return session
        header = await read_proxy_header(
            self._loop, accepted, proxy.limit, proxy.seconds, self._headers
        )
        if header is not None and header.source is not None:
            session.balancer, session.peer = peer, header.source
            session.vip = header.destination
        return session
