"""FileSource: a configuration root and a folder of `.rules` files, watched."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from bfe_py.control.confined import read_confined
from bfe_py.control.source import Bundle
from bfe_py.control.watching import Watch, Watched, find_watched

_log = logging.getLogger("bfe.control")

RULES_FOLDER = "rules/"
"""What document names of `.rules` files begin with, wherever the folder is."""

_AGAIN_SECONDS = 0.02
_BLIND_SECONDS = 2.0
"""How often files are read where they cannot be watched."""


@dataclass(slots=True)
class Trace:
    """Which files and directories somebody asked for, there or not."""

    files: set[Path] = field(default_factory=set)
    directories: set[Path] = field(default_factory=set)


class FileDocuments:
    """Files as they are when first asked for; asked again, they are still the same."""

    __slots__ = ("_listings", "_read", "_root", "_rules", "_trace")

    def __init__(
        self,
        root: Path | None,
        rules: Path | None,
        given: Mapping[str, bytes] | None = None,
        trace: Trace | None = None,
    ) -> None:
        self._root = root
        self._rules = rules
        self._read: dict[str, bytes | None] = dict(given or {})
        self._listings: dict[str, tuple[str, ...] | None] = {}
        self._trace = trace or Trace()

    def get(self, path: str) -> bytes | None:
        """Content of a file; a name that begins with ``rules/`` is one of the rules folder.

        What lies in a folder below that one is a tenant's, and only read if it does lie there.
        """
        if path not in self._read:
            self._read[path] = self._load(path)
        return self._read[path]

    def names(self, path: str) -> tuple[str, ...] | None:
        """Names in a directory, in order; None if there is none."""
        if path not in self._listings:
            self._listings[path] = self._list(path)
        return self._listings[path]

    def _load(self, path: str) -> bytes | None:
        full = self._full(path)
        self._trace.files.add(full)
        try:
            tenant, slash, name = path.removeprefix(RULES_FOLDER).partition("/")
            if slash and path.startswith(RULES_FOLDER):
                return read_confined(self._full(RULES_FOLDER + tenant), name)
            return full.read_bytes()
        except (OSError, ValueError, RuntimeError) as error:
            is_missing = isinstance(error, FileNotFoundError | NotADirectoryError)
            level = logging.DEBUG if is_missing else logging.WARNING
            reason = getattr(error, "strerror", None) or error
            _log.log(level, "document not read path=%s error=%s", full, reason)
            return None

    def _list(self, path: str) -> tuple[str, ...] | None:
        full = self._full(path)
        self._trace.directories.add(full)
        try:
            return tuple(sorted([entry.name for entry in full.iterdir()]))
        except (OSError, ValueError):
            return None

    def _full(self, path: str) -> Path:
        if self._rules is not None and (path + "/").startswith(RULES_FOLDER):
            return self._rules / path[len(RULES_FOLDER) :]
        return Path(path) if self._root is None else self._root / path


class FileSource:
    """The files below a configuration root and in a rules folder; either may be absent.

    Watched is what was asked for, wherever it is: documents, the directories that were listed, and
    every symbolic link on the way to them. `given` are documents that are there without a file.
    """

    __slots__ = ("_given", "_root", "_rules", "_trace", "_versions")

    def __init__(
        self, root: Path | None, rules: Path | None, given: Mapping[str, bytes] | None = None
    ) -> None:
        self._given = given
        self._root = None if root is None else root.absolute()
        self._rules = None if rules is None else rules.absolute()
        self._versions = count(1)
        self._trace = Trace()

    def take(self) -> Bundle:
        """The files as they are now."""
        documents = FileDocuments(self._root, self._rules, self._given, self._trace)
        return Bundle(next(self._versions), documents)

    async def changes(self) -> AsyncGenerator[Bundle, None]:
        """The files again, each time some of them changed."""
        while True:
            watched = self._find_watched()
            try:
                async with Watch(watched) as watch:
                    yield self._take_anew()  # what changed before it was watched
                    while watched == self._find_watched():
                        if await watch.wait_changed():
                            yield self._take_anew()
            except FileNotFoundError:
                await asyncio.sleep(_AGAIN_SECONDS)  # it went away just before it was watched
            except OSError as error:
                _log.warning("files cannot be watched error=%s", error)
                await asyncio.sleep(_BLIND_SECONDS)
                yield self._take_anew()

    def _take_anew(self) -> Bundle:
        """The files as they are now; what nobody asks for from now on need not be watched."""
        self._trace = Trace()
        return self.take()

    def _find_watched(self) -> Watched:
        files, directories = set(self._trace.files), set(self._trace.directories)
        if self._root is not None:
            files.add(self._root / "bfe.conf")  # stands for the root itself
        if self._rules is not None:
            directories.add(self._rules)
        return find_watched(files, directories)
