"""Reloader: documents -> checked tree -> snapshot, keeping the last good version of every part.

A part is a group of BFE's documents or the `.rules` document of one tenant. A part that is wrong
is reported and its last good version stays; the others go on changing. Nothing is in use before
all of it compiled.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bfe_py.config import (
    ConditionCache,
    Decoded,
    Documents,
    Group,
    Pki,
    Report,
    TreeCounts,
    assemble,
    check_tree,
    count_tree,
    decode_group,
    describe_change,
)
from bfe_py.config import Tree as ConfigTree
from bfe_py.control.source import Bundle
from bfe_py.control.tenants import TenantParts
from bfe_py.model import Clock
from bfe_py.snapshot import Snapshot

Compile = Callable[[ConfigTree], Awaitable[Snapshot]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one reload went.

    `is_ok`: nothing was refused. `is_changed`: there is a new snapshot. `changes` are lines for
    operators; `version` is ``FILE=VERSION`` for a reload of one module's document.
    """

    is_ok: bool
    is_changed: bool
    report: Report
    changes: tuple[str, ...] = ()
    version: str = ""

    @property
    def text(self) -> str:
        """What was refused, one finding after the other; empty if nothing was."""
        return "; ".join([f"{one.place}: {one.message}" for one in self.report.errors])


@dataclass(slots=True)
class History:
    """How reloads went so far; times are wall clock."""

    loaded_at: float = 0.0
    is_last_ok: bool = True
    last_errors: tuple[str, ...] = ()
    last_error_at: float = 0.0
    taken: int = 0
    refused: int = 0


class Reloader:
    """Holds the tree and the snapshot that are in use, and makes new ones.

    Args:
        groups: BFE's documents by group.
        tenants: `.rules` documents.
        compile_tree: makes the snapshot of a tree.
        pki: judges certificates.
        is_strict: warnings refuse too.
    """

    def __init__(
        self,
        groups: tuple[Group, ...],
        tenants: TenantParts,
        compile_tree: Compile,
        pki: Pki,
        clock: Clock,
        *,
        is_strict: bool = False,
    ) -> None:
        self._groups = groups
        self._tenants = tenants
        self._compile = compile_tree
        self._pki = pki
        self._clock = clock
        self._is_strict = is_strict
        self._conditions = ConditionCache()
        self._values: dict[str, object] = {}
        self._seen: dict[str, tuple[tuple[str, bytes | None], ...]] = {}
        self._latest: dict[str, Decoded] = {}
        self.tree = ConfigTree()
        self.history = History()
        self.versions: dict[int, str] = {}
        """Generation -> version of its tree."""
        self.counts = TreeCounts()
        self._snapshot: Snapshot | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the groups: what can be reloaded by itself."""
        return tuple([group.name for group in self._groups])

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot in use; there is one once `load` went well for the first time."""
        assert self._snapshot is not None
        return self._snapshot

    async def load(
        self, bundle: Bundle, *, only: str | None = None, path: str | None = None
    ) -> Outcome:
        """Take up what changed, or group `only` whether it changed or not, from `path` if given."""
        report = Report()
        values = dict(self._values)
        decoded_any = False
        for group in self._groups:
            if only is None and not self._has_changed(group, bundle.documents):
                continue
            if only is None or group.name == only:
                decoded_any = True
                self._decode(group, bundle.documents, path, values, report)
        tenants = self._tenants.load(bundle.documents, report) if only is None else None
        if not decoded_any and tenants is None:
            return Outcome(is_ok=True, is_changed=False, report=report)
        values = self._tenants.settle(values, self._values, report)
        return await self._use(values, report, only)

    def _has_changed(self, group: Group, documents: Documents) -> bool:
        seen = self._seen.get(group.name)
        return seen is None or any(documents.get(path) != content for path, content in seen)

    def _decode(
        self,
        group: Group,
        documents: Documents,
        path: str | None,
        values: dict[str, object],
        report: Report,
    ) -> None:
        overrides = None if path is None else {"path": path}
        decoded = decode_group(
            group,
            documents,
            overrides=overrides,
            pki=self._pki,
            conditions=self._conditions,
        )
        if path is None:
            self._seen[group.name] = tuple([(file, documents.get(file)) for file in decoded.files])
        self._latest[group.name] = decoded
        own = decoded.report.promote_warnings() if self._is_strict else decoded.report
        report.merge(own)
        if own.ok:
            values[group.name] = decoded.value

    async def _use(self, values: dict[str, object], report: Report, only: str | None) -> Outcome:
        is_complete = all(group.name in values for group in self._groups)
        new = assemble({**values, **self._tenants.accepted})
        if is_complete:
            check_tree(new, report, self._latest.values())
        self._note(report)
        if not is_complete or new.version == self.tree.version:
            return Outcome(is_ok=report.ok, is_changed=False, report=report)
        self._snapshot = await self._compile(new)
        old = self.tree if self.history.taken else None
        self._values, self.tree, self.counts = values, new, count_tree(new)
        self.history.taken += 1
        self.history.loaded_at = self._clock.wall()
        version = self._version_of(only)
        changes = tuple(describe_change(old, new))
        return Outcome(report.ok, is_changed=True, report=report, changes=changes, version=version)

    def _version_of(self, only: str | None) -> str:
        module, _, _ = (only or "").partition(".")
        documents = self.tree.modules.get(module, {})
        return next((one.version for one in documents.values() if one.version), "")

    def _note(self, report: Report) -> None:
        history = self.history
        history.is_last_ok = report.ok
        if not report.ok:
            history.refused += 1
            history.last_error_at = self._clock.wall()
            history.last_errors = tuple([f"{one.place}: {one.message}" for one in report.errors])
