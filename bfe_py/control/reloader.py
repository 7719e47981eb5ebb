"""Reloader: documents -> checked tree -> snapshot, keeping the last good version of every part.

A part is a group of BFE's documents or the `.rules` document of one tenant. A part that is wrong
is reported and its last good version stays; the others go on changing. Nothing is in use before
all of it compiled, here and wherever it is to be used.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bfe_py.config import (
    SHARED,
    Changes,
    Decoded,
    Finding,
    PackedTree,
    Report,
    ServerGroup,
    TreeCounts,
    assemble_packed,
    check_tree,
    count_tree,
    describe_change,
)
from bfe_py.config import Tree as ConfigTree
from bfe_py.control.groups import GroupParts, Scope, Version, own_failure
from bfe_py.control.history import History
from bfe_py.control.ledger import Ledger
from bfe_py.control.overlay import on_disk
from bfe_py.control.seen import Seen, merge_seen
from bfe_py.control.source import Bundle
from bfe_py.control.tenants import SERVER_GROUP, TenantParts
from bfe_py.model import Clock
from bfe_py.snapshot import Snapshot

_log = logging.getLogger("bfe.control")

_NOT_TAKEN = "E801"


class Users(Protocol):
    """Who uses a tree besides: all of them, or none."""

    async def prepare(self, packed: PackedTree) -> str:
        """Have all compile it; why that cannot be, if so."""

    async def use(self) -> str:
        """Have all use what they prepared; why none does, if so."""

    def abandon(self) -> None:
        """What was prepared is not to be used."""


class NoUsers:
    """For who is the only one to use it."""

    async def prepare(self, packed: PackedTree) -> str:  # noqa: ARG002
        """Nobody has to."""
        return ""

    async def use(self) -> str:
        """Nobody does."""
        return ""

    def abandon(self) -> None:
        """Nobody has prepared anything."""


class Compiler(Protocol):
    """Makes snapshots in two steps."""

    async def prepare(self, changes: Changes) -> None:
        """Compile what `changes` of what is in use lead to; nothing in use changes."""

    async def adopt(self) -> Snapshot:
        """What was prepared is in use from now on."""

    def drop(self) -> None:
        """What was prepared is not wanted."""


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
    released: tuple[str, ...] = ()
    """Groups that had been rolled back, and now are in use as they are on the disk again."""

    @property
    def text(self) -> str:
        """What was refused, one finding after the other; empty if nothing was."""
        return "; ".join(_errors(self.report))


class Reloader:
    """Holds the tree and the snapshot that are in use, and makes new ones.

    Args:
        groups: BFE's documents.
        tenants: `.rules` documents.
        compiler: makes the next snapshot.
    """

    def __init__(
        self,
        groups: GroupParts,
        tenants: TenantParts,
        compiler: Compiler,
        clock: Clock,
        users: Users | None = None,
    ) -> None:
        self._groups = groups
        self._tenants = tenants
        self._compiler = compiler
        self._clock = clock
        self._users = users or NoUsers()
        self.tree = ConfigTree()
        self.packed = PackedTree()
        """Parts of `tree`."""
        self.history = History()
        self.ledger = Ledger()
        self.counts = TreeCounts()
        self._snapshot: Snapshot | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the groups: what can be reloaded by itself."""
        return self._groups.names

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot in use; there is one once `load` went well for the first time."""
        assert self._snapshot is not None
        return self._snapshot

    @property
    def checked(self) -> list[tuple[Decoded, Seen]]:
        """What was read of all documents that are in use."""
        return [*self._groups.checked, *self._tenants.checked]

    @property
    def seen(self) -> Seen:
        """The documents that are in use."""
        return merge_seen([self._groups.seen, self._tenants.seen])

    @property
    def documents(self) -> dict[str, dict[str, bytes | None]]:
        """The documents in use by group, without what they name, and without keys."""
        return {**self._groups.documents, **self._tenants.documents}

    @property
    def in_use(self) -> Seen:
        """All that is in use, each document at its usual place."""
        seen = self.seen
        for group in self.documents.values():
            seen.contents.update(group)
        return seen

    @property
    def is_elsewhere(self) -> bool:
        """Whether some of them were not read from their usual place."""
        return self._groups.is_elsewhere

    async def load(
        self,
        bundle: Bundle,
        *,
        only: str | None = None,
        path: str | None = None,
        anew: bool = False,
        is_whole: bool = False,
    ) -> Outcome:
        """Take up what changed; everything if `anew`; `is_whole`: all of it or nothing.

        Or take up group `only` whether it changed or not, from `path` if given.
        """
        report = Report()
        documents = bundle.documents
        versions = self._groups.read(documents, report, Scope(only, path, anew))
        tenants = None if only is not None else self._tenants.load(documents, report, anew=anew)
        if versions is None and tenants is None:
            return Outcome(is_ok=True, is_changed=False, report=report)
        is_changed, changes = await self._use(versions or {}, tenants, report, is_whole=is_whole)
        errors = _errors(report)
        now = self._clock.wall()
        self.history.note_outcome(errors, now)
        looked_at = None if only is None else self._groups.looked_at(only)
        self.ledger.note(self.seen, on_disk(documents), report.errors, now, only=looked_at)
        named = (versions or {}).get(only or "")
        version = "" if named is None else named.label
        return Outcome(not errors, is_changed, report, changes, version)

    async def _use(
        self,
        new: dict[str, Version],
        tenants: frozenset[str] | None,
        report: Report,
        *,
        is_whole: bool,
    ) -> tuple[bool, tuple[str, ...]]:
        """Use `new` versions with those of the other parts; whether and what that changed."""
        versions = self._groups.with_versions(new)
        read = (tenants or frozenset()) | (frozenset({SHARED}) if SERVER_GROUP in new else set())
        settled = self._tenants.settle(_server_of(versions), report, read)
        if settled.refuses_shared:
            new.pop(SERVER_GROUP, None)
            versions = self._groups.with_versions(new)
        values = {name: version.decoded.value for name, version in versions.items()}
        accepted = {tenant: one.group for tenant, one in settled.accepted.items()}
        tree, packed = assemble_packed({**values, **accepted}, self.packed)
        is_new = False
        if self._groups.is_complete(versions):
            check_tree(tree, report, [version.decoded for version in versions.values()])
            is_new = tree.version != self.tree.version
            is_refused = is_whole and not report.ok
            if is_refused or (is_new and not await self._use_new(packed, report)):
                if tenants is not None:
                    self._tenants.reject()
                return False, ()
        self._groups.accept(new)
        self._tenants.accept(settled)
        if tree.version == self.tree.version:
            self.tree, self.packed = tree, packed  # the objects that the next one may share
        return is_new, self._take(tree, packed) if is_new else ()

    async def _use_new(self, packed: PackedTree, report: Report) -> bool:
        """Bring it into use: when all can, here first, as others tell at once of what it has."""
        before = None if self._snapshot is None else self.packed.parts
        try:
            await self._compiler.prepare(packed.changes(before))
            refusal = await self._users.prepare(packed)
            if refusal:
                self._compiler.drop()
            else:
                self._snapshot = await self._compiler.adopt()
                refusal = await self._users.use()
                if refusal:
                    await self._go_back()
        except Exception as error:
            # A fence: what does not compile is refused, however it passed the checks.
            _log.exception("configuration not compiled")
            self._users.abandon()
            report.add(own_failure(error, "configuration"))
            return False
        if refusal:
            report.add(_not_taken(refusal))
        return not refusal

    async def _go_back(self) -> None:
        """The version before is in use again."""
        if not self.packed.parts:
            self._snapshot = None
            return
        await self._compiler.prepare(self.packed.changes())
        self._snapshot = await self._compiler.adopt()

    def _take(self, tree: ConfigTree, packed: PackedTree) -> tuple[str, ...]:
        old = self.tree if self.tree.version else None
        self.tree, self.packed, self.counts = tree, packed, count_tree(tree)
        self.history.note_taken(self._clock.wall())
        return tuple(describe_change(old, tree))


def _server_of(versions: Mapping[str, Version]) -> ServerGroup | None:
    version = versions.get(SERVER_GROUP)
    value = None if version is None else version.decoded.value
    return value if isinstance(value, ServerGroup) else None


def _not_taken(refusal: str) -> Finding:
    message = f"{refusal}; all workers go on with the version before"
    return Finding("error", _NOT_TAKEN, message, document="configuration")


def _errors(report: Report) -> tuple[str, ...]:
    return tuple([f"{one.place}: {one.message}" for one in report.errors])
