"""What the management pages are made from: a Protocol that the controller implements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from bfe_py.manage.versions import RolledBack, TriedReload, VersionsStatus
from bfe_py.observe import Reading
from bfe_py.snapshot import Snapshot

CONTROLLER = -1
"""The worker number of readings that the controller took of itself."""


@dataclass(frozen=True, slots=True)
class WorkerReading:
    """What one process counts.

    `is_stale`: it did not answer in time and these are its last values. `is_alive` False: it ended;
    its counters still count, its gauges do not. Several readings may have the same worker number.
    """

    worker: int
    reading: Reading
    is_stale: bool = False
    is_alive: bool = True

    @property
    def label(self) -> str:
        """The worker as metrics name it."""
        return worker_label(self.worker)


@dataclass(frozen=True, slots=True)
class TableCounts:
    """How much is configured: what BFE's ``host_table_status`` shows, and what it does not."""

    tenants: int = 0
    hosts: int = 0
    host_tags: int = 0
    vips: int = 0
    tenants_with_rules: int = 0
    """Tenants that have advanced rules."""
    tenants_with_basic_rules: int = 0
    rules: int = 0
    """Advanced rules of all tenants."""
    basic_rules: int = 0
    clusters: int = 0
    backends: int = 0
    certificates: int = 0


@dataclass(frozen=True, slots=True)
class GenerationStatus:
    """Which configuration is in use, and how the reloads before it went. Times are wall clock.

    `version` is empty until the first one is loaded. `last_errors` are the findings of the last
    reload that was refused, one line each; they stay after a later one was taken, which
    `is_last_ok` tells. `reloads_total` counts those that were taken.
    """

    version: str
    loaded_at: float
    is_last_ok: bool = True
    last_errors: tuple[str, ...] = ()
    last_error_at: float = 0.0
    reloads_total: int = 0
    refused_total: int = 0
    worker_versions: Mapping[int, str] = field(default_factory=dict)
    """Version that each worker serves with."""


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """What became of one document. Times are wall clock, 0 for never.

    `digest` is that of the contents in use, in hex; empty if there are none. `is_current`: what is
    there now is in use. `error` is why it was refused the last time that it was, at `failed_at`.
    """

    document: str
    digest: str
    taken_at: float
    is_current: bool
    error: str = ""
    failed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """What one worker serves with, since when, and what it could not use last, if anything.

    `is_ok`: it could use what it was sent last. Times are wall clock, 0 for never.
    """

    worker: int
    version: str
    since: float
    is_ok: bool
    error: str = ""
    failed_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ReloadAnswer:
    """How a reload went.

    `version` is ``FILE=VERSION`` of what was read; it is shown for the names that do so in BFE.
    """

    is_ok: bool
    error_text: str = ""
    version: str = ""
    released: tuple[str, ...] = ()
    """Groups that had been rolled back, and now are in use as they are on the disk again."""


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """One backend with its health and load, merged over workers."""

    cluster: str
    sub_cluster: str
    name: str
    address: str
    weight: int
    is_up: bool
    in_flight: int = 0
    failures: int = 0
    """Failures in a row."""


class Upgraded(msgspec.Struct, frozen=True):
    """Process `pid` took over, or `error` says why this one goes on."""

    pid: int = 0
    error: str = ""


class Observed(Protocol):
    """Everything that the pages show, and what they can ask for."""

    async def readings(self) -> list[WorkerReading]:
        """What every worker and the controller count; late ones with their last values."""

    @property
    def snapshot(self) -> Snapshot:
        """The dynamic configuration in use."""

    @property
    def counts(self) -> TableCounts:
        """How much is configured."""

    @property
    def generation(self) -> GenerationStatus:
        """Which configuration is in use, and how reloads went."""

    @property
    def documents(self) -> Sequence[DocumentStatus]:
        """What became of every document, by name."""

    @property
    def worker_statuses(self) -> Sequence[WorkerStatus]:
        """What every worker serves with."""

    @property
    def is_ready(self) -> bool:
        """A configuration is loaded and a worker serves it."""

    @property
    def is_draining(self) -> bool:
        """No new connections are wanted."""

    @property
    def started(self) -> float:
        """When the process was started; wall clock."""

    @property
    def ends(self) -> Mapping[tuple[str, str], int]:
        """How often processes ended though they should run.

        By worker, or ``controller``, and reason: ``SIGKILL``, ``status_1``.
        """

    @property
    def modules_available(self) -> tuple[str, ...]:
        """Names of all modules, in the order in which they run."""

    @property
    def modules_enabled(self) -> tuple[str, ...]:
        """Names of the modules that are switched on, in the order in which they run."""

    @property
    def module_versions(self) -> Mapping[str, str]:
        """Module -> version text of its rules, where it has one."""

    def backends(self) -> list[BackendStatus]:
        """Every backend of every cluster."""

    @property
    def reload_names(self) -> tuple[str, ...]:
        """Names under /reload/."""

    async def reload(self, name: str | None, query: Mapping[str, str]) -> ReloadAnswer:
        """Read the files of `name` (one of `reload_names`) again and use them if they are good.

        None: all files. ``path`` in `query` names other files of `name` for this one time.
        """

    async def try_reload(self, name: str | None) -> TriedReload:
        """What such a reload would change and refuse; nothing of it is used."""

    @property
    def versions(self) -> VersionsStatus:
        """Which versions there are to go back to."""

    async def roll_back(self, version: str | None) -> RolledBack:
        """Go back to a version by number or digest, None: to the one before."""


def worker_label(worker: int) -> str:
    """A worker number as metrics and dumps name it."""
    return "controller" if worker == CONTROLLER else str(worker)


def wall_text(wall: float) -> str:
    """A time of the wall clock as RFC 3339; empty for 0: never."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds") if wall else ""
