"""ObservedPlane: what the management pages see of the control plane."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bfe_py.control import BackendReading, Fleet, Outcome, Reloader
from bfe_py.manage import (
    CONTROLLER,
    BackendStatus,
    GenerationStatus,
    ReloadAnswer,
    TableCounts,
    WorkerReading,
)
from bfe_py.observe import Registry
from bfe_py.server.options import Site
from bfe_py.snapshot import Snapshot


class Reload(Protocol):
    """Reads the files of one group again."""

    def __call__(self, name: str, path: str | None) -> Awaitable[Outcome]:
        """Load group `name`, from other files than usual if `path` is given."""


class ObservedPlane:
    """`manage.Observed` over the reloader and the fleet."""

    def __init__(  # noqa: PLR0913 - the composition root names them all
        self,
        site: Site,
        fleet: Fleet,
        reloader: Reloader,
        registry: Registry,
        started: float,
        reload: Reload,
        counts: Callable[[], TableCounts],
    ) -> None:
        self._site = site
        self._fleet = fleet
        self._reloader = reloader
        self._registry = registry
        self._started = started
        self._reload = reload
        self._counts = counts
        self.is_draining = False

    async def readings(self) -> list[WorkerReading]:
        """What every worker and the controller count."""
        await self._fleet.read()
        found = [WorkerReading(CONTROLLER, self._registry.read())]
        for member in self._fleet.members:
            found += [
                WorkerReading(member.worker, reading, is_alive=False) for reading in member.retired
            ]
            is_alive = member.channel is not None
            stale = is_alive and self._fleet.is_stale(member)
            found.append(
                WorkerReading(member.worker, member.reading, is_stale=stale, is_alive=is_alive)
            )
        return found

    @property
    def snapshot(self) -> Snapshot:
        """The dynamic configuration in use."""
        return self._reloader.snapshot

    @property
    def counts(self) -> TableCounts:
        """How much is configured."""
        return self._counts()

    @property
    def generation(self) -> GenerationStatus:
        """Which configuration is in use, and how reloads went."""
        history = self._reloader.history
        versions = self._reloader.versions
        return GenerationStatus(
            version=self._reloader.snapshot.version,
            loaded_at=history.loaded_at,
            is_last_ok=history.is_last_ok,
            last_errors=history.last_errors,
            last_error_at=history.last_error_at,
            reloads_total=history.taken,
            refused_total=history.refused,
            worker_versions={
                member.worker: versions.get(member.generation, "")
                for member in self._fleet.members
                if member.channel is not None
            },
        )

    @property
    def is_ready(self) -> bool:
        """A configuration is loaded and every worker that is there serves it."""
        return self._fleet.has_applied(1)

    @property
    def started(self) -> float:
        """When the process was started; wall clock."""
        return self._started

    @property
    def modules_available(self) -> tuple[str, ...]:
        """Names of all modules."""
        return self._site.available

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

    async def reload(self, name: str, query: Mapping[str, str]) -> ReloadAnswer:
        """Read the files of `name` again and use them if they are good."""
        outcome = await self._reload(name, query.get("path"))
        return ReloadAnswer(outcome.is_ok, outcome.text, outcome.version)
