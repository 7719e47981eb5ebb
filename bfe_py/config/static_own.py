"""Schema of `[BfePy]` in bfe.conf: what BFE has no key for."""

import msgspec
from msgspec import field

from bfe_py.config.static_schema import Count, Positive


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """`[BfePy]`: processes, compatibility and limits. 0 lifts a limit where the text says so."""

    workers: Count = field(name="Workers", default=0)
    """Worker processes; 0: MaxCpus of `[Server]`, and without that one for each CPU."""
    rules_directory: str = field(name="RulesDir", default="")
    """Directory with `.rules` documents of tenants; empty: there are none."""
    state_directory: str = field(name="StateDir", default="")
    """Where good versions of documents are kept over restarts; empty: the command line's."""
    kept_versions: Count = field(name="KeptVersions", default=10)
    """Good versions of the configuration that are kept in the state directory for `bfe-py
    rollback`; 0: none."""
    kept_version_bytes: Positive = field(name="KeptVersionBytes", default=268435456)
    """Most bytes of all of them together, compressed; the oldest go first."""
    is_tls_disabled: bool = field(name="DisableTls", default=False)
    """Opens no TLS listener and reads no certificates."""
    proxy_trusted: tuple[str, ...] = field(name="ProxyProtocolTrusted", default=())
    """Addresses and networks whose PROXY headers count, one on each line; none: loopback and
    private ranges, or everybody with CompatProxyTrust."""
    tenant_backends: tuple[str, ...] = field(name="TenantBackends", default=())
    """Addresses and networks that backends in `.rules` documents may lie in, one on each line;
    none: any. Link-local addresses and those of the clouds' metadata only where a line names
    nothing else; never where this proxy listens itself, multicast or 0.0.0.0."""
    pins_workers: bool = field(name="PinWorkers", default=True)
    """Whether each worker is kept on a core of its own, where there are several and no more than
    cores that may be used; otherwise the system moves them."""
    heartbeat_seconds: Positive = field(name="HeartbeatSeconds", default=10)
    """A worker that says nothing for so long hangs: it is killed, and another started."""
    restart_min_ms: Positive = field(name="RestartMinMs", default=100)
    """First pause before a process that died is started again; it doubles each time."""
    restart_max_ms: Positive = field(name="RestartMaxMs", default=10000)
    """Longest such pause."""
    reload_drain_seconds: Count = field(name="ReloadDrainSeconds", default=0)
    """Seconds that downloads, streams and tunnels get to end behind a reload by which they would
    go elsewhere: to another tenant, another cluster, or not to their backend; 0: any time they
    like."""

    user: str = field(name="User", default="")
    """User, by name or number, that all processes become once the listening sockets are bound;
    empty: whoever starts it. Only root may become another one. Files, the private keys among them,
    are read as that user."""
    group: str = field(name="Group", default="")
    """Group, by name or number; empty: the main group of User. The further groups of User come
    along."""
    upgrade_seconds: Positive = field(name="UpgradeSeconds", default=60)
    """Seconds that a new version gets to become ready at an upgrade; then the one that runs goes
    on."""
    upgrade_drain_seconds: Count = field(name="UpgradeDrainSeconds", default=0)
    """Seconds that connections of the version before get to end behind an upgrade; 0:
    GracefulShutdownTimeout of `[Server]`."""

    compat_status: bool = field(name="CompatStatus", default=False)
    """Errors of the balancer are 500, as in BFE, not 502, 503 and 504."""
    compat_authority: bool = field(name="CompatAuthority", default=False)
    """An absolute target overrides a different Host, instead of a 400."""
    compat_paths: bool = field(name="CompatPaths", default=False)
    """Paths with dot segments, doubled slashes and odd encodings are forwarded as sent."""
    compat_header_names: bool = field(name="CompatHeaderNames", default=False)
    """Fields with ``_`` in their name are forwarded, not dropped."""
    compat_header_count: bool = field(name="CompatHeaderCount", default=False)
    """The number of header fields has no limit."""
    compat_proxy_trust: bool = field(name="CompatProxyTrust", default=False)
    """Without ProxyProtocolTrusted everybody's PROXY header counts."""

    header_fields: Positive = field(name="HeaderFields", default=100)
    """Fields in a request head."""
    body_bytes: Count = field(name="BodyBytes", default=0)
    """Size of a request body; 0: no limit. Clusters may allow less."""
    body_rate: Count = field(name="BodyBytesPerSecond", default=240)
    """Least rate at which a client has to send a body that is due, and to take a response; 0: any
    byte within the time that its cluster grants will do."""
    body_grace_seconds: Positive = field(name="BodyGraceSeconds", default=5)
    """Seconds before a client is held to that rate."""
    exchange_seconds: Count = field(name="ExchangeSeconds", default=0)
    """Seconds for one exchange altogether, from request head to end of response, event streams
    excepted; 0: no limit."""
    idle_seconds: Positive = field(name="IdleSeconds", default=60)
    """Seconds that a kept-alive connection may be idle, until a cluster has said otherwise."""
    tunnel_seconds: Positive = field(name="TunnelIdleSeconds", default=3600)
    """Seconds that both ends of an upgraded connection (WebSocket) may be silent."""
    connection_requests: Count = field(name="RequestsPerConnection", default=10000)
    """Requests of one connection; 0: no limit."""
    address_connections: Count = field(name="ConnectionsPerAddress", default=1000)
    """Connections of one client address, of all workers together; 0: no limit."""
    connections: Count = field(name="Connections", default=0)
    """Connections of all workers together; 0: as many as all of them take."""
    worker_connections: Count = field(name="ConnectionsPerWorker", default=0)
    """Connections of one worker, at most 80 % of its file descriptors; 0: half of these."""
    chunk_extension_bytes: Count = field(name="ChunkExtensionBytes", default=1024)
    """Extensions of one chunk; they are read and dropped."""
    trailer_fields: Count = field(name="TrailerFields", default=32)
    """Fields in a trailer section."""
    trailer_bytes: Count = field(name="TrailerBytes", default=8192)
    """Size of a trailer section."""


def with_compatibility(own: Own) -> Own:
    """`own` with every Compat switch on: what ``--compat bfe`` means."""
    return msgspec.structs.replace(
        own,
        compat_status=True,
        compat_authority=True,
        compat_paths=True,
        compat_header_names=True,
        compat_header_count=True,
        compat_proxy_trust=True,
    )
