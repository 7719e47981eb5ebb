"""ObservedPlane: what the management pages see of the control plane."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Protocol

from bfe_py.control import BackendReading, Ends, Fleet, Inheritance, Outcome, Reloader
from bfe_py.manage import (
    BackendStatus,
    DocumentStatus,
    GenerationStatus,
    ReloadAnswer,
    RolledBack,
    TableCounts,
    TriedReload,
    VersionsStatus,
    WorkerReading,
    WorkerStatus,
)
from bfe_py.server.numbers import KeptNumbers
from bfe_py.server.options import Site
from bfe_py.server.site import available_modules
from bfe_py.server.versioning import Versioning
from bfe_py.snapshot import Snapshot


class Plane(Protocol):
    """What the pages need of the control plane."""

    @property
    def started(self) -> float:
        """When all of it was started; wall clock."""

    async def reload(self, name: str | None, path: str | None) -> Outcome:
        """Read the files of group `name` again, from `path` instead if given; None: all files."""

    async def roll_back(self, version: str | None) -> RolledBack:
        """Go back to a version by number or digest, None: to the one before."""

    @property
    def versioning(self) -> Versioning:
        """What keeps good versions."""


class ObservedPlane:
    """`manage.Observed` over the reloader and the fleet."""

    def __init__(
        self,
        site: Site,
        fleet: Fleet,
        reloader: Reloader,
        numbers: KeptNumbers,
        ends: Inheritance[Ends],
        plane: Plane,
    ) -> None:
        self._site = site
        self._fleet = fleet
        self._reloader = reloader
        self._numbers = numbers
        self._ends = ends
        self._plane = plane
        self.is_draining = False

    async def readings(self) -> list[WorkerReading]:
        """What every worker and the controller count."""
        return await self._numbers.read()

    @property
    def snapshot(self) -> Snapshot:
        """The dynamic configuration in use."""
        return self._reloader.snapshot

    @property
    def counts(self) -> TableCounts:
        """How much is configured."""
        return TableCounts(**asdict(self._reloader.counts))

    @property
    def generation(self) -> GenerationStatus:
        """Which configuration is in use, and how reloads went."""
        history = self._reloader.history
        return GenerationStatus(
            version=self._reloader.snapshot.version,
            loaded_at=history.loaded_at,
            is_last_ok=history.is_last_ok,
            last_errors=history.last_errors,
            last_error_at=history.last_error_at,
            reloads_total=history.taken,
            refused_total=history.refused,
            worker_versions=self._fleet.versions,
        )

    @property
    def documents(self) -> list[DocumentStatus]:
        """What became of every document, by name."""
        return [
            DocumentStatus(
                entry.document,
                entry.digest,
                entry.taken_at,
                entry.is_current,
                entry.error,
                entry.failed_at,
            )
            for entry in self._reloader.ledger.entries
        ]

    @property
    def worker_statuses(self) -> list[WorkerStatus]:
        """What every worker serves with."""
        return [
            WorkerStatus(
                member.worker,
                member.version,
                member.since,
                member.is_ok,
                member.error,
                member.failed_at,
            )
            for member in self._fleet.members
        ]

    @property
    def is_ready(self) -> bool:
        """A configuration is loaded and every worker that is there serves it."""
        return self._fleet.is_serving

    @property
    def started(self) -> float:
        """When the process was started; wall clock."""
        return self._plane.started

    @property
    def ends(self) -> Mapping[tuple[str, str], int]:
        """How often processes ended, by who and why."""
        found = self._ends.find() or Ends()
        return {(one.process, one.reason): one.times for one in found.ended}

    @property
    def modules_available(self) -> tuple[str, ...]:
        """Names of all modules."""
        return available_modules()

    @property
    def modules_enabled(self) -> tuple[str, ...]:
        """Names of the modules that are switched on."""
        return tuple(self._site.modules)

    @property
    def module_versions(self) -> Mapping[str, str]:
        """Module -> version text of its rules."""
        return {
            name: next((one.version for one in documents.values() if one.version), "")
            for name, documents in self._reloader.tree.modules.items()
        }

    def backends(self) -> list[BackendStatus]:
        """Every backend, as the workers see it: down if one of them says so, load summed."""
        merged: dict[tuple[str, str, str], list[BackendReading]] = {}
        for member in self._fleet.members:
            for one in member.backends:
                merged.setdefault((one.cluster, one.sub_cluster, one.address), []).append(one)
        return [
            BackendStatus(
                cluster,
                sub_cluster,
                seen[0].name,
                address,
                seen[0].weight,
                all(one.is_up for one in seen),
                sum(one.in_flight for one in seen),
                max(one.failures for one in seen),
            )
            for (cluster, sub_cluster, address), seen in merged.items()
        ]

    @property
    def reload_names(self) -> tuple[str, ...]:
        """Names under /reload/."""
        return self._reloader.names

    async def reload(self, name: str | None, query: Mapping[str, str]) -> ReloadAnswer:
        """Read the files of `name`, None: all files, again and use them if they are good."""
        outcome = await self._plane.reload(name, query.get("path"))
        return ReloadAnswer(outcome.is_ok, outcome.text, outcome.version, outcome.released)

    async def try_reload(self, name: str | None) -> TriedReload:
        """What such a reload would change and refuse."""
        return await self._plane.versioning.try_reload(name)

    @property
    def versions(self) -> VersionsStatus:
        """Which versions there are to go back to."""
        return self._plane.versioning.status

    async def roll_back(self, version: str | None) -> RolledBack:
        """Go back to a version by number or digest, None: to the one before."""
        return await self._plane.roll_back(version)
