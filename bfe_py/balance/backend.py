"""BackendState: what is known of one backend right now."""

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class BackendState:
    """Live state of one backend; its identity is (cluster, sub-cluster, address).

    `configured` and `weight` are 100 times the configured weight; `weight` is what policies use,
    lower than `configured` while the backend starts slowly, and 0 or less for none at all.
    `current` belongs to weighted round robin. Times are monotonic seconds.
    """

    cluster: str
    sub_cluster: str
    address: str
    """``host:port``."""
    host: str
    port: int
    name: str
    configured: int
    weight: int
    current: int
    in_flight: int = 0
    """Exchanges and tunnels that use it now."""

    is_up: bool = True
    """It may be chosen: healthy and not disabled. Only `health` changes it."""
    is_healthy: bool = True
    is_disabled: bool = False
    """An operator took it out."""
    failures: int = 0
    """Failures in a row."""
    probe_successes: int = 0
    """Successful probes in a row."""
    down_since: float | None = None

    is_restarted: bool = False
    """It came back or is new, and no pick has looked at that yet (slow start)."""
    restarted_at: float | None = None
    """When it came back; None for a backend that is new: the first pick tells."""
    ramp_from: float | None = None
    """Start of the slow start that it is in."""

    failing: "set[BackendState] | None" = None
    """Where it enters itself when an attempt fails; None: nowhere."""
    total_attempts: int = 0
    total_failures: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """Identity: cluster, sub-cluster, address."""
        return self.cluster, self.sub_cluster, self.address
