"""Session: what is known of one client connection."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bfe_py.model.address import Address

NO_HOST = (b"", "", "80")
NO_TENANT = (None, "", None)


@dataclass(slots=True)
class TlsFacts:
    """What the TLS handshake settled."""

    server_name: str | None
    version: str
    cipher: str
    is_resumed: bool
    alpn: str | None = None
    is_client_authenticated: bool = False
    client_authority: str | None = None
    client_certificate: bytes | None = None


@dataclass(slots=True, eq=False)
class Session:
    """One client connection: who, to which address, over what.

    `peer` is the source of a PROXY header if one came, otherwise the socket's peer, which
    `balancer` then names; `vip` the destination of that header. Times are wall-clock seconds.
    """

    peer: Address
    local: Address
    started: float
    listener: str = "http"
    balancer: Address | None = None
    vip: Address | None = None
    tls: TlsFacts | None = None
    session_id: str = ""
    is_trusted: bool = False
    requests: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    used_continue: bool = False
    idle_seconds: float | None = None
    """Time to wait for the next request, as the cluster used last says; None: as configured."""
    read_seconds: float | None = None
    """Time without a byte of a body that is due, as that cluster says."""
    write_seconds: float | None = None
    """Time without a byte of a response being taken, as that cluster says."""
    granted_by: object = None
    """What says the three."""
    known_host: tuple[bytes, str, str] = NO_HOST
    """Host of the last request, and what it is without its port, and the port."""
    known_tenant: tuple[object, str, Any] = NO_TENANT
    """Of which configuration the host was which tenant's."""
    fault_code: str = ""
    fault_detail: str = ""
    ended: float = 0.0
    notes: dict[str, object] = field(default_factory=dict)
    """What modules keep for the connection, by module name."""
    cached: dict[str, object] = field(default_factory=dict)
    """As `notes`, of what can be worked out again."""
    at_end: list[Callable[[], None]] = field(default_factory=list)
    """What is called when it has ended."""

    def forget(self) -> None:
        """Let go of what can be worked out again."""
        self.known_host = NO_HOST
        self.known_tenant = NO_TENANT
        self.cached = {}

    @property
    def is_secure(self) -> bool:
        """The connection is TLS."""
        return self.tls is not None
