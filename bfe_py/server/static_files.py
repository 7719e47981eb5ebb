"""StaticFiles: files that are read once; a change of one needs a restart, and is told."""

import logging
from collections.abc import Mapping

from bfe_py.config import Documents

_log = logging.getLogger("bfe.server")


class StaticFiles:
    """Compares files with what they were when everything started.

    `contents`: what they were, by path below the root.
    """

    __slots__ = ("_contents", "_told")

    def __init__(self, contents: Mapping[str, bytes | None]) -> None:
        self._contents = contents
        self._told = dict(contents)

    def compare(self, documents: Documents) -> None:
        """Say of every file that was changed since the last call that it needs a restart."""
        for path, content in self._contents.items():
            now = documents.get(path)
            if now not in (content, self._told[path]):
                _log.warning("file changed that needs a restart path=%s", path)
            self._told[path] = now
