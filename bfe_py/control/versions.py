"""Versions: every good configuration so far, a bounded number, and the way back to one.

A version is made of documents: BFE's files and `.rules` files as they were read, each group of them
whole. What they name (certificates, keys, files of passwords), and documents that are nothing but a
key, are no part of it: those are always the ones on the disk.

Behind a rollback the files on the disk still are the newer ones; `holds` says what becomes of them.
"""

import logging
from collections.abc import Callable, Mapping

from bfe_py.config import Documents
from bfe_py.control.holds import Holds
from bfe_py.control.keeping import digest_of
from bfe_py.control.overlay import Contents, without_others
from bfe_py.control.version_store import Digests, State, Version, VersionStore
from bfe_py.observe import Counters, counter, gauge

_log = logging.getLogger("bfe.control")

_MOST_LINES = 200
_SHORTEST_DIGEST = 4

Submit = Callable[[Callable[[], None]], object]


class VersionCounters(Counters, prefix="bfe_versions"):
    """Good versions of the configuration."""

    kept: int = gauge("Good versions that are kept to go back to.")
    held: int = gauge(
        "Groups of documents that were rolled back; newer ones are on the disk and not in use."
    )
    rollbacks: int = counter("Times that another version was gone back to.")
    failures: int = counter("Versions that could not be kept; the log says why.")


class VersionError(Exception):
    """There is no such version to go back to; the text says which there are."""


def call_at_once(job: Callable[[], None]) -> None:
    """The simplest `Submit`."""
    job()


class Versions:
    """The versions of one run.

    Args:
        store: None: nothing is kept, for the reason `why`.
        submit: has something written; one thing behind the other, perhaps in a thread.
    """

    def __init__(
        self,
        store: VersionStore | None,
        counters: VersionCounters,
        *,
        submit: Submit = call_at_once,
        why: str = "",
    ) -> None:
        self._store = store
        self._counters = counters
        self._submit = submit
        self._why = why
        state = State() if store is None else store.state()
        self.holds = Holds({}, {})
        if store is not None:
            self.holds = Holds.recall(state.holds, store.content)
        self.number, self.since = state.in_use, state.since
        """The version in use, and since when (wall clock); 0: none."""
        self._kept = {} if store is None else {one.number: one for one in store.versions()}
        self._last = max(self._kept, default=0)
        self._digests: Digests | None = None
        """Of the documents in use, once that is known."""
        self._known: dict[str, tuple[bytes, bytes]] = {}
        """Content and digest of what was digested last, by path."""
        self._count()

    @property
    def kept(self) -> list[Version]:
        """All that are kept, oldest first."""
        found = [self._kept.get(number) for number in sorted(self._kept)]
        return [one for one in found if one is not None]

    @property
    def in_use(self) -> Version | None:
        """The one in use, if it is kept."""
        return self._kept.get(self.number)

    # --- what comes into use

    def note(self, documents: Contents, digest: str, now: float, changes: list[str]) -> None:
        """`documents` are in use from now on; `digest` is that of all they were made into."""
        if self._store is None:
            return
        digests, before = self._digest(documents), self._digests
        if before is None:
            before = self._store.digests(self.number)
        self._digests = digests
        current = self.in_use
        if current is not None and (digest == current.digest or digests == before):
            return
        self._last += 1
        version = Version(self._last, digest, now, self.number, changes[:_MOST_LINES])
        self._kept[version.number] = version
        contents = _by_digest(documents, digests)
        store = self._store
        self._submit(lambda: self._keep(store, version, digests, contents))
        self._use(version.number, now)

    def _keep(
        self,
        store: VersionStore,
        version: Version,
        digests: Digests,
        contents: Mapping[bytes, bytes],
    ) -> None:
        if store.keep(version, digests, contents):
            gone = store.prune(State(self.number, self.since, self.holds.by_group))
        else:
            self._counters.failures += 1
            gone = [version.number]
        for number in gone:
            self._kept.pop(number, None)
        self._count()

    def _use(self, number: int, now: float) -> None:
        self.number, self.since = number, now
        self._count()
        store, state = self._store, State(number, now, self.holds.by_group)
        if store is not None:
            self._submit(lambda: self._keep_state(store, state))

    def _keep_state(self, store: VersionStore, state: State) -> None:
        if not store.keep_state(state):
            self._counters.failures += 1

    def _count(self) -> None:
        self._counters.kept = len(self._kept)
        self._counters.held = len(self.holds.by_group)

    # --- going back

    def find(self, name: str | None = None) -> Version:
        """The version of that number or digest (or its beginning); None: the one before.

        Raises:
            VersionError: there is none.
        """
        if self._store is None:
            raise VersionError(f"no versions are kept: {self._why}")
        if name is None:
            current = self.in_use
            found = None if current is None else self._kept.get(current.before)
            if found is None:
                told = tell_kept(self.kept, self.number)
                raise VersionError(f"no version before the one in use is kept; {told}")
            return found
        return find_version(self.kept, name, self.number)

    def contents(self, version: Version) -> dict[str, dict[str, bytes | None]]:
        """The documents of a version.

        Raises:
            VersionError: not all of them are there any more.
        """
        if self._store is None:
            raise VersionError(f"no versions are kept: {self._why}")
        return read_contents(self._store, version)

    def go_back(
        self, version: Version, used: Contents, disk: Documents, in_use: Contents, now: float
    ) -> None:
        """`version` is in use from now on, with documents `used`, whatever is on the `disk`.

        `in_use` are all documents in use, `now` is wall clock.
        """
        self.holds = Holds.between(disk, without_others(used, disk))
        self._counters.rollbacks += 1
        self._digests = self._digest(in_use)
        self._use(version.number, now)

    def release(self, documents: Documents, in_use: Contents) -> list[str]:
        """Hold no longer what is in use as it is on the disk; names of those groups."""
        free = self.holds.find_free(documents, in_use)
        if free:
            self.holds = self.holds.without(free)
            self._use(self.number, self.since)
        return free

    def _digest(self, documents: Contents) -> Digests:
        """Digests of `documents`; of those that are the same objects as before, the same."""
        known, self._known = self._known, {}
        digests: Digests = {}
        for name, group in documents.items():
            own = digests[name] = {}
            for path, content in group.items():
                own[path] = None
                if content is not None:
                    before = known.get(path)
                    if before is None or before[0] is not content:
                        before = content, digest_of(content)
                    self._known[path], own[path] = before, before[1]
        return digests


def find_version(kept: list[Version], name: str, in_use: int) -> Version:
    """The version in `kept` of that number or digest, or the beginning of one.

    Raises:
        VersionError: there is none, or there are several.
    """
    fits = [one for one in kept if str(one.number) == name]
    if not fits and len(name) >= _SHORTEST_DIGEST:
        fits = [one for one in kept if one.digest.startswith(name.lower())]
    if len({one.digest for one in fits}) != 1:
        which = "no version" if not fits else "more than one version"
        raise VersionError(f'there is {which} "{name}"; {tell_kept(kept, in_use)}')
    return fits[-1]


def tell_kept(kept: list[Version], in_use: int) -> str:
    """Which versions there are, in words."""
    if not kept:
        return "none is kept"
    numbers = [f"{one.number}{' (in use)' if one.number == in_use else ''}" for one in kept]
    return f"kept are {', '.join(numbers)}"


def read_contents(store: VersionStore, version: Version) -> dict[str, dict[str, bytes | None]]:
    """The documents of a version.

    Raises:
        VersionError: not all of them are there any more.
    """
    digests = store.digests(version.number)
    if digests is None:
        raise VersionError(f"version {version.number} cannot be read from the state directory")
    found: dict[str, dict[str, bytes | None]] = {}
    for name, group in digests.items():
        own = found[name] = {}
        for path, digest in group.items():
            content = own[path] = None if digest is None else store.content(digest)
            if digest is not None and content is None:
                raise VersionError(
                    f"version {version.number} is damaged: its {path} cannot be read back"
                )
    return found


def _by_digest(documents: Contents, digests: Digests) -> dict[bytes, bytes]:
    found = {}
    for name, group in documents.items():
        for path, content in group.items():
            digest = digests[name][path]
            if content is not None and digest is not None:
                found[digest] = content
    return found
