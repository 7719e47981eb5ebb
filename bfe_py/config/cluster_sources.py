"""What is configured about each cluster, out of BFE's three files and out of `.rules` files."""

from collections.abc import Mapping

import msgspec

from bfe_py.config.dynamic import (
    BackendEntry,
    BalanceGroup,
    ClusterEntry,
    ServerGroup,
    TenantGroup,
)


class ClusterSource(msgspec.Struct, frozen=True, array_like=True):
    """What is configured about one cluster, in one notation or the other.

    `is_known`: it has settings, and so can be routed to. `weights` None: it cannot send anywhere.
    `is_confined`: it is a tenant's.
    """

    is_known: bool
    entry: ClusterEntry
    weights: dict[str, int] | None
    backends: dict[str, list[BackendEntry | None] | None]
    files: dict[str, bytes] = {}
    """Contents of the files that its settings name."""
    is_confined: bool = False


def shared_cluster_sources(server: ServerGroup, balance: BalanceGroup) -> dict[str, ClusterSource]:
    """Every cluster of BFE's files by name."""
    return _sources(server.clusters.clusters or {}, balance, server.files)


def tenant_cluster_sources(group: TenantGroup) -> dict[str, ClusterSource]:
    """Every cluster of a `.rules` tenant by its full name."""
    return _sources(group.clusters, group.balance, group.files, is_confined=True)


def _sources(
    entries: Mapping[str, ClusterEntry | None],
    balance: BalanceGroup,
    files: Mapping[str, bytes],
    *,
    is_confined: bool = False,
) -> dict[str, ClusterSource]:
    weights, backends = balance.gslb.clusters or {}, balance.table.clusters or {}
    return {
        name: ClusterSource(
            name in entries,
            entries.get(name) or ClusterEntry(),
            (weights[name] or {}) if name in weights else None,
            backends.get(name) or {},
            _named_files(entries.get(name), files),
            is_confined,
        )
        for name in {**entries, **weights}
    }


def _named_files(entry: ClusterEntry | None, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those of `files` that a cluster names."""
    https = None if entry is None else entry.https
    if https is None:
        return {}
    named = [*(https.authorities or ()), https.certificate, https.key]
    return {name: files[name] for name in named if name and name in files}
