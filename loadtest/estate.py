"""Generates configuration of very many tenants, in BFE's files or as `.rules` documents.

Rules are dealt out evenly; of all their conditions 30 % are distinct (see `loadtest.rules`), and
each tenant's last rule takes whatever no other rule took. Requests of the benchmark belong to the
first tenant. All of it is the same each time, but for what `Estate.edition` changes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtest.request import TENANT_HOST
from loadtest.rules import make_conditions
from loadtest.tree import CLUSTER, Ports, cluster_settings, write_server

SIZES = (10, 1_000, 10_000)
"""Numbers of tenants."""


@dataclass(frozen=True, slots=True)
class Estate:
    """So many `tenants` with so many `rules` in all; their backends are all the same one.

    `edition`: every edition has other conditions than all others, as many and as long.
    """

    tenants: int
    rules: int
    edition: int = 0

    def write_bfe(self, root: Path, ports: Ports) -> None:
        """Write a whole configuration root in BFE's files."""
        root.mkdir(parents=True)
        write_server(root, ports, ())
        names = [tenant_name(number) for number in range(self.tenants)]
        hosts = {name: [host_of(number)] for number, name in enumerate(names)}
        folder = root / "server_data_conf"
        _write(
            folder / "host_rule.data",
            {
                "Version": "1",
                "DefaultProduct": names[0] if names else None,
                "Hosts": hosts,
                "HostTags": {name: [name] for name in names},
            },
        )
        _write(folder / "vip_rule.data", {"Version": "1", "Vips": {}})
        _write(folder / "name_conf.data", {"Version": "1", "Config": {}})
        self.write_routes(folder / "route_rule.data")
        clusters = {_cluster(name): cluster_settings() for name in names}
        _write(folder / "cluster_conf.data", {"Version": "1", "Config": clusters})
        backend = [{"Name": "nginx", "Addr": "127.0.0.1", "Port": ports.backend, "Weight": 1}]
        table = {cluster: {"all": backend} for cluster in clusters}
        _write(root / "cluster_conf/cluster_table.data", {"Version": "1", "Config": table})
        weights = {cluster: {"all": 100} for cluster in clusters}
        gslb = {"Hostname": "", "Ts": "1", "Clusters": weights}
        _write(root / "cluster_conf/gslb.data", gslb)

    def write_routes(self, path: Path) -> None:
        """Write route_rule.data, in place of one that is there in one step."""
        rules = {
            tenant_name(number): [
                {"Cond": condition, "ClusterName": _cluster(tenant_name(number))}
                for condition in [*own, "default_t()"]
            ]
            for number, own in enumerate(self._deal())
        }
        _write(path, {"Version": str(self.edition), "ProductRule": rules})

    def write_rules(self, folder: Path, ports: Ports) -> None:
        """Write a folder with a `.rules` document for each tenant."""
        folder.mkdir(parents=True)
        for number, own in enumerate(self._deal()):
            (folder / f"{tenant_name(number)}.rules").write_text(
                _document(number, own, ports.backend), "utf-8"
            )

    def first_document(self, backend: int, mark: str) -> str:
        """The `.rules` document of the first tenant, with a rule in front that names `mark`."""
        return _document(0, next(self._deal()), backend, mark)

    def _deal(self) -> Iterator[Sequence[str]]:
        """Conditions of each tenant, without its last rule."""
        conditions = make_conditions(max(self.rules - self.tenants, 0), self.edition)
        for number in range(self.tenants):
            first = len(conditions) * number // self.tenants
            behind = len(conditions) * (number + 1) // self.tenants
            yield conditions[first:behind]


def tenant_name(number: int) -> str:
    """How the tenants are called."""
    return f"t{number:05}"


def host_of(number: int) -> str:
    """The one host of a tenant; the first has that of the benchmark's requests."""
    return f"{tenant_name(number)}.test" if number else TENANT_HOST


def mark_path(mark: str) -> str:
    """A path that only the rule with `mark` answers."""
    return f"/marked/{mark}"


def _cluster(tenant: str) -> str:
    return f"{CLUSTER}_{tenant}"


def _document(number: int, conditions: Sequence[str], backend: int, mark: str = "") -> str:
    lines = [f"hosts {host_of(number)}"]
    lines += [f"cluster {CLUSTER} {{", f"    backend 127.0.0.1:{backend}"]
    lines += ["    check tcp down after 1000", "}"]
    if mark:
        # A cluster without a backend of its own tells apart who answers: nobody does.
        lines += ["cluster marked {", "    backend 127.0.0.1:1", "}"]
        lines.append(f'route req_path_in("{mark_path(mark)}", false) -> marked')
    lines += [f"route {condition} -> {CLUSTER}" for condition in conditions]
    return "\n".join([*lines, f"route -> {CLUSTER}", ""])


def _write(path: Path, content: object) -> None:
    """Write a document, in place of one that is there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(json.dumps(content, indent=1), "utf-8")
    fresh.replace(path)
