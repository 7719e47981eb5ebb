"""Checks of gslb.data with cluster_table.data, and of name_conf.data."""

from bfe_py.config.dynamic import BackendEntry, ClusterTable, GslbConf, NameConf
from bfe_py.config.findings import Names
from bfe_py.config.positioned import PositionedFindings
from bfe_py.pipeline import Path

BLACKHOLE = "GSLB_BLACKHOLE"
"""The sub-cluster whose traffic is refused."""

_PORTS = range(1, 65536)


def check_gslb(gslb: GslbConf, table: ClusterTable | None, findings: PositionedFindings) -> None:
    """What BFE refuses in gslb.data; `table` is None if its own document is wrong."""
    for key, value in (
        ("Hostname", gslb.source),
        ("Ts", gslb.timestamp),
        ("Clusters", gslb.clusters),
    ):
        if value is None:
            findings.error((), f'"{key}" is missing', code="E011")
    known = None if table is None else (table.clusters or {})
    names = Names(known or ())
    for cluster, weights in (gslb.clusters or {}).items():
        path: Path = ("Clusters", cluster)
        _check_weights(path, weights or {}, findings)
        if known is None:
            continue
        if cluster not in known:
            message = f'cluster "{cluster}" has no backends'
            expected = "the cluster in cluster_table.data"
            findings.error(path, message, expected=expected, code="E504", hint=names.hint(cluster))
            continue
        for name, weight in (weights or {}).items():
            if weight > 0 and name != BLACKHOLE and name not in (known[cluster] or {}):
                hint = Names(known[cluster] or ()).hint(name)
                message = f'sub-cluster "{name}" has weight but no backends'
                findings.warning((*path, name), message, code="W129", hint=hint)


def _check_weights(path: Path, weights: dict[str, int], findings: PositionedFindings) -> None:
    if sum([weight for weight in weights.values() if weight > 0]) == 0:
        findings.error(path, "no sub-cluster has weight", expected="a weight above 0", code="E502")
    for name, weight in weights.items():
        if weight < 0:
            findings.warning((*path, name), f"weight {weight} counts as 0", code="W521")


def check_cluster_table(table: ClusterTable, findings: PositionedFindings) -> None:
    """What BFE refuses in cluster_table.data."""
    for key, value in (("Version", table.version), ("Config", table.clusters)):
        if value is None:
            findings.error((), f'"{key}" is missing', code="E011")
    for cluster, sub_clusters in (table.clusters or {}).items():
        for name, backends in (sub_clusters or {}).items():
            _check_backends(("Config", cluster, name), backends or [], findings)


def _check_backends(
    path: Path, backends: list[BackendEntry | None], findings: PositionedFindings
) -> None:
    addresses: set[tuple[str | None, int | None]] = set()
    for index, backend in enumerate(backends):
        place = (*path, index)
        if backend is None:
            findings.error(place, "a backend is null", code="E015")
            continue
        _check_backend(place, backend, findings)
        address = (backend.host, backend.port)
        if address in addresses:
            message = f"{backend.host}:{backend.port} is already listed in this sub-cluster"
            findings.warning(place, message, code="W522")
        addresses.add(address)
    weights = [each.weight or 0 for each in backends if each is not None]
    if not any(weight > 0 for weight in weights):
        message = "no backend of the sub-cluster has weight"
        findings.error(path, message, expected="a weight above 0", code="E503")


def _check_backend(path: Path, backend: BackendEntry, findings: PositionedFindings) -> None:
    for key, value in (
        ("Name", backend.name),
        ("Addr", backend.host),
        ("Port", backend.port),
        ("Weight", backend.weight),
    ):
        if value is None:
            findings.error(path, f'"{key}" is missing', code="E011")
    if backend.host == "":
        findings.warning((*path, "Addr"), "the address is empty", code="W523")
    if backend.port is not None and backend.port not in _PORTS:
        message = f"{backend.port} is no port"
        findings.warning((*path, "Port"), message, expected="1 to 65535", code="W523")
    if backend.weight is not None and backend.weight < 0:
        message = f"weight {backend.weight} counts as 0"
        findings.warning((*path, "Weight"), message, code="W521")


def check_name_conf(conf: NameConf, findings: PositionedFindings) -> None:
    """What BFE refuses in name_conf.data."""
    for name, entries in (conf.names or {}).items():
        for index, entry in enumerate(entries or ()):
            path: Path = ("Config", name, index)
            if not entry.host:
                findings.error((*path, "Host"), '"Host" is missing or empty', code="E011")
            if not 0 <= entry.port <= 65535:
                message = f"{entry.port} is no port"
                findings.error((*path, "Port"), message, expected="0 to 65535", code="E012")
            if entry.weight < 0:
                message = f"weight {entry.weight} is below 0"
                findings.error((*path, "Weight"), message, code="E012")
