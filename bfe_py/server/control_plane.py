"""ControlPlane: everything that the controller runs, built and wired."""

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import msgspec

from bfe_py.balance import Cluster
from bfe_py.config import Report, ServerGroup, TreeCounts
from bfe_py.config import Tree as ConfigTree
from bfe_py.control import BackendWentDown, Down, FileSource, Fleet, Outcome, Recovery
from bfe_py.downstream import Endpoint, Listener, Terms
from bfe_py.manage import App, Settings, TableCounts
from bfe_py.observe import Registry
from bfe_py.server.loading import make_reloader
from bfe_py.server.observed import ObservedPlane
from bfe_py.server.options import Site
from bfe_py.server.services import SystemClock
from bfe_py.upstream import probe_backend

_log = logging.getLogger("bfe.server")


class ControlPlane:
    """Source, reloader, fleet, recovery and management listener.

    Args:
        tasks: owner of what runs beside.
        ready: called once, with what was loaded, when all workers serve.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        tasks: asyncio.TaskGroup,
        site: Site,
        workers: int,
        ready: Callable[[str], None],
        state: Path | None = None,
    ) -> None:
        self._loop = loop
        self._tasks = tasks
        self._site = site
        self._ready: Callable[[str], None] | None = ready
        self._clock = SystemClock()
        self._started = self._clock.wall()
        self._begun = self._clock.monotonic()
        self.registry = Registry()
        self.fleet = Fleet(loop, workers, self._backend_down, self._applied)
        self._source = FileSource(site.root, site.rules, site.documents)
        self._reloader = make_reloader(site, self._clock, state=state)
        self._recovery = Recovery(
            tasks,
            self._find_cluster,
            probe_backend,
            self._backend_up,
        )
        self._busy = asyncio.Lock()
        self._listener: Listener | None = None
        self._following: asyncio.Task[None] | None = None
        self._generation = 0

    @property
    def is_loaded(self) -> bool:
        """There is a configuration to serve with."""
        return self._generation > 0

    async def load_first(self) -> Report:
        """Load everything; what was found. `is_loaded` tells whether that is good enough."""
        outcome = await self._reloader.load(self._source.take())
        # Where every tenant is broken there is nothing to serve.
        if outcome.is_changed and (outcome.is_ok or self._reloader.counts.tenants):
            self._publish()
        return outcome.report

    async def watch(self) -> None:
        """Reload whatever changes, for ever."""
        async for bundle in self._source.changes():
            async with self._busy:
                self._take(await self._reloader.load(bundle))

    def reload_soon(self) -> None:
        """Read everything again, as if all of it had changed."""
        self._tasks.create_task(self._reload_all())

    async def _reload_all(self) -> None:
        async with self._busy:
            self._take(await self._reloader.load(self._source.take()))

    async def _reload(self, name: str, path: str | None) -> Outcome:
        async with self._busy:
            outcome = await self._reloader.load(self._source.take(), only=name, path=path)
            self._take(outcome)
            return outcome

    def _take(self, outcome: Outcome) -> None:
        if outcome.is_changed:
            self._publish()
            for line in outcome.changes:
                _log.info("configuration changed change=%r", line)
        for finding in outcome.report.errors:
            _log.error("configuration refused place=%s error=%r", finding.place, finding.message)

    def _publish(self) -> None:
        self._generation += 1
        tree = self._reloader.tree
        self._reloader.versions[self._generation] = tree.version
        self.fleet.configure(self._generation, msgspec.msgpack.encode(tree))
        self._recovery.retain(frozenset(self._reloader.snapshot.clusters))

    def _applied(self) -> None:
        if self._ready is not None and self.fleet.has_applied(1):
            ready, self._ready = self._ready, None
            ms = (self._clock.monotonic() - self._begun) * 1000
            ready(f"{_describe(self._reloader.tree, self._reloader.counts)}; ready in {ms:.0f} ms")

    # --- health

    def _find_cluster(self, name: str) -> Cluster | None:
        return self._reloader.snapshot.clusters.get(name)

    def _backend_down(self, message: BackendWentDown) -> None:
        self._recovery.watch((message.cluster, message.sub_cluster, message.host, message.port))

    def _backend_up(self, down: Down) -> None:
        self.fleet.backend_up(*down)

    # --- management

    async def listen(self, management: socket.socket) -> None:
        """Answer on the management listener from now on."""
        observed = ObservedPlane(
            self._site,
            self.fleet,
            self._reloader,
            self.registry,
            self._started,
            self._reload,
            self._counts,
        )
        settings = Settings(is_compatible=self._site.is_compatible)
        app = App(observed, self._clock, settings, self.registry)
        self._following = self._tasks.create_task(app.follow())
        endpoint = Endpoint(app.serve, Registry(), Terms())
        self._listener = Listener(self._loop, management, endpoint, Registry(), name="management")
        await self._listener.start()

    def _counts(self) -> TableCounts:
        return TableCounts(**asdict(self._reloader.counts))

    def close(self) -> None:
        """Answer, follow and probe no more."""
        self._recovery.retain(frozenset())
        if self._following is not None:
            self._following.cancel()
        if self._listener is not None:
            self._listener.stop()


_MOST_NAMES = 8


def _describe(tree: ConfigTree, counts: TreeCounts) -> str:
    """What was loaded, for the operator."""
    server = tree.server or ServerGroup()
    names = sorted({*(server.hosts.tags or {}), *tree.tenants})
    shown = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
    return (
        f"{counts.tenants} tenants ({shown}), {counts.rules + counts.basic_rules} rules, "
        f"{counts.clusters} clusters, {counts.backends} backends"
    )
