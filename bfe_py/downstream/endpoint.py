"""Endpoint: what all connections of a listener share."""

import logging
import time
from collections.abc import Callable, Collection, Coroutine
from typing import Any, Protocol

from bfe_py.downstream.cooling import Cooling, Warm
from bfe_py.downstream.counters import ClientCounters, RefusalCounters
from bfe_py.downstream.terms import Terms
from bfe_py.downstream.wire import DateStamp
from bfe_py.model import Body, Fault, Kind, Reply, RequestHead, Session
from bfe_py.observe import Registry
from bfe_py.protocol import KnownLines
from bfe_py.shares import Shares
from bfe_py.transport import Turn

_log = logging.getLogger("bfe.downstream")

Serve = Callable[[Session, RequestHead, Body, Reply], Coroutine[Any, Any, None]]
"""Answers one request. Whatever happens, `reply` is ended or aborted when it returns."""


class Served(Protocol):
    """A request that is being answered."""

    is_done: bool
    """It is answered, or given up."""

    def throw(self, error: Exception) -> None:
        """End it by `error`, wherever it waits."""


ServePlain = Callable[[Session, RequestHead, Reply, Callable[[BaseException | None], None]], Served]
"""Answers a request that is plain, at once as far as it can be, and tells when it is over."""


class SessionPhases(Protocol):
    """What takes part in a connection's life; True: refused, close it."""

    def accept(self, session: Session) -> bool:
        """A connection was accepted."""

    def handshake(self, session: Session) -> bool:
        """Its TLS handshake is done."""

    def close(self, session: Session) -> None:
        """It ended."""


class Unattended:
    """Session phases of a listener without modules."""

    def accept(self, session: Session) -> bool:  # noqa: ARG002 - the protocol's signature
        """Nobody refuses."""
        return False

    def handshake(self, session: Session) -> bool:  # noqa: ARG002
        """Nobody refuses."""
        return False

    def close(self, session: Session) -> None:
        """Nobody asks."""


_COUNTED = {
    Kind.TARGET_TOO_LONG: "target_too_long",
    Kind.HEADER_TOO_LARGE: "header_too_large",
    Kind.EXPECT_EMPTY: "expect_empty",
    Kind.EXPECT_UNKNOWN: "expect_unknown",
    Kind.CLIENT_CLOSED: "closed",
    Kind.CLIENT_RESET: "resets",
    Kind.HEADER_TIMEOUT: "timeouts",
    Kind.BODY_TIMEOUT: "timeouts",
}


class Endpoint:
    """Shared state of a listener's connections: terms, counters, who serves, whether it drains."""

    __slots__ = (
        "_address_limit",
        "_by_address",
        "_full_at",
        "_limit",
        "_refused",
        "_sessions",
        "connections",
        "cooling",
        "counters",
        "date",
        "is_draining",
        "known_lines",
        "most_requests",
        "phases",
        "refusals",
        "serve",
        "serve_plain",
        "terms",
        "turn",
    )

    def __init__(  # noqa: PLR0913 - the composition root names them all
        self,
        serve: Serve,
        registry: Registry,
        terms: Terms,
        phases: SessionPhases | None = None,
        serve_plain: ServePlain | None = None,
        turn: Turn | None = None,
        shares: Shares | None = None,
    ) -> None:
        self.serve = serve
        self.serve_plain = serve_plain
        self.turn = turn
        self.cooling: Cooling | None = None
        """Has connections that are idle let go of what they know by heart."""
        self.terms = terms
        self.phases: SessionPhases = phases or Unattended()
        self.counters = registry.counters(ClientCounters)
        self.refusals = registry.family(RefusalCounters)
        self.connections: set[Drainable] = set()
        self._by_address: dict[int, int] = {}
        self._sessions = 0
        self._full_at = 0
        """How many were open when one was refused, until there are clearly fewer."""
        self._refused = 0
        """How many were refused since."""
        shares = shares or Shares()
        self._limit = shares.limit("connections", lambda _: self._sessions)
        self._address_limit = shares.numbered(
            "address", lambda address: self._by_address.get(address, 0)
        )
        self.date = DateStamp()
        keeps = terms.dialect.forwards_underscores
        self.known_lines = KnownLines(forwards_underscores=keeps)
        self.is_draining = False
        self.most_requests = terms.requests if terms.keeps_alive else 0
        """On one connection, which then ends."""

    def count_fault(self, fault: Fault) -> None:
        """Count what a client did wrong, under BFE's name and by its kind."""
        name = _COUNTED.get(fault.kind, "bad_requests")
        setattr(self.counters, name, getattr(self.counters, name) + 1)
        if fault.kind.value.status:
            self.refusals[
                (fault.detail.partition(" ")[0] or fault.kind.value.reason,)
            ].requests += 1

    def session_ended(self, session: Session, fault: Fault | None) -> None:
        """A session that was accepted is over; `fault`: how the client ended it, None: we did."""
        self._leave(session)
        session.ended = time.time()
        if fault is not None and not session.fault_code:
            session.fault_code, session.fault_detail = fault.code, fault.detail
            self.count_fault(fault)
        self.counters.bytes_read += session.bytes_read
        self.counters.bytes_written += session.bytes_written
        for act in session.at_end:
            act()
        session.at_end.clear()  # what they hold may hold the session
        self.phases.close(session)

    def accepts(self, session: Session) -> bool:
        """Whether a new connection may stay: limits, then modules; counts and ends it if not.

        One that may stay ends with `session_ended`, also if it never gets as far as `opened`.
        """
        if not self.has_room():
            return False
        address = session.peer.value
        known = self._by_address.get(address, 0)
        # A peer without an address is behind a Unix socket: they would all be one.
        most = self.terms.address_connections
        if address and not self._address_limit.admits(address, known, most):
            self.counters.over_address_limit += 1
            return False
        self._sessions += 1
        self._by_address[address] = known + 1
        if self.phases.accept(session):
            self.session_ended(session, None)
            return False
        return True

    def has_room(self, unknown: int = 0) -> bool:
        """Whether one more connection may stay beside `unknown` ones with no session; counts."""
        open_ones, terms = self._sessions + unknown, self.terms
        if open_ones < terms.connections:
            if self._limit.admits("", open_ones, terms.all_connections):
                return True
            self.counters.over_all_limit += 1
            self._refuse(open_ones, "all")
        else:
            self.counters.over_limit += 1
            self._refuse(open_ones, "worker")
        return False

    def _refuse(self, open_ones: int, limit: str) -> None:
        self._refused += 1
        if not self._full_at:
            self._full_at = max(open_ones, 1)
            _log.warning("connections refused limit=%s open=%d", limit, open_ones)

    def opened(self, connection: "Drainable", *, is_secure: bool) -> None:
        """A connection that was accepted is open."""
        self.connections.add(connection)
        self._count_open(1, is_secure=is_secure)

    def lost(self, connection: "Drainable", *, is_secure: bool) -> None:
        """A connection that was open is gone; its session may live on for a moment."""
        self.connections.discard(connection)
        if self.cooling is not None:
            self.cooling.lose(connection)
        self._count_open(-1, is_secure=is_secure)

    def _leave(self, session: Session) -> None:
        self._sessions -= 1
        if self._full_at and self._sessions * 10 <= self._full_at * 9:
            _log.info("connections accepted again refused=%d", self._refused)
            self._full_at = self._refused = 0
        address = session.peer.value
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def _count_open(self, step: int, *, is_secure: bool) -> None:
        counters = self.counters
        counters.connections_active += step
        if is_secure:
            counters.https_connections_active += step
        else:
            counters.http_connections_active += step
        if step > 0:
            counters.connections += 1
            if is_secure:
                counters.https_connections += 1
            else:
                counters.http_connections += 1

    def drain(self, *, is_patient: bool = False) -> None:
        """Connections end with the exchange at hand, idle ones now.

        `is_patient`: each with the next exchange that can say so. A request may be on its way on
        one that is idle, or follow an answer whose head said nothing of the end.
        """
        self.is_draining = not is_patient
        self.most_requests = 0
        for connection in list(self.connections):
            connection.drain(is_patient=is_patient)

    def cut_sessions(self, sessions: Collection[Session]) -> None:
        """End the connections of these at once: a reload took elsewhere what they wait for."""
        wanted = {id(session) for session in sessions}
        for connection in [one for one in self.connections if id(one.session) in wanted]:
            self.counters.over_reload += 1
            connection.abort()


class Drainable(Warm, Protocol):
    """A connection that can be told to end."""

    session: Session

    @property
    def is_ending(self) -> bool:
        """All is answered; it only waits for the client to take leave."""

    def drain(self, *, is_patient: bool) -> None:
        """End after the exchange at hand, at once without one; `is_patient`: never unannounced."""

    def abort(self) -> None:
        """End now."""
