"""Versioning: what keeps good versions of the control plane, and goes back to one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bfe_py.control import (
    Bundle,
    FileSource,
    Outcome,
    Reloader,
    Version,
    VersionCounters,
    VersionError,
    Versions,
    VersionStore,
    with_version,
)
from bfe_py.manage import KeptVersion, RolledBack, TriedReload, VersionsStatus, wall_text
from bfe_py.model import Clock
from bfe_py.observe import Registry
from bfe_py.server.holding import HoldingSource
from bfe_py.server.options import Site
from bfe_py.server.trial import try_out

_log = logging.getLogger("bfe.server")

LoadWhole = Callable[[Bundle], Awaitable[Outcome]]
"""Takes up all of a bundle or nothing."""


class Versioning:
    """The versions of one control plane; what calls it holds the lock of its reloads.

    `state` is the state directory, if there is one.
    """

    def __init__(
        self, site: Site, state: Path | None, registry: Registry, reloader: Reloader, clock: Clock
    ) -> None:
        self._site = site
        self._state = state
        self._reloader = reloader
        self._clock = clock
        self._writer = ThreadPoolExecutor(1, "versions")
        store, why = _make_store(site, state)
        counters = registry.counters(VersionCounters)
        self._versions = Versions(store, counters, submit=self._writer.submit, why=why)
        self.source = HoldingSource(
            FileSource(site.root, site.rules, site.documents), self._versions
        )
        self._is_going_back = False

    def note(self, changes: tuple[str, ...]) -> None:
        """What the reloader has is in use from now on."""
        if not self._is_going_back:
            reloader = self._reloader
            now = self._clock.wall()
            self._versions.note(reloader.documents, reloader.tree.version, now, list(changes))

    def release(self, bundle: Bundle) -> tuple[str, ...]:
        """Groups that were rolled back and now are in use as they are on the disk."""
        if not self._versions.holds.by_group:
            return ()
        free = self._versions.release(bundle.documents, self._reloader.documents)
        for group in free:
            _log.info(
                "documents on the disk in use again, not those rolled back to group=%s", group
            )
        return tuple(free)

    async def roll_back(self, name: str | None, load: LoadWhole) -> RolledBack:
        """Go back to the version of that name, None: to the one before; or say why not."""
        versions, before = self._versions, self._versions.number
        try:
            target = versions.find(name)
            # In the thread that writes, behind everything that is to be written before it.
            read = self._writer.submit(versions.contents, target)
            contents = await asyncio.wrap_future(read)
        except VersionError as error:
            return RolledBack(before, error=str(error))
        bundle = self.source.take(lambda _: True)
        disk = bundle.documents
        over = with_version(disk, contents)
        self._is_going_back = True
        try:
            outcome = await load(Bundle(bundle.version, over))
        finally:
            self._is_going_back = False
        if not outcome.is_ok:
            return RolledBack(before, target.number, target.digest, error=outcome.text)
        now = self._clock.wall()
        versions.go_back(target, contents, disk, self._reloader.documents, now)
        held = sorted(versions.holds.by_group)
        _log.warning("rolled back from=%d to=%d held=%r", before, target.number, held)
        return RolledBack(before, target.number, target.digest, list(outcome.changes), held)

    async def try_reload(self, name: str | None) -> TriedReload:
        """What a reload of group `name`, None: of everything, would change and refuse."""
        documents, state = self._reloader.in_use, self._state
        return await asyncio.to_thread(try_out, self._site, state, documents, name)

    @property
    def status(self) -> VersionsStatus:
        """Which versions there are."""
        versions, site = self._versions, self._site
        return VersionsStatus(
            in_use=versions.number,
            since=wall_text(versions.since),
            held=sorted(versions.holds.by_group),
            kept=[_tell(one, versions.number) for one in versions.kept],
            conf=_path(site.root),
            rules=_path(site.rules),
            state=_path(self._state),
            is_compatible=site.is_compatible,
        )

    def close(self) -> None:
        """Write what is to be written, and no more."""
        self._writer.shutdown()


def _make_store(site: Site, state: Path | None) -> tuple[VersionStore | None, str]:
    own = site.static.own
    if not own.kept_versions:
        return None, "KeptVersions is 0"
    if state is None:
        return None, "there is no state directory (-s, StateDir) that can be written to"
    return VersionStore(state, own.kept_versions, own.kept_version_bytes), ""


def _tell(version: Version, in_use: int) -> KeptVersion:
    return KeptVersion(
        version.number,
        version.digest,
        wall_text(version.at),
        version.before,
        version.changes,
        version.number == in_use,
    )


def _path(path: Path | None) -> str:
    return "" if path is None else str(path.absolute())
