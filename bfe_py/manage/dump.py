"""/dump/*: the configuration that is really in use, and how its backends do."""

import msgspec

from bfe_py.balance import Cluster
from bfe_py.manage.state import BackendStatus, Observed, TableCounts, wall_text, worker_label
from bfe_py.snapshot import Versions

PAGES = ("backends", "clusters", "config-version", "errors", "versions")
"""Names under /dump/."""


class WorkerVersion(msgspec.Struct, frozen=True):
    """Which configuration one worker serves with."""

    worker: str
    version: str
    is_current: bool


class ConfigVersion(msgspec.Struct, frozen=True):
    """/dump/config-version. Times are RFC 3339; empty: never."""

    version: str
    loaded_at: str
    is_last_ok: bool
    reloads_total: int
    refused_total: int
    workers: list[WorkerVersion]
    files: Versions
    modules: dict[str, str]
    counts: TableCounts


class ConfigErrors(msgspec.Struct, frozen=True):
    """/dump/errors: findings of the last reload that was refused."""

    is_last_ok: bool
    at: str
    errors: tuple[str, ...]
    refused_total: int


def dump_config_version(observed: Observed) -> ConfigVersion:
    """What is in use, and where."""
    generation = observed.generation
    workers = [
        WorkerVersion(worker_label(worker), version, version == generation.version)
        for worker, version in sorted(generation.worker_versions.items())
    ]
    return ConfigVersion(
        generation.version,
        wall_text(generation.loaded_at),
        generation.is_last_ok,
        generation.reloads_total,
        generation.refused_total,
        workers,
        observed.snapshot.versions,
        dict(observed.module_versions),
        observed.counts,
    )


def dump_clusters(observed: Observed, name: str) -> dict[str, Cluster]:
    """All clusters, or the one called `name`; without keys, of which only the paths are known."""
    clusters = observed.snapshot.clusters
    if not name:
        return dict(clusters)
    return {name: clusters[name]} if name in clusters else {}


def dump_backends(observed: Observed, cluster: str) -> list[BackendStatus]:
    """Backends of all clusters, or of one."""
    return [each for each in observed.backends() if not cluster or each.cluster == cluster]


def dump_errors(observed: Observed) -> ConfigErrors:
    """Why the last reload that was refused was refused."""
    generation = observed.generation
    return ConfigErrors(
        generation.is_last_ok,
        wall_text(generation.last_error_at),
        generation.last_errors,
        generation.refused_total,
    )
