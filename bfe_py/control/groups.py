"""GroupParts: BFE's documents, each group by itself, with its last good version."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from posixpath import basename, join

from bfe_py.config import (
    ConditionCache,
    Decoded,
    Documents,
    Finding,
    Group,
    ModuleGroup,
    Pki,
    Report,
    TicketGroup,
    decode_group,
)
from bfe_py.control.checked import CheckedStore
from bfe_py.control.seen import Looking, Seen, merge_seen

_log = logging.getLogger("bfe.control")

_OWN_FAILURE = "E800"


@dataclass(frozen=True, slots=True)
class Version:
    """One good version of a group, and what it was read from."""

    decoded: Decoded
    seen: Seen
    path: str | None = None
    """Where it was read from instead of its usual place."""

    @property
    def label(self) -> str:
        """``FILE=VERSION`` of a module's first document with a version; empty for others."""
        value, paths = self.decoded.value, self.decoded.group.paths
        if not isinstance(value, ModuleGroup):
            return ""
        for document, usual in zip(value.documents.values(), paths, strict=True):
            if document.version:
                file = self.path if self.path is not None and len(paths) == 1 else usual
                return f"{basename(file)}={document.version}"
        return ""

    @property
    def documents(self) -> dict[str, bytes | None]:
        """Contents by usual place; without those of files that the documents name."""
        return {usual: self.seen.get(self._find(usual)) for usual in self.decoded.group.paths}

    def _find(self, usual: str) -> str:
        if self.path is None:
            return usual
        beside = join(self.path, basename(usual))
        return beside if beside in self.seen.contents else self.path


@dataclass(frozen=True, slots=True)
class Scope:
    """What one load is about.

    `only` is the name of one group to read, whether it changed or not; `path` where to read it from
    instead; `anew`: everything counts as changed.
    """

    only: str | None = None
    path: str | None = None
    anew: bool = False


WHAT_CHANGED = Scope()


class GroupParts:
    """The last good version of every group.

    Args:
        groups: which there are.
        pki: judges certificates.
        is_strict: warnings refuse too.
        store: what was checked at an earlier start.
    """

    def __init__(
        self,
        groups: tuple[Group, ...],
        pki: Pki,
        *,
        is_strict: bool = False,
        store: CheckedStore | None = None,
    ) -> None:
        self._store = store or CheckedStore(None, b"")
        self._groups = groups
        self._pki = pki
        self._is_strict = is_strict
        self._conditions = ConditionCache()
        self._seen: dict[str, Seen] = {}
        self._good: dict[str, Version] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the groups: what can be reloaded by itself."""
        return tuple([group.name for group in self._groups])

    @property
    def seen(self) -> Seen:
        """What the last good versions were read from."""
        return merge_seen(version.seen for version in self._good.values())

    def looked_at(self, name: str) -> frozenset[str]:
        """Names of the documents of one group, when it was read last."""
        seen = self._seen.get(name)
        return frozenset() if seen is None else frozenset(seen.contents)

    @property
    def documents(self) -> dict[str, dict[str, bytes | None]]:
        """The documents of the last good versions, by group and usual place; but keys."""
        return {
            name: version.documents
            for name, version in self._good.items()
            if not isinstance(version.decoded.value, TicketGroup)
        }

    @property
    def is_elsewhere(self) -> bool:
        """Whether some of them were not read from their usual place."""
        return any(version.path is not None for version in self._good.values())

    @property
    def checked(self) -> list[tuple[Decoded, Seen]]:
        """The last good versions of what was read from its usual place."""
        return [
            (version.decoded, version.seen)
            for version in self._good.values()
            if version.path is None
        ]

    def read(
        self, documents: Documents, report: Report, scope: Scope = WHAT_CHANGED
    ) -> dict[str, Version] | None:
        """Good versions among what `scope` is about; None if there was nothing to read."""
        wanted = [group for group in self._groups if self._is_wanted(group, documents, scope)]
        if not wanted:
            return None
        found = {}
        for group in wanted:
            version = self._decode(group, documents, report, scope.path)
            if version is not None:
                found[group.name] = version
        return found

    def _is_wanted(self, group: Group, documents: Documents, scope: Scope) -> bool:
        if scope.only is not None:
            return group.name == scope.only
        seen = self._seen.get(group.name)
        return scope.anew or seen is None or seen.has_changed(documents)

    def _decode(
        self, group: Group, documents: Documents, report: Report, path: str | None
    ) -> Version | None:
        looking = Looking(documents)
        if path is None:
            self._seen[group.name] = looking.seen
        try:
            decoded = None if path is not None else self._store.find(group, Looking(looking))
            decoded = decoded or decode_group(
                group,
                looking,
                overrides=None if path is None else {"path": path},
                pki=self._pki,
                conditions=self._conditions,
            )
        except Exception as error:
            # A fence: whatever is in these documents, the others are read on.
            _log.exception("documents not read group=%s", group.name)
            report.add(own_failure(error, ", ".join(group.paths) or group.name))
            return None
        own = decoded.report.promote_warnings() if self._is_strict else decoded.report
        report.merge(own)
        return Version(decoded, looking.seen, path) if own.ok else None

    def accept(self, versions: Mapping[str, Version]) -> None:
        """`versions` are the last good ones from now on."""
        self._good.update(versions)

    def with_versions(self, versions: Mapping[str, Version]) -> dict[str, Version]:
        """The last good version of every group, but those in `versions`."""
        return {**self._good, **versions}

    def is_complete(self, versions: Iterable[str]) -> bool:
        """Whether there is a version of every group."""
        return set(self.names) <= set(versions)


def own_failure(error: Exception, document: str) -> Finding:
    """The finding that stands for a failure of our own."""
    message = f"this proxy failed on it: {type(error).__name__}: {error}"
    return Finding("error", _OWN_FAILURE, message, document=document)
