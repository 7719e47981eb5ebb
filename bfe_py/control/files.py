"""FileSource: a configuration root and a folder of `.rules` files, watched."""

import logging
from collections.abc import AsyncIterator, Mapping
from itertools import count
from pathlib import Path

from watchfiles import DefaultFilter, awatch

from bfe_py.control.source import Bundle

_log = logging.getLogger("bfe.control")

RULES_FOLDER = "rules/"
"""What document names of `.rules` files begin with, wherever the folder is."""

_STEP_MS = 20
_REST_MS = 100
"""Changes that come closer together than this are one change: an editor writes, then renames."""


class FileDocuments:
    """Files as they are when first asked for; asked again, they are still the same."""

    __slots__ = ("_read", "_root", "_rules")

    def __init__(
        self, root: Path | None, rules: Path | None, given: Mapping[str, bytes] | None = None
    ) -> None:
        self._root = root
        self._rules = rules
        self._read: dict[str, bytes | None] = dict(given or {})

    def get(self, path: str) -> bytes | None:
        """Content of a file; a name that begins with ``rules/`` is one of the rules folder."""
        if path not in self._read:
            self._read[path] = self._load(path)
        return self._read[path]

    def names(self, path: str) -> tuple[str, ...] | None:
        """Names in a directory, in order; None if there is none."""
        try:
            return tuple(sorted([entry.name for entry in self._full(path).iterdir()]))
        except OSError:
            return None

    def _load(self, path: str) -> bytes | None:
        full = self._full(path)
        try:
            return full.read_bytes()
        except (OSError, ValueError) as error:
            _log.debug("document not read path=%s error=%s", full, error)
            return None

    def _full(self, path: str) -> Path:
        if self._rules is not None and (path + "/").startswith(RULES_FOLDER):
            return self._rules / path[len(RULES_FOLDER) :]
        return Path(path) if self._root is None else self._root / path


class _Filter(DefaultFilter):
    """What editors leave lying about is no configuration."""

    ignore_entity_patterns = (*DefaultFilter.ignore_entity_patterns, r"^4913$", r"~$", r"\.tmp$")


class FileSource:
    """The files below a configuration root and in a rules folder; either may be absent.

    `given` are documents that are there without a file.
    """

    __slots__ = ("_given", "_root", "_rules", "_versions")

    def __init__(
        self, root: Path | None, rules: Path | None, given: Mapping[str, bytes] | None = None
    ) -> None:
        self._given = given
        self._root = root
        self._rules = rules
        self._versions = count(1)

    def take(self) -> Bundle:
        """The files as they are now."""
        return Bundle(next(self._versions), FileDocuments(self._root, self._rules, self._given))

    async def changes(self) -> AsyncIterator[Bundle]:
        """The files again, each time some of them changed."""
        watched = [path for path in (self._root, self._rules) if path is not None]
        async for _ in awatch(
            *watched,
            watch_filter=_Filter(),
            debounce=_REST_MS,
            step=_STEP_MS,
            recursive=True,
            raise_interrupt=False,
        ):
            yield self.take()
