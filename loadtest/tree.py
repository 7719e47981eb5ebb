"""Configuration trees of BFE for this proxy, and for BFE itself."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtest.request import TENANT_HOST

MODULES = ("mod_trust_clientip", "mod_logid", "mod_header", "mod_access")

CLUSTER = "pages"
_TENANT = "load"
_LONG_MS = 3_600_000

_REQUEST_LINE = (
    "REQUEST $time clientip=$remote_addr host=$host request=[$request_line] status=$status_code "
    "tenant=$product cluster=$cluster_name backend=[$backend] all_ms=$all_time error=$error"
)
_SESSION_LINE = "SESSION $time clientip=$ses_clientip requests=$ses_keepalive_num error=$ses_error"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a proxy listens and where it sends to; `monitor` is for management."""

    http: int
    monitor: int
    backend: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One advanced rule of the tenant."""

    condition: str
    cluster: str = CLUSTER


ANY = (Rule("default_t()"),)
"""Everything goes to the one cluster."""


def write_tree(
    root: Path, ports: Ports, modules: Sequence[str] = MODULES, rules: Sequence[Rule] = ANY
) -> None:
    """Write a whole configuration root for one tenant with one backend."""
    root.mkdir(parents=True)
    write_server(root, ports, modules)
    _write_hosts(root / "server_data_conf")
    _write_routes(root / "server_data_conf", rules)
    _write_clusters(root, ports.backend)
    _write_modules(root)


def write_server(root: Path, ports: Ports, modules: Sequence[str]) -> None:
    """Write bfe.conf."""
    lines = [*_server(ports), *[f"Modules = {module}" for module in modules], *_own()]
    (root / "bfe.conf").write_text("\n".join(lines) + "\n", "utf-8")


def _server(ports: Ports) -> list[str]:
    return [
        "[Server]",
        f"HttpPort = {ports.http}",
        "HttpAddr = 127.0.0.1",
        f"MonitorPort = {ports.monitor}",
        "MonitorAddr = 127.0.0.1",
        "ClientReadTimeout = 3600",
        "ClientWriteTimeout = 3600",
        "GracefulShutdownTimeout = 1",
        "MaxCpus = 1",
    ]


def _own() -> list[str]:
    return [
        "[BfePy]",
        "Workers = 1",
        "DisableTls = true",
        "IdleSeconds = 3600",
        "RequestsPerConnection = 0",
        "ConnectionsPerAddress = 0",
        "ConnectionsPerWorker = 12000",
    ]


def _write_hosts(folder: Path) -> None:
    hosts = {
        "Version": "1",
        "DefaultProduct": _TENANT,
        "Hosts": {"web": [TENANT_HOST]},
        "HostTags": {_TENANT: ["web"]},
    }
    _write(folder / "host_rule.data", hosts)
    _write(folder / "vip_rule.data", {"Version": "1", "Vips": {}})
    _write(folder / "name_conf.data", {"Version": "1", "Config": {}})


def _write_routes(folder: Path, rules: Sequence[Rule]) -> None:
    written = [{"Cond": rule.condition, "ClusterName": rule.cluster} for rule in rules]
    _write(folder / "route_rule.data", {"Version": "1", "ProductRule": {_TENANT: written}})


def cluster_settings() -> dict[str, object]:
    """What cluster_conf.data says of a cluster."""
    return {
        "BackendConf": {
            "TimeoutConnSrv": 2000,
            "TimeoutResponseHeader": 60000,
            "MaxIdleConnsPerHost": 1024,
            "RetryLevel": 0,
        },
        "CheckConf": {"Schem": "tcp", "FailNum": 1000, "CheckInterval": 1000},
        "GslbBasic": {"CrossRetry": 0, "RetryMax": 1, "BalanceMode": "WRR"},
        "ClusterBasic": {
            "TimeoutReadClient": _LONG_MS,
            "TimeoutWriteClient": _LONG_MS,
            "TimeoutReadClientAgain": _LONG_MS,
        },
    }


def _write_clusters(root: Path, backend: int) -> None:
    conf = {"Version": "1", "Config": {CLUSTER: cluster_settings()}}
    _write(root / "server_data_conf/cluster_conf.data", conf)
    table = [{"Name": "nginx", "Addr": "127.0.0.1", "Port": backend, "Weight": 1}]
    backends = {"Version": "1", "Config": {CLUSTER: {"all": table}}}
    _write(root / "cluster_conf/cluster_table.data", backends)
    gslb = {"Hostname": "", "Ts": "1", "Clusters": {CLUSTER: {"all": 100}}}
    _write(root / "cluster_conf/gslb.data", gslb)


def _write_modules(root: Path) -> None:
    trusted = {"balancers": [{"Begin": "192.0.2.1", "End": "192.0.2.15"}]}
    _write_module(root, "mod_trust_clientip", "trust_client_ip.data", trusted)
    served_by = {"cmd": "RSP_HEADER_SET", "params": ["X-Served-By", "bfe"]}
    header = {_TENANT: [{"cond": "default_t()", "last": False, "actions": [served_by]}]}
    _write_module(root, "mod_header", "mod_header.data", header)
    log = ["[Log]", f"LogFile = {root.parent / 'log/access.log'}", "[Template]"]
    log += [f'RequestTemplate = "{_REQUEST_LINE}"', f'SessionTemplate = "{_SESSION_LINE}"']
    folder = root / "mod_access"
    folder.mkdir()
    (folder / "mod_access.conf").write_text("\n".join(log) + "\n", "utf-8")


def _write_module(root: Path, name: str, file: str, config: object) -> None:
    _write(root / name / file, {"Version": "1", "Config": config})
    text = f"[Basic]\nDataPath = {name}/{file}\n"
    (root / name / f"{name}.conf").write_text(text, "utf-8")


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), "utf-8")
