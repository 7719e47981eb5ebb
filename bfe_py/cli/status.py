"""`bfe-py status`."""

import click
import msgspec

from bfe_py.cli.columns import align
from bfe_py.cli.kept_versions import tell_held, tell_versions
from bfe_py.cli.management import Management, address_option
from bfe_py.cli.taught import TaughtCommand, debug_option, taught
from bfe_py.manage import BackendStatus, TableCounts

_READY = 200


class _Worker(msgspec.Struct, frozen=True):
    worker: str
    version: str
    is_current: bool


class _Running(msgspec.Struct, frozen=True):
    """What /dump/config-version says."""

    version: str
    loaded_at: str
    is_last_ok: bool
    reloads_total: int
    refused_total: int
    workers: list[_Worker]
    files: dict[str, str]
    modules: dict[str, str]
    counts: TableCounts


class _Errors(msgspec.Struct, frozen=True):
    """What /dump/errors says."""

    at: str
    errors: list[str]


@taught(
    ("bfe-py status", "Whether it serves, with which configuration, and what is down."),
    ("bfe-py status clusters", "Every backend with its health and load."),
    ("bfe-py status versions", "Versions to go back to, and version texts of the files in use."),
)
@click.command(cls=TaughtCommand)
@click.argument("part", required=False, type=click.Choice(["clusters", "workers", "versions"]))
@address_option
@debug_option
def command(part: str | None, address: str) -> int:
    """Show how a running proxy is."""
    management = Management(address)
    match part:
        case "clusters":
            click.echo(_clusters(_backends(management)))
        case "workers":
            click.echo(_workers(_running(management)))
        case "versions":
            click.echo(tell_versions(management.versions()) + "\n")
            click.echo(_documents(_running(management)))
        case _:
            return _overview(management)
    return 0


def _running(management: Management) -> _Running:
    return management.get("/dump/config-version").decode(_Running)


def _backends(management: Management) -> list[BackendStatus]:
    return management.get("/dump/backends").decode(list[BackendStatus])


def _overview(management: Management) -> int:
    running = _running(management)
    is_ready = management.get("/ready").status == _READY
    counts = running.counts
    behind = [one.worker for one in running.workers if not one.is_current]
    down = [one for one in _backends(management) if not one.is_up]
    lines = [
        f"{'serving' if is_ready else 'not ready'}, configuration {_short(running.version)} "
        f"since {running.loaded_at or '-'}",
        f"{counts.tenants} tenants, {counts.hosts} hosts, "
        f"{counts.rules + counts.basic_rules} rules, {counts.clusters} clusters, "
        f"{counts.backends} backends, {counts.certificates} certificates",
        f"{len(running.workers)} workers"
        + (f", behind: {', '.join(behind)}" if behind else ", all with that configuration"),
        f"{running.reloads_total} reloads taken, {running.refused_total} refused",
    ]
    lines += tell_held(management.versions())
    lines += [f"down: {one.cluster} {one.sub_cluster} {one.name} {one.address}" for one in down]
    if not running.is_last_ok:
        errors = management.get("/dump/errors").decode(_Errors)
        lines.append(f"the reload of {errors.at} was refused:")
        lines += [f"  {error}" for error in errors.errors]
    click.echo("\n".join(lines))
    return 0 if is_ready else 1


def _clusters(backends: list[BackendStatus]) -> str:
    rows = [
        (
            one.cluster,
            one.sub_cluster,
            one.name,
            one.address,
            one.weight,
            "up" if one.is_up else "down",
            one.in_flight,
            one.failures,
        )
        for one in sorted(backends, key=lambda one: (one.cluster, one.sub_cluster, one.name))
    ]
    titles = (
        "cluster",
        "sub-cluster",
        "backend",
        "address",
        "weight",
        "state",
        "in flight",
        "failures",
    )
    return align(titles, rows)


def _workers(running: _Running) -> str:
    rows = [
        (one.worker, _short(one.version), "current" if one.is_current else "behind")
        for one in running.workers
    ]
    return align(("worker", "configuration", "state"), rows)


def _documents(running: _Running) -> str:
    rows = [(name, version or "-") for name, version in running.files.items()]
    rows += [(name, version or "-") for name, version in running.modules.items()]
    return align(("document", "version"), rows)


def _short(version: str) -> str:
    return version[:12] or "-"
