"""Phase: the nine points at which modules take part."""

from enum import Enum


class Phase(Enum):
    """A point on the way of a connection or an exchange; the value is BFE's name for it."""

    ACCEPT = "HandleAccept"
    """A connection was accepted, its PROXY header read; before TLS. Sees the session."""
    HANDSHAKE = "HandleHandshake"
    """The TLS handshake is done. Sees the session."""
    REQUEST = "HandleBeforeLocation"
    """A request head is there; no tenant yet."""
    TENANT = "HandleFoundProduct"
    """The tenant is known."""
    ROUTE = "HandleAfterLocation"
    """The cluster is known."""
    FORWARD = "HandleForward"
    """Before every attempt; the backend is chosen and may be replaced."""
    RESPONSE = "HandleReadResponse"
    """A response head is there, from a backend or from here; its body is not yet sent."""
    FINISH = "HandleRequestFinish"
    """The response is sent, or the exchange failed."""
    CLOSE = "HandleFinish"
    """The connection ended. Sees the session."""

    __hash__ = object.__hash__  # an enumeration's own is in Python, and asked several times each


SESSION_PHASES = frozenset({Phase.ACCEPT, Phase.HANDSHAKE, Phase.CLOSE})
"""Phases whose handlers get the session; all others get the exchange."""

AWAITABLE_PHASES = frozenset(
    {Phase.REQUEST, Phase.TENANT, Phase.ROUTE, Phase.FORWARD, Phase.RESPONSE}
)
"""Phases in which a handler may return an awaitable."""
