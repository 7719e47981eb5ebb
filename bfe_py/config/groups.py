"""Groups: documents that are loaded together, whole or not at all, under BFE's reload names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bfe_py.config.check_balance import check_cluster_table, check_gslb, check_name_conf
from bfe_py.config.check_clusters import check_cluster_conf
from bfe_py.config.check_hosts import check_host_rule, check_vip_rule
from bfe_py.config.check_routes import check_route_rule
from bfe_py.config.conditions import ConditionCache
from bfe_py.config.documents import Documents
from bfe_py.config.dynamic import (
    BalanceGroup,
    ClusterConf,
    ClusterTable,
    GslbConf,
    HostRule,
    NameConf,
    RouteRule,
    ServerGroup,
    VipRule,
)
from bfe_py.config.findings import Report
from bfe_py.config.module_group import ModuleReader
from bfe_py.config.pki import PemFiles, Pki
from bfe_py.config.places import Places
from bfe_py.config.reading import Reading
from bfe_py.config.static import Static
from bfe_py.config.static_schema import Server
from bfe_py.config.tls_group import read_ticket_key, read_tls
from bfe_py.pipeline import Module

Read = Callable[[Reading], object]


@dataclass(frozen=True, slots=True)
class Group:
    """Documents with one fate. `name` is their name under BFE's /reload/, `paths` where they are.

    `read` decodes and checks them; what is wrong goes to the reading's report.
    """

    name: str
    paths: tuple[str, ...]
    read: Read


@dataclass(frozen=True, slots=True)
class Decoded:
    """What `group` says now.

    `value` is None if any of its documents is wrong. `files` are all paths that were looked at,
    also those that documents name and those that are not there; `places` of the documents that
    could be read, for findings about them and documents of other groups.
    """

    group: Group
    value: object | None
    report: Report
    files: tuple[str, ...]
    places: Mapping[str, Places]


def groups(
    static: Static, modules: Mapping[str, Module], settings: Mapping[str, Any]
) -> tuple[Group, ...]:
    """Every group of BFE's documents that `static` and the `settings` of `modules` name."""
    server = static.server
    found = []
    if server.host_rule:
        paths = (server.host_rule, server.vip_rule, server.route_rule, server.cluster_conf)
        found.append(Group("server_data_conf", paths, _reader(_read_server, server)))
    if server.gslb:
        pair = (server.gslb, server.cluster_table)
        found.append(Group("gslb_data_conf", pair, _reader(_read_balance, server)))
    if server.names:
        found.append(Group("name_conf", (server.names,), _reader(_read_names, server)))
    if not static.own.is_tls_disabled:
        found += _tls_groups(static)
    for name, module in modules.items():
        found += _module_groups(module, settings.get(name))
    return tuple(found)


def decode_group(
    group: Group,
    documents: Documents,
    *,
    overrides: Mapping[str, str] | None = None,
    pki: Pki | None = None,
    conditions: ConditionCache | None = None,
) -> Decoded:
    """What `group` says in `documents`.

    `overrides` are those of one reload: ``path`` is a directory with files of the same names for
    server_data_conf, gslb_data_conf and tls_conf, and a file for others; relative to the root.
    """
    reading = Reading(
        documents,
        overrides or {},
        PemFiles() if pki is None else pki,
        ConditionCache() if conditions is None else conditions,
    )
    value = group.read(reading)
    if not reading.report.ok:
        value = None
    return Decoded(group, value, reading.report, tuple(reading.files), reading.places)


def _reader(read: Callable[[Any, Reading], object], bound: Any) -> Read:
    return lambda reading: read(bound, reading)


def _read_server(server: Server, reading: Reading) -> ServerGroup:
    hosts, host_findings = reading.decode(HostRule, reading.find_beside(server.host_rule))
    vips, vip_findings = reading.decode(VipRule, reading.find_beside(server.vip_rule))
    routes, route_findings = reading.decode(RouteRule, reading.find_beside(server.route_rule))
    clusters, findings = reading.decode(ClusterConf, reading.find_beside(server.cluster_conf))
    if hosts is not None:
        check_host_rule(hosts, host_findings)
    if vips is not None:
        check_vip_rule(vips, hosts, vip_findings)
    if routes is not None:
        check_route_rule(routes, hosts, clusters, route_findings)
    if clusters is not None:
        check_cluster_conf(clusters, findings)
    return ServerGroup(
        hosts=hosts or HostRule(),
        vips=vips or VipRule(),
        routes=routes or RouteRule(),
        clusters=clusters or ClusterConf(),
        files=findings.files,
    )


def _read_balance(server: Server, reading: Reading) -> BalanceGroup:
    gslb, gslb_findings = reading.decode(GslbConf, reading.find_beside(server.gslb))
    table, findings = reading.decode(ClusterTable, reading.find_beside(server.cluster_table))
    if gslb is not None:
        check_gslb(gslb, table, gslb_findings)
    if table is not None:
        check_cluster_table(table, findings)
    return BalanceGroup(gslb=gslb or GslbConf(), table=table or ClusterTable())


def _read_names(server: Server, reading: Reading) -> NameConf | None:
    names, findings = reading.decode(NameConf, reading.find_file(server.names))
    if names is not None:
        check_name_conf(names, findings)
    return names


def _tls_groups(static: Static) -> list[Group]:
    paths = (static.https.certificates, static.https.rules)
    found = [Group("tls_conf", paths, _reader(read_tls, static.https))]
    ticket = static.session_ticket
    paths_of_key = () if ticket.is_disabled else (ticket.key_file,)
    found.append(Group("tls_session_ticket_key", paths_of_key, _reader(read_ticket_key, ticket)))
    return found


def _module_groups(module: Module, settings: Any) -> list[Group]:
    readers: dict[str, ModuleReader] = {}
    for document in module.documents:
        reader = readers.setdefault(document.reload, ModuleReader(module.name))
        reader.add(document, settings)
    return [
        Group(name, reader.paths, reader.read) for name, reader in readers.items() if reader.paths
    ]
