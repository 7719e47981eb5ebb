"""Schema of bfe.conf: BFE's sections and keys. It is read once; a change needs a restart.

Keys may be written in any case. Paths that do not begin with ``/`` are relative to the root of the
configuration. Where a default differs from BFE's, the text says so.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, field

Port = Annotated[int, Meta(ge=1, le=65535)]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """`[Server]`: listeners, limits, files and modules."""

    http_port: Port = field(name="HttpPort", default=8080)
    """Port of the plain listener."""
    https_port: Port = field(name="HttpsPort", default=8443)
    """Port of the TLS listener; it is opened unless `[BfePy]` DisableTls is set."""
    http_address: str = field(name="HttpAddr", default="")
    """Address of the plain listener; empty: every address. IPv6 literals stand in brackets."""
    https_address: str = field(name="HttpsAddr", default="")
    """Address of the TLS listener."""
    monitor_address: str = field(name="MonitorAddr", default="")
    """Address of the management listener; empty: 127.0.0.1, with ``--compat bfe`` every address.
    A request must name it in Host, or loopback; with ``--compat bfe`` any name will do."""
    monitor_port: int = field(name="MonitorPort", default=8421)
    """Port of the management listener."""
    is_monitored: bool = field(name="MonitorEnabled", default=True)
    """Whether there is a management listener."""
    max_cpus: Count = field(name="MaxCpus", default=0)
    """Number of workers unless `[BfePy]` Workers says otherwise; 0: one for each CPU."""
    accept_loops: Count = field(name="AcceptNum", default=0)
    """Accepted for compatibility; has no effect."""
    load_balancer: str = field(name="Layer4LoadBalancer", default="")
    """PROXY: listeners take a PROXY header, version 1 or 2. NONE or empty: they do not."""
    proxy_header_bytes: int = field(name="MaxProxyHeaderBytes", default=0)
    """Longest PROXY header; 0: 2048."""
    handshake_timeout: Annotated[int, Meta(ge=1, le=1200)] = field(
        name="TlsHandshakeTimeout", default=10
    )
    """Seconds for a TLS handshake. BFE's default is 30."""
    read_timeout: Positive = field(name="ClientReadTimeout", default=10)
    """Seconds for the first request head of a connection, and for every head once it has begun.
    BFE's default is 60."""
    write_timeout: Positive = field(name="ClientWriteTimeout", default=60)
    """Accepted for compatibility; clusters limit the time to write."""
    is_kept_alive: bool = field(name="KeepAliveEnabled", default=True)
    """Whether connections carry more than one HTTP/1 request."""
    drain_timeout: Annotated[int, Meta(ge=1, le=300)] = field(
        name="GracefulShutdownTimeout", default=10
    )
    """Seconds that open exchanges get at shutdown."""
    header_bytes: Positive = field(name="MaxHeaderBytes", default=65536)
    """Size of a request head in bytes. BFE's default is 1048576."""
    target_bytes: Positive = field(name="MaxHeaderUriBytes", default=8192)
    """Size of a request target in bytes."""
    is_ai_gateway: bool = field(name="EnableAiGateway", default=False)
    """Accepted for compatibility; the model gateway is not built."""
    estimates_tokens: bool = field(name="EstimateToken", default=False)
    """Accepted for compatibility; belongs to the model gateway."""
    accessible_body_bytes: int = field(name="AccessibleBodySize", default=2097152)
    """Bytes of a body that rules may look at; at most 8388608."""
    body_buffer_bytes: Count = field(name="TotalBodyBufferSize", default=0)
    """Bytes that all bodies kept for rules may take together; 0: no limit."""
    host_rule: str = field(name="HostRuleConf", default="server_data_conf/host_rule.data")
    """Hosts of the tenants."""
    vip_rule: str = field(name="VipRuleConf", default="server_data_conf/vip_rule.data")
    """Virtual addresses of the tenants."""
    route_rule: str = field(name="RouteRuleConf", default="server_data_conf/route_rule.data")
    """Routes of the tenants."""
    cluster_conf: str = field(name="ClusterConf", default="server_data_conf/cluster_conf.data")
    """Settings of the clusters."""
    cluster_table: str = field(name="ClusterTableConf", default="cluster_conf/cluster_table.data")
    """Backends of the clusters."""
    gslb: str = field(name="GslbConf", default="cluster_conf/gslb.data")
    """Weights of the sub-clusters."""
    names: str = field(name="NameConf", default="server_data_conf/name_conf.data")
    """Names of services that modules use; ``""``: there are none."""
    modules: tuple[str, ...] = field(name="Modules", default=())
    """Modules to run, one on each line; their order here does not matter."""
    monitor_interval: int = field(name="MonitorInterval", default=20)
    """Accepted for compatibility (20, 30 or 60); differences cover 20 seconds."""
    debugs_http: bool = field(name="DebugServHttp", default=False)
    """Accepted for compatibility; has no effect."""
    debugs_routes: bool = field(name="DebugBfeRoute", default=False)
    """Accepted for compatibility; has no effect."""
    debugs_balancing: bool = field(name="DebugBal", default=False)
    """Accepted for compatibility; has no effect."""
    debugs_health: bool = field(name="DebugHealthCheck", default=False)
    """Accepted for compatibility; has no effect."""


class Https(msgspec.Struct, frozen=True, kw_only=True):
    """`[HttpsBasic]`: TLS towards clients."""

    certificates: str = field(name="ServerCertConf", default="tls_conf/server_cert_conf.data")
    """Certificates and keys."""
    rules: str = field(name="TlsRuleConf", default="tls_conf/tls_rule_conf.data")
    """Which certificate and protocols a server name gets."""
    suites: tuple[str, ...] = field(name="CipherSuites", default=())
    """Cipher suites up to TLS 1.2, the preferred first; ``a|b``: the client chooses. Empty: a
    selection of modern ones."""
    curves: tuple[str, ...] = field(name="CurvePreferences", default=())
    """CurveP256, CurveP384, CurveP521 or (not in BFE) X25519. Empty: those of the platform."""
    newest_version: str = field(name="MaxTlsVersion", default="VersionTLS13")
    """Newest version: VersionTLS13 (not in BFE, whose default is VersionTLS12) or one of
    MinTlsVersion's."""
    oldest_version: str = field(name="MinTlsVersion", default="VersionSSL30")
    """Oldest version: VersionSSL30, VersionTLS10, VersionTLS11 or VersionTLS12. What OpenSSL no
    longer offers becomes the oldest that it does."""
    takes_sslv2_hello: bool = field(name="EnableSslv2ClientHello", default=True)
    """Accepted for compatibility; such a greeting is always refused."""
    authority_directory: str = field(name="ClientCABaseDir", default="tls_conf/client_ca")
    """Directory with ``NAME.crt`` for each authority of client certificates."""
    revocation_directory: str = field(name="ClientCRLBaseDir", default="tls_conf/client_crl")
    """Directory with ``NAME/*.crl`` for them; it must be there."""


class SessionCache(msgspec.Struct, frozen=True, kw_only=True):
    """`[SessionCache]`: accepted for compatibility; session tickets do this work."""

    is_disabled: bool = field(name="SessionCacheDisabled", default=True)
    """Whether the other keys go unchecked."""
    servers: str = field(name="Servers", default="")
    """Name of the service in name_conf.data."""
    key_prefix: str = field(name="KeyPrefix", default="bfe")
    """In front of session ids."""
    connect_ms: int = field(name="ConnectTimeout", default=50)
    """Milliseconds to connect."""
    read_ms: int = field(name="ReadTimeout", default=0)
    """Milliseconds to read; must be written."""
    write_ms: int = field(name="WriteTimeout", default=50)
    """Milliseconds to write."""
    idle_connections: int = field(name="MaxIdle", default=20)
    """Idle connections."""
    expiry: int = field(name="SessionExpire", default=3600)
    """Seconds that a session is kept."""


class SessionTicket(msgspec.Struct, frozen=True, kw_only=True):
    """`[SessionTicket]`: resumption of TLS sessions by tickets."""

    is_disabled: bool = field(name="SessionTicketsDisabled", default=True)
    """Whether no tickets are given out."""
    key_file: str = field(name="SessionTicketKeyFile", default="tls_conf/session_ticket_key.data")
    """The key of the tickets: JSON with 96 hexadecimal digits, or 48 bytes."""
