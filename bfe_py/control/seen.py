"""What was looked at of documents: to know whether it changed, and to look at it again."""

from collections.abc import Iterable

import msgspec

from bfe_py.config import Documents


class Seen(msgspec.Struct, frozen=True):
    """Documents and directories as they were when somebody looked at them."""

    contents: dict[str, bytes | None] = {}
    listings: dict[str, tuple[str, ...] | None] = {}

    def has_changed(self, documents: Documents) -> bool:
        """Whether any of it is different in `documents`."""
        return any(
            documents.get(path) != content for path, content in self.contents.items()
        ) or any(documents.names(path) != names for path, names in self.listings.items())

    def get(self, path: str) -> bytes | None:
        """Content of a document as it was."""
        return self.contents.get(path)

    def names(self, path: str) -> tuple[str, ...] | None:
        """Names in a directory as they were."""
        return self.listings.get(path)


def merge_seen(several: Iterable[Seen]) -> Seen:
    """All of it together."""
    merged = Seen({}, {})
    for one in several:
        merged.contents.update(one.contents)
        merged.listings.update(one.listings)
    return merged


class Looking:
    """Documents that remember in `seen` what was looked at."""

    __slots__ = ("_documents", "seen")

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.seen = Seen({}, {})

    def get(self, path: str) -> bytes | None:
        """Content of a document."""
        content = self.seen.contents[path] = self._documents.get(path)
        return content

    def names(self, path: str) -> tuple[str, ...] | None:
        """Names in a directory."""
        names = self.seen.listings[path] = self._documents.names(path)
        return names
