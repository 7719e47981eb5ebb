"""Documents: where the bytes of a configuration come from."""

from pathlib import Path
from typing import Protocol


class Documents(Protocol):
    """Documents by path: relative to the configuration root, or absolute."""

    def get(self, path: str) -> bytes | None:
        """Content of a document, None if there is none or it cannot be read."""

    def names(self, path: str) -> tuple[str, ...] | None:
        """Names in a directory, in order; None if there is no such directory."""


class Directory:
    """The documents below `root`."""

    __slots__ = ("_root",)

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, path: str) -> bytes | None:
        """Content of a file."""
        try:
            return (self._root / path).read_bytes()
        except (OSError, ValueError):
            return None

    def names(self, path: str) -> tuple[str, ...] | None:
        """Names of files and directories."""
        try:
            return tuple(sorted([entry.name for entry in (self._root / path).iterdir()]))
        except (OSError, ValueError):
            return None
