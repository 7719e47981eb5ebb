"""A configuration for smuggling: whose request goes where is a matter of its source address.

Every host belongs to the one tenant, so that a case with any Host, or none, is forwarded if it is
taken for a request at all.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.kit.process import Tree, write_json

LOG_FIELDS = ("remote_addr", "status_code", "backend", "error", "retry_num")
SEPARATOR = "|"

MODULES = (
    "mod_trust_clientip",
    "mod_logid",
    "mod_cors",
    "mod_redirect",
    "mod_rewrite",
    "mod_header",
    "mod_access",
)

TRUSTED_PLACE = 40
"""Clients from 127.40.0.0/16 are believed who they are."""

_SETTINGS: dict[str, object] = {
    "BackendConf": {"TimeoutConnSrv": 5000, "TimeoutResponseHeader": 20000, "RetryLevel": 0},
    "CheckConf": {"FailNum": 1000000},
    "GslbBasic": {"CrossRetry": 0, "RetryMax": 0},
    "ClusterBasic": {"TimeoutReadClient": 20000, "TimeoutReadClientAgain": 20000},
}


@dataclass(frozen=True)
class Route:
    """Clients of `places` (second number of their address) are sent to the backend at `port`."""

    cluster: str
    places: tuple[int, ...]
    port: int


def write_tree(root: Path, routes: list[Route], rules: dict[str, object]) -> Tree:
    """Configuration with these routes; `rules` are documents of modules by their name."""
    tree = Tree(root, modules=MODULES)
    tree.write([])
    _write_routes(tree, routes)
    _write_modules(root, rules)
    return tree


def _write_routes(tree: Tree, routes: list[Route]) -> None:
    data = tree.root / "server_data_conf"
    hosts = {"Version": "1", "Hosts": {"tag": ["shop.test"]}, "HostTags": {"shop": ["tag"]}}
    write_json(data / "host_rule.data", {**hosts, "DefaultProduct": "shop"})
    rules = [
        {
            "Cond": f'ses_sip_range("127.{place}.0.0", "127.{place}.255.255")',
            "ClusterName": route.cluster,
        }
        for route in routes
        for place in route.places
    ]
    rules.append({"Cond": "default_t()", "ClusterName": routes[0].cluster})
    write_json(data / "route_rule.data", {"Version": "1", "ProductRule": {"shop": rules}})
    clusters = {route.cluster: _SETTINGS for route in routes}
    write_json(data / "cluster_conf.data", {"Version": "1", "Config": clusters})
    table = {
        route.cluster: {
            "sub": [{"Name": route.cluster, "Addr": "127.0.0.1", "Port": route.port, "Weight": 1}]
        }
        for route in routes
    }
    balance = tree.root / "cluster_conf"
    write_json(balance / "cluster_table.data", {"Version": "1", "Config": table})
    weights = {route.cluster: {"sub": 100} for route in routes}
    write_json(balance / "gslb.data", {"Hostname": "", "Ts": "1", "Clusters": weights})


def _write_modules(root: Path, rules: dict[str, object]) -> None:
    trusted = {"Begin": f"127.{TRUSTED_PLACE}.0.0", "End": f"127.{TRUSTED_PLACE}.255.255"}
    documents = {"mod_trust_clientip": {"friends": [trusted]}, **rules}
    for module in MODULES:
        if module == "mod_logid":
            continue  # it has no settings
        folder = root / module
        folder.mkdir(parents=True)
        if module == "mod_access":
            template = SEPARATOR.join([f"${name}" for name in LOG_FIELDS])
            text = f"[Log]\nLogFile = {root}/access.log\n[Template]\n"
            text += f"RequestTemplate = {template}\nSessionTemplate = $ses_clientip\n"
        else:
            text = f"[Basic]\nDataPath = {module}/rules.data\n"
            content = {"Version": "1", "Config": documents.get(module, {})}
            (folder / "rules.data").write_text(json.dumps(content, indent=1))
        (folder / f"{module}.conf").write_text(text)
