"""Terms: what clients are granted."""

from dataclasses import dataclass, field

from bfe_py.protocol import Dialect, Limits
from bfe_py.transport import LeastRate


@dataclass(frozen=True, slots=True)
class Terms:
    """What clients are granted; times in seconds."""

    limits: Limits = field(default_factory=Limits)
    dialect: Dialect = field(default_factory=Dialect)
    is_compatible: bool = False
    """Statuses of errors as BFE gives them."""
    hides_timeouts: bool = False
    """A client that is late gets no 408, its connection just ends."""
    follows_bfe: bool = False
    """Refusals are status lines without fields, and trailers of requests are dropped."""
    keeps_alive: bool = True
    header_seconds: float = 60.0
    """For the first request, and for each head once it has begun."""
    idle_seconds: float = 60.0
    body_seconds: float = 30.0
    """Without a byte of a body that is due, until a cluster has said otherwise."""
    write_seconds: float = 60.0
    """Without the client taking a byte of the response, until a cluster has said otherwise."""
    least_rate: LeastRate = field(default_factory=LeastRate)
    """Of a body that is due, and of a response that waits to be taken."""
    exchange_seconds: float = 0.0
    """For one exchange altogether; 0: no limit."""
    handshake_seconds: float = 30.0
    requests: int = 10_000
    """On one connection."""
    connections: int = 1 << 31
    """Of this process."""
    all_connections: int = 1 << 31
    """Of all processes that share the limit."""
    address_connections: int = 1 << 31
    """Of one client address, in all of them."""
