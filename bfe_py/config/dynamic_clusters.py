"""The schema of clusters: settings, weights and backends (2.4 to 2.6). Notes are in `dynamic`."""

import msgspec
from msgspec import field


class FcgiConf(msgspec.Struct, frozen=True, kw_only=True):
    """FastCGI settings of a cluster."""

    root: str = field(name="Root", default="")
    variables: dict[str, str] | None = field(name="EnvVars", default=None)


class BackendConf(msgspec.Struct, frozen=True, kw_only=True):
    """How to speak to the backends of a cluster."""

    protocol: str | None = field(name="Protocol", default=None)
    """http, https, h2c, fcgi, ws or tcp; default http."""
    connect_ms: int | None = field(name="TimeoutConnSrv", default=None)
    """Time to connect; default 2000."""
    response_header_ms: int | None = field(name="TimeoutResponseHeader", default=None)
    """Time to the response head; default 60000, 0 or less: no limit."""
    idle_connections: int | None = field(name="MaxIdleConnsPerHost", default=None)
    """Idle connections kept for each backend; default 2."""
    connections: int | None = field(name="MaxConnsPerHost", default=None)
    """Connections to each backend; 0 or less: no limit."""
    retry_level: int | None = field(name="RetryLevel", default=None)
    """1: also retry GET without a body after the request was sent."""
    slow_start_s: int | None = field(name="SlowStartTime", default=None)
    """Ramp-up of a backend that came back."""
    outlier_statuses: str | None = field(name="OutlierDetectionHttpCode", default=None)
    """Statuses that count as failures: ``5xx|429``."""
    fcgi: FcgiConf | None = field(name="FCGIConf", default=None)
    proxy_protocol: str | None = field(name="ProxyProtocol", default=None)
    """v1 or v2: connections begin with a PROXY header that names the client; not in BFE."""


class CheckConf(msgspec.Struct, frozen=True, kw_only=True):
    """How backends that failed are probed."""

    scheme: str | None = field(name="Schem", default=None)
    """http, https, tcp or tls, in lower case; default http."""
    path: str | None = field(name="Uri", default=None)
    """Target of the probe; default /health_check."""
    host: str | None = field(name="Host", default=None)
    """Host of the probe; a port in it replaces the backend's."""
    host_type: str | None = field(name="HostType", default=None)
    """HOST or Instance_IP."""
    status: int | None = field(name="StatusCode", default=None)
    """Exact code, 0 for any, 1 to 31: bit i stands for class (i+1)xx."""
    status_range: str | None = field(name="StatusCodeRange", default=None)
    failures: int | None = field(name="FailNum", default=None)
    """Failures in a row before a backend is down; default 5."""
    successes: int | None = field(name="SuccNum", default=None)
    """Successful probes before it is up again; default 1."""
    timeout_ms: int | None = field(name="CheckTimeout", default=None)
    interval_ms: int | None = field(name="CheckInterval", default=None)
    """Time between probes; default 1000."""


class HashConf(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request chooses its sub-cluster."""

    strategy: int | None = field(name="HashStrategy", default=None)
    """0 client id, 1 client address (default), 2 id else address, 3 target."""
    header: str | None = field(name="HashHeader", default=None)
    """Header with the client's id, or ``Cookie:NAME``."""
    is_sticky: bool | None = field(name="SessionSticky", default=None)


class GslbBasic(msgspec.Struct, frozen=True, kw_only=True):
    """Balancing and retries of a cluster."""

    cross_retries: int | None = field(name="CrossRetry", default=None)
    """Further attempts in another sub-cluster; default 0."""
    retries: int | None = field(name="RetryMax", default=None)
    """Further attempts in the chosen sub-cluster; default 2."""
    mode: str | None = field(name="BalanceMode", default=None)
    """WRR (default), WLC or EPP."""
    epp_addresses: list[str] | None = field(name="EPPAddr", default=None)
    hashing: HashConf | None = field(name="HashConf", default=None)


class ClusterBasic(msgspec.Struct, frozen=True, kw_only=True):
    """Limits towards the client and flushing."""

    read_client_ms: int | None = field(name="TimeoutReadClient", default=None)
    """Time without a byte of a request body that is due; default 30000, 0 or less: a day."""
    write_client_ms: int | None = field(name="TimeoutWriteClient", default=None)
    """Time without a byte of a response being taken; default 60000, 0 or less: a day."""
    read_client_again_ms: int | None = field(name="TimeoutReadClientAgain", default=None)
    """Time between two requests of a connection; default 60000, 0 or less: a day."""
    body_bytes: int | None = field(name="MaxReqBodyBytes", default=None)
    """Size of a request body (not in BFE); 0 or less: no limit but `[BfePy]` BodyBytes."""
    request_buffer_bytes: int | None = field(name="ReqWriteBufferSize", default=None)
    request_flush_ms: int | None = field(name="ReqFlushInterval", default=None)
    response_flush_ms: int | None = field(name="ResFlushInterval", default=None)
    cancels_on_close: bool | None = field(name="CancelOnClientClose", default=None)
    replaces_host: bool | None = field(name="DisableHostHeader", default=None)
    ignores_failures: bool | None = field(name="DisableHealthCheck", default=None)


class HttpsConf(msgspec.Struct, frozen=True, kw_only=True):
    """TLS towards the backends."""

    server_name: str | None = field(name="RSHost", default=None)
    skips_verification: bool | None = field(name="RSInsecureSkipVerify", default=None)
    authorities: list[str] | None = field(name="RSCAList", default=None)
    certificate: str | None = field(name="BFECertFile", default=None)
    key: str | None = field(name="BFEKeyFile", default=None)


class ClusterEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster of cluster_conf.data (2.4); every part may be absent."""

    backend: BackendConf | None = field(name="BackendConf", default=None)
    check: CheckConf | None = field(name="CheckConf", default=None)
    gslb: GslbBasic | None = field(name="GslbBasic", default=None)
    basic: ClusterBasic | None = field(name="ClusterBasic", default=None)
    https: HttpsConf | None = field(name="HTTPSConf", default=None)
    ai: "AiConf | None" = field(name="AIConf", default=None)


class AiKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a model provider."""

    name: str = field(name="Name", default="")
    key: str = field(name="Key", default="")
    weight: int = field(name="Weight", default=0)


class AiModel(msgspec.Struct, frozen=True, kw_only=True):
    """Prices of one model."""

    model: str = field(name="Model", default="")
    mode: str = field(name="Mode", default="")
    prices: dict[str, float] | None = field(name="Prices", default=None)


class AiModelTable(msgspec.Struct, frozen=True, kw_only=True):
    """Prices of a provider."""

    currency: str = field(name="Currency", default="")
    models: list[AiModel] | None = field(name="Models", default=None)


class AiKeyPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How the keys of a model provider take turns."""

    strategy: str = field(name="Strategy", default="")
    retries: int = field(name="MaxRetries", default=0)
    first_pause_ms: int = field(name="RetryBackoffInitial", default=0)
    longest_pause_ms: int = field(name="RetryBackoffMax", default=0)


class AiConf(msgspec.Struct, frozen=True, kw_only=True):
    """Model gateway settings; read and checked as BFE does."""

    type: int = field(name="Type", default=0)
    provider: str = field(name="Provider", default="")
    keys: list[AiKey] | None = field(name="Keys", default=None)
    key_policy: AiKeyPolicy | None = field(name="KeyPolicy", default=None)
    model_mapping: dict[str, str] | None = field(name="ModelMapping", default=None)
    match_prefix: str = field(name="MatchPrefix", default="")
    strip_prefix: bool = field(name="StripPrefix", default=False)
    model_table: AiModelTable | None = field(name="ModelTable", default=None)


class ClusterConf(msgspec.Struct, frozen=True, kw_only=True):
    """cluster_conf.data."""

    version: str | None = field(name="Version", default=None)
    clusters: dict[str, ClusterEntry | None] | None = field(name="Config", default=None)


class GslbConf(msgspec.Struct, frozen=True, kw_only=True):
    """gslb.data: weights of the sub-clusters of each cluster (2.5)."""

    source: str | None = field(name="Hostname", default=None)
    timestamp: str | None = field(name="Ts", default=None)
    clusters: dict[str, dict[str, int] | None] | None = field(name="Clusters", default=None)


class BackendEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One backend of cluster_table.data."""

    name: str | None = field(name="Name", default=None)
    host: str | None = field(name="Addr", default=None)
    port: int | None = field(name="Port", default=None)
    weight: int | None = field(name="Weight", default=None)


class ClusterTable(msgspec.Struct, frozen=True, kw_only=True):
    """cluster_table.data: backends of each sub-cluster (2.6)."""

    version: str | None = field(name="Version", default=None)
    clusters: dict[str, dict[str, list[BackendEntry | None] | None] | None] | None = field(
        name="Config", default=None
    )
