"""Which directories to watch so that no change of a file goes unseen, wherever links lead.

What a path leads to changes with any symbolic link on the way, in whose directory another link
appears; with the file itself, in its directory; and with that directory, when another takes its
place in the directory above. Kubernetes publishes files so: a link ``..data`` is replaced, and all
documents are behind it.
"""

import asyncio
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from watchfiles import Change, awatch

_STEP_MS = 20
"""Changes that come closer together than this are one change: an editor writes, then renames."""
_MOST_MS = 100
"""The longest that a change waits for others."""
_LOOK_AGAIN_MS = 5000
"""After this time without a change somebody may look whether the directories are still there."""

_MOST_LINKS = 40
_LEFTOVERS = ("~", ".tmp", ".swp", ".swx")
"""How names end that editors leave lying about."""

Identity = tuple[int, int]
"""Device and inode number."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Directories to watch, with what they are now; and of which entries a change counts.

    In `listed` directories every entry counts, elsewhere those in `entries` do.
    """

    directories: dict[str, Identity] = field(default_factory=dict)
    entries: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)

    def is_about(self, path: str) -> bool:
        """Whether it matters that something happened to `path`."""
        if path in self.entries:
            return True
        directory, _, name = path.rpartition("/")
        return directory in self.listed and not name.startswith(".") and not _is_leftover(name)


class Watch:
    """Directories that are watched while this is entered."""

    __slots__ = ("_events", "_loop", "_waiting")

    def __init__(self, watched: Watched) -> None:
        self._loop = asyncio.get_running_loop()
        self._events = awatch(
            *watched.directories,
            watch_filter=lambda _, path: watched.is_about(path),
            debounce=_MOST_MS,
            step=_STEP_MS,
            rust_timeout=_LOOK_AGAIN_MS,
            yield_on_timeout=True,
            recursive=False,
        )
        self._waiting: asyncio.Task[set[tuple[Change, str]]] | None = None

    async def __aenter__(self) -> "Watch":
        # The first step of the task goes up to where it waits: from then on nothing is missed.
        self._waiting = self._loop.create_task(anext(self._events))
        await asyncio.sleep(0)
        return self

    async def wait_changed(self) -> bool:
        """Whether something happened that matters, or only time went by.

        Raises:
            OSError: a directory cannot be watched.
        """
        assert self._waiting is not None
        has_changed = bool(await self._waiting)
        self._waiting = self._loop.create_task(anext(self._events))
        return has_changed

    async def __aexit__(self, *_: object) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.wait([self._waiting])


def find_watched(files: Iterable[Path], directories: Iterable[Path]) -> Watched:
    """What to watch for `files` and the names in `directories`; absolute paths, there or not."""
    ways = _Ways()
    for path in files:
        ways.add_file(path)
    for path in directories:
        ways.add_directory(path)
    return ways.watched


def _is_leftover(name: str) -> bool:
    return name.endswith(_LEFTOVERS) or name == "4913"  # a name that vim tries out


class _Ways:
    """Walks paths step by step; a directory that was walked to before costs nothing.

    Paths are text here: there are thousands of them, time and again.
    """

    __slots__ = ("_found", "_links", "watched")

    def __init__(self) -> None:
        self.watched = Watched()
        self._found: dict[str, str | None] = {}
        self._links = 0

    def add_file(self, path: Path) -> None:
        found = self._start(path)
        if found is not None:
            self._note(found)
            self._note(_directory(found))

    def add_directory(self, path: Path) -> None:
        found = self._start(path)
        if found is not None:
            self._note(found)
            self._watch(found)
            self.watched.listed.add(found)

    def _start(self, path: Path) -> str | None:
        self._links = 0
        return self._go(str(path))

    def _go(self, path: str) -> str | None:
        """Where `path` leads; None if nowhere: then the place of what is missing is noted."""
        if path == "/":
            return path
        if path not in self._found:
            above, _, name = path.rpartition("/")
            directory = self._go(above or "/")
            self._found[path] = None if directory is None else self._step(directory, name)
        return self._found[path]

    def _step(self, directory: str, name: str) -> str | None:
        if name in ("", "."):
            return directory
        if name == "..":
            return _directory(directory)
        entry = f"{directory.rstrip('/')}/{name}"
        try:
            if not stat.S_ISLNK(os.lstat(entry).st_mode):
                return entry
            self._note(entry)
            self._links += 1
            target = Path(directory, Path(entry).readlink())
            return self._go(str(target)) if self._links <= _MOST_LINKS else None
        except OSError:
            # It is not there, or not for our eyes, or a directory on the way is none.
            self._note(entry)
            self._note(directory)
            return None

    def _note(self, entry: str) -> None:
        self.watched.entries.add(entry)
        self._watch(_directory(entry))

    def _watch(self, directory: str) -> None:
        if directory not in self.watched.directories:
            try:
                status = os.lstat(directory)
            except OSError:
                return
            self.watched.directories[directory] = (status.st_dev, status.st_ino)


def _directory(path: str) -> str:
    return path.rpartition("/")[0] or "/"
