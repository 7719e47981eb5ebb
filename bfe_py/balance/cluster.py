"""Cluster: where the exchanges of a route go, and how; compiled configuration."""

from dataclasses import dataclass, field
from enum import Enum


class HashSource(Enum):
    """What of an exchange chooses its sub-cluster (BFE's HashStrategy)."""

    CLIENT_ID = 0
    CLIENT_ADDRESS = 1
    CLIENT_ID_OR_ADDRESS = 2
    TARGET = 3


@dataclass(frozen=True, slots=True)
class Affinity:
    """Hash key of an exchange.

    `header` or else `cookie` names the client's id; `is_sticky`: backends are chosen by the hash
    too.
    """

    source: HashSource = HashSource.CLIENT_ADDRESS
    header: str = ""
    cookie: str = ""
    is_sticky: bool = False


@dataclass(frozen=True, slots=True)
class Backend:
    """One address that serves a cluster. `weight` is as configured; 0 or less takes no traffic."""

    name: str
    host: str
    port: int
    weight: int

    @property
    def address(self) -> str:
        """``host:port``: the identity of a backend inside its sub-cluster."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SubCluster:
    """Backends in one place, with the share of traffic that goes there."""

    name: str
    weight: int
    backends: tuple[Backend, ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """How a backend that failed is asked whether it is back (BFE's CheckConf). Times in seconds."""

    scheme: str = "http"
    path: str = "/health_check"
    host: str = ""
    uses_backend_host: bool = False
    status: int = 0
    status_range: str = ""
    failures: int = 5
    successes: int = 1
    timeout: float | None = None
    interval: float = 1.0


@dataclass(frozen=True, slots=True)
class Retry:
    """Further tries. `idempotent`: also after a request was sent, for GET without a body."""

    same_cluster: int = 2
    cross_cluster: int = 0
    idempotent: bool = False


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; None: no limit. Those of clients are without a byte, or between two requests."""

    connect: float = 2.0
    response_header: float | None = 60.0
    read_client: float = 30.0
    write_client: float = 60.0
    read_client_again: float = 60.0


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """TLS towards the backends of a cluster; `authorities`, `certificate` and `key` are PEM."""

    server_name: str = ""
    verifies: bool = True
    authorities: tuple[bytes, ...] = ()
    certificate: bytes = b""
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that is configured about one cluster.

    `policy` is WRR, WLC or EPP; `protocol` http, https, h2c, fcgi, ws or tcp. `idle_connections`
    and `connections` are per backend, 0: none kept, no limit. `outlier_statuses` holds the status
    codes that count as failures. `body_limit` is the most bytes that a request body may have, 0 for
    no limit. `flush_interval` is seconds; below 0: flush at once. `is_confined`: a tenant named its
    backends, which are only where `Reach` allows. `proxy_version` is that of the PROXY header with
    which connections begin, 0: without.
    """

    name: str
    sub_clusters: tuple[SubCluster, ...] = ()
    has_balance: bool = True
    policy: str = "WRR"
    protocol: str = "http"
    affinity: Affinity = field(default_factory=Affinity)
    retry: Retry = field(default_factory=Retry)
    timeouts: Timeouts = field(default_factory=Timeouts)
    probe: Probe = field(default_factory=Probe)
    counts_failures: bool = True
    outlier_statuses: frozenset[int] = frozenset()
    idle_connections: int = 2
    connections: int = 0
    slow_start: float = 0.0
    body_limit: int = 0
    replaces_host: bool = False
    cancels_on_close: bool = False
    flush_interval: float = -0.001
    tls: UpstreamTls | None = None
    is_confined: bool = False
    proxy_version: int = 0
