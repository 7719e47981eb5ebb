"""Clusters as BFE's three files have them to clusters as the data plane uses them.

Defaults are those of BFE (forwarding specification 2.4 to 2.6), times become seconds.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bfe_py.balance import (
    BLACKHOLE,
    Affinity,
    Backend,
    Cluster,
    HashSource,
    Probe,
    Retry,
    SubCluster,
    Timeouts,
    UpstreamTls,
)
from bfe_py.config.cluster_sources import ClusterSource
from bfe_py.config.dynamic import (
    BackendConf,
    CheckConf,
    ClusterBasic,
    GslbBasic,
    HashConf,
    HttpsConf,
)

_NO_LIMIT = 86_400.0
"""Seconds that stand for a limit of 0 or less where there must be one."""

_SHORTEST_INTERVAL = 0.01
_CLASSES: Mapping[str, range] = MappingProxyType(
    {"3xx": range(300, 400), "4xx": range(400, 500), "5xx": range(500, 600)}
)

_PROXY_VERSIONS: Mapping[str | None, int] = MappingProxyType({None: 0, "v1": 1, "v2": 2})

_UNKNOWN_RETRY = Retry(same_cluster=3, cross_cluster=1)
"""Of a cluster that has weights but no settings; nothing can be routed to it."""


def compile_cluster(name: str, source: ClusterSource) -> Cluster:
    """The cluster `name`."""
    entry = source.entry
    backend = entry.backend or BackendConf()
    basic = entry.basic or ClusterBasic()
    gslb = entry.gslb or GslbBasic()
    protocol = (backend.protocol or "http").lower()
    return Cluster(
        name=name,
        sub_clusters=_sub_clusters(source),
        has_balance=source.weights is not None,
        policy=(gslb.mode or "WRR").upper(),
        protocol=protocol,
        affinity=_affinity(gslb.hashing or HashConf()),
        retry=_retry(gslb, backend) if source.is_known else _UNKNOWN_RETRY,
        timeouts=_timeouts(backend, basic),
        probe=_probe(entry.check or CheckConf()),
        counts_failures=not basic.ignores_failures,
        outlier_statuses=_outliers(backend.outlier_statuses or ""),
        idle_connections=max(0, _number(backend.idle_connections, 2)),
        connections=max(0, _number(backend.connections, 0)),
        slow_start=float(max(0, _number(backend.slow_start_s, 0))),
        body_limit=max(0, _number(basic.body_bytes, 0)),
        replaces_host=bool(basic.replaces_host),
        cancels_on_close=bool(basic.cancels_on_close),
        flush_interval=_seconds(basic.response_flush_ms, -1),
        tls=_tls(entry.https, source.files) if entry.https or protocol == "https" else None,
        is_confined=source.is_confined,
        proxy_version=_PROXY_VERSIONS[backend.proxy_protocol],
    )


def _sub_clusters(source: ClusterSource) -> tuple[SubCluster, ...]:
    """The weights say which there are, the backends what is in them."""
    return tuple(
        [
            SubCluster(name, weight, () if name == BLACKHOLE else _backends(source, name))
            for name, weight in (source.weights or {}).items()
        ]
    )


def _backends(source: ClusterSource, name: str) -> tuple[Backend, ...]:
    return tuple(
        [
            Backend(entry.name or "", entry.host or "", entry.port or 0, entry.weight or 0)
            for entry in source.backends.get(name) or ()
            if entry is not None
        ]
    )


def _retry(gslb: GslbBasic, backend: BackendConf) -> Retry:
    return Retry(
        same_cluster=_number(gslb.retries, 2),
        cross_cluster=_number(gslb.cross_retries, 0),
        idempotent=backend.retry_level == 1,
    )


def _affinity(hashing: HashConf) -> Affinity:
    name, colon, cookie = (hashing.header or "").partition(":")
    return Affinity(
        source=HashSource(_number(hashing.strategy, 1)),
        header="" if colon else name,
        cookie=cookie.strip(),
        is_sticky=bool(hashing.is_sticky),
    )


def _timeouts(backend: BackendConf, basic: ClusterBasic) -> Timeouts:
    response_header = _seconds(backend.response_header_ms, 60_000)
    return Timeouts(
        connect=_limit(backend.connect_ms, 2000),
        response_header=response_header if response_header > 0 else None,
        read_client=_limit(basic.read_client_ms, 30_000),
        write_client=_limit(basic.write_client_ms, 60_000),
        read_client_again=_limit(basic.read_client_again_ms, 60_000),
    )


def _probe(check: CheckConf) -> Probe:
    scheme = check.scheme or "http"
    timeout = _seconds(check.timeout_ms, 0)
    # BFE looks at the range in probes over https only, and at the backend's host over TLS only.
    return Probe(
        scheme=scheme,
        path="/health_check" if check.path is None else check.path,
        host=check.host or "",
        uses_backend_host=scheme in ("https", "tls") and check.host_type == "Instance_IP",
        status=_number(check.status, 0),
        status_range=(check.status_range or "").replace(" ", "") if scheme == "https" else "",
        failures=_number(check.failures, 5),
        successes=_number(check.successes, 1),
        timeout=timeout if timeout > 0 else None,
        interval=max(_seconds(check.interval_ms, 1000), _SHORTEST_INTERVAL),
    )


def _tls(conf: HttpsConf | None, files: Mapping[str, bytes]) -> UpstreamTls:
    # A cluster that speaks https is encrypted and verified even where BFE's section is absent.
    if conf is None:
        return UpstreamTls()
    return UpstreamTls(
        server_name=conf.server_name or "",
        verifies=not conf.skips_verification,
        authorities=tuple([files[name] for name in conf.authorities or () if name in files]),
        certificate=files.get(conf.certificate or "", b""),
        key=files.get(conf.key or "", b""),
    )


def _outliers(text: str) -> frozenset[int]:
    """Status codes in ``5xx|429``; what is neither a class of failures nor a number is nothing."""
    codes: set[int] = set()
    for token in text.lower().split("|"):
        if token in _CLASSES:
            codes.update(_CLASSES[token])
        elif token.isascii() and token.isdigit():
            codes.add(int(token))
    return frozenset(codes)


def _number(value: int | None, default: int) -> int:
    return default if value is None else value


def _seconds(milliseconds: int | None, default: int) -> float:
    return _number(milliseconds, default) / 1000


def _limit(milliseconds: int | None, default: int) -> float:
    seconds = _seconds(milliseconds, default)
    return seconds if seconds > 0 else _NO_LIMIT
