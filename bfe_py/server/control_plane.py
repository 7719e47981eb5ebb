"""ControlPlane: everything that the controller runs, built and wired."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial

from bfe_py.balance import Cluster
from bfe_py.config import Report
from bfe_py.control import (
    ROUND_SECONDS,
    Bundle,
    CheckedStore,
    Down,
    Ends,
    Fleet,
    Heartbeat,
    HeartbeatCounters,
    Inheritance,
    Member,
    Numbers,
    Outcome,
    Recovery,
    Reloader,
    Seen,
    SharingCounters,
    Suspicion,
    SuspicionCounters,
    find_cluster,
)
from bfe_py.manage import RolledBack
from bfe_py.observe import Registry
from bfe_py.server.describing import describe_tree
from bfe_py.server.garbage import without_collector
from bfe_py.server.kept_checks import KeptChecks
from bfe_py.server.loading import make_reloader
from bfe_py.server.management_listener import ManagementListener
from bfe_py.server.numbers import KeptNumbers, merge_readings
from bfe_py.server.observed import ObservedPlane
from bfe_py.server.options import ControlEvents, ControlOptions
from bfe_py.server.program import checking_key
from bfe_py.server.reach import tenant_reach
from bfe_py.server.services import SystemClock
from bfe_py.server.siblings import end_worker, is_sibling
from bfe_py.server.static_files import StaticFiles
from bfe_py.server.versioning import Versioning
from bfe_py.upstream import probe_backend

_log = logging.getLogger("bfe.server")

_JOIN_SECONDS = 1.0
"""What workers get to find this controller behind another one."""


class ControlPlane:
    """Source, reloader, fleet, recovery and management listener.

    Args:
        tasks: owner of what runs beside.
        events: told what becomes of the first configuration.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        tasks: asyncio.TaskGroup,
        options: ControlOptions,
        events: ControlEvents,
    ) -> None:
        self._loop = loop
        self._tasks = tasks
        self._site = site = options.site
        self._started = options.started
        self._events = events
        self._is_settled = False
        """The operator was told how it begins."""
        self._clock = SystemClock()
        self._begun = self._clock.monotonic()
        self.registry = Registry()
        self.fleet = self._make_fleet(options.workers)
        self._static = StaticFiles(site.static_files)
        self._checked = CheckedStore(options.state, checking_key(site, is_strict=False))
        self._reloader = self._make_reloader(options)
        self.versioning = Versioning(
            site, options.state, self.registry, self._reloader, self._clock
        )
        self._source = self.versioning.source
        self._kept = KeptChecks(loop, self._checked, self._reloader, events.loading)
        probe = partial(probe_backend, reach=tenant_reach(site))
        self._recovery = Recovery(tasks, self._find_cluster, probe, self.fleet.backend_up)
        self.heartbeat = self._make_heartbeat(options)
        self._documents = Inheritance(options.memory.documents, Seen)
        self._inherited: Seen | None = None
        """What the controller before used."""
        self._observed = self._make_observed(options)
        self.management = ManagementListener(
            site, self._observed, self._clock, self.registry, events.upgrade
        )
        """Who answers on the management address."""
        self._busy = asyncio.Lock()
        self._version = 0

    def _make_fleet(self, workers: int) -> Fleet:
        judged = self.registry.counters(SuspicionCounters)
        return Fleet(
            self._loop,
            workers,
            self._backend_down,
            self._applied,
            merge_readings,
            self._clock.wall,
            Suspicion(self._find_cluster, self._backend_down, judged),
            self.registry.counters(SharingCounters),
        )

    def _make_reloader(self, options: ControlOptions) -> Reloader:
        return make_reloader(
            options.site,
            self._clock,
            state=options.state,
            store=self._checked,
            users=self.fleet.rollout,
        )

    def _make_observed(self, options: ControlOptions) -> ObservedPlane:
        memory, fleet = options.memory, self.fleet
        kept = Inheritance(memory.numbers, Numbers)
        numbers = KeptNumbers(kept, fleet, self.registry, self._reloader.history)
        ends = Inheritance(memory.ends, Ends)
        return ObservedPlane(options.site, fleet, self._reloader, numbers, ends, self)

    def _make_heartbeat(self, options: ControlOptions) -> Heartbeat:
        return Heartbeat(
            self.fleet,
            self._loop.time,
            end_worker,
            lambda pid: options.talking.exists() and is_sibling(pid),
            seconds=options.site.static.own.heartbeat_seconds,
            counters=self.registry.family(HeartbeatCounters),
        )

    @property
    def is_loaded(self) -> bool:
        """There is a configuration to serve with."""
        return bool(self._reloader.tree.version)

    @property
    def started(self) -> float:
        """When all of it was started; wall clock."""
        return self._started

    # --- configuration

    async def load_first(self) -> Report:
        """Load everything; what was found. `is_loaded` tells whether that is good enough.

        Behind a controller that ended, what that one used comes first, as workers use it still;
        what is there by now is looked at when they had time to come.
        """
        self._inherited = self._documents.find()
        with without_collector():
            if self._inherited is not None:
                outcome = await self._reloader.load(Bundle(0, self._inherited))
                if self.is_loaded:
                    self._publish()
                    return outcome.report
            outcome = await self._load(self._source.take())
            self._checked.forget()
        return outcome.report

    async def watch(self) -> None:
        """Reload whatever changes, for ever."""
        if self._inherited is not None:
            await self._catch_up()
        async with aclosing(self._source.changes()) as changes:
            async for bundle in changes:
                async with self._busy:
                    # A reload that was asked for may have taken a newer state meanwhile.
                    is_newest = bundle.version > self._version
                    await self._load(bundle if is_newest else self._source.take())

    async def _catch_up(self) -> None:
        """Take what changed since the controller before looked."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_JOIN_SECONDS):
                await self.fleet.all_present.wait()
        async with self._busy:
            await self._load(self._source.take())
            self._checked.forget()

    async def follow_workers(self) -> None:
        """End workers that hang, and divide limits among those that are there, for ever."""
        async with asyncio.TaskGroup() as following:
            following.create_task(self.heartbeat.follow())
            following.create_task(self._share())

    async def _share(self) -> None:
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            self.fleet.share()

    def reload_soon(self, reloaded: Callable[[str], None]) -> asyncio.Task[None]:
        """Read everything again, as if all of it had changed; `reloaded` is told why it was
        refused, or nothing. Answers what does so, for who wants it to stop."""
        return self._tasks.create_task(self._reload_all(reloaded))

    async def _reload_all(self, reloaded: Callable[[str], None]) -> None:
        async with self._busy:
            outcome = await self._load(self._source.take(lambda _: True), anew=True)
        reloaded("" if outcome.is_ok else outcome.text)

    async def reload(self, name: str | None, path: str | None) -> Outcome:
        """Read the files of group `name` again, from `path` instead if given; None: all files."""
        async with self._busy:
            bundle = self._source.take(lambda group: name in (None, group))
            return await self._load(bundle, only=name, path=path, anew=name is None)

    async def roll_back(self, version: str | None) -> RolledBack:
        """Go back to a version by number or digest, None: to the one before."""
        async with self._busy:
            load = partial(self._load, anew=self._reloader.is_elsewhere, is_whole=True)
            return await self.versioning.roll_back(version, load)

    async def _load(
        self,
        bundle: Bundle,
        *,
        only: str | None = None,
        path: str | None = None,
        anew: bool = False,
        is_whole: bool = False,
    ) -> Outcome:
        self._events.loading()
        self._version = bundle.version
        self._static.compare(bundle.documents)
        outcome = await self._reloader.load(
            bundle, only=only, path=path, anew=anew, is_whole=is_whole
        )
        if outcome.is_changed:
            self._publish(outcome.changes)
            for line in outcome.changes:
                _log.info("configuration changed change=%r", line)
        for finding in outcome.report.errors:
            _log.error("configuration refused place=%s error=%r", finding.place, finding.message)
        return replace(outcome, released=self.versioning.release(bundle))

    def _publish(self, changes: tuple[str, ...] = ()) -> None:
        self._recovery.retain()
        self.fleet.expect_down(self._recovery.down)
        self._documents.leave(self._reloader.seen)
        self.versioning.note(changes)
        self._kept.keep_soon()

    def _applied(self, member: Member) -> None:
        """A worker uses a version, or cannot."""
        if member.is_ok:
            if not self._is_settled and self.fleet.is_complete:
                self._is_settled = True
                ms = (self._clock.monotonic() - self._begun) * 1000
                tree, counts = self._reloader.tree, self._reloader.counts
                self._events.ready(f"{describe_tree(tree, counts)}; ready in {ms:.0f} ms")
            return
        text = f"worker {member.worker}: {member.error}"
        _log.error("worker refuses worker=%d error=%s", member.worker, member.error)
        if not self._busy.locked():  # a reload that is under way says so itself
            self._reloader.history.note_outcome((text,), self._clock.wall())
        if not self._is_settled:
            self._is_settled = True
            self._events.failed(text)

    # --- health

    def _find_cluster(self, down: Down) -> Cluster | None:
        if not self._reloader.tree.version:
            return None
        return find_cluster(self._reloader.snapshot.balancers, down)

    def _backend_down(self, down: Down) -> None:
        if self._recovery.watch(down):
            self.fleet.backend_down(down)

    # --- the end

    def drain(self) -> None:
        """Say from now on that no new connections are wanted."""
        self._observed.is_draining = True

    def close(self) -> None:
        """Answer, follow and probe no more."""
        self._kept.keep()
        self.versioning.close()
        self._recovery.close()
        self.management.close()
