"""Overlay: documents with other contents for some of them."""

from collections.abc import Mapping

from bfe_py.config import Documents
from bfe_py.control.files import RULES_FOLDER
from bfe_py.control.stored import SUFFIX

Contents = Mapping[str, Mapping[str, bytes | None]]
"""Group of documents -> path -> content; None: there is no such document."""


class Overlay:
    """`below`, but for the documents in `contents`; None: it is not there.

    A `.rules` document is found in the folder of them if it is there, and not if it is not.
    """

    __slots__ = ("_contents", "below")

    def __init__(self, below: Documents, contents: Mapping[str, bytes | None]) -> None:
        self.below = below
        self._contents = contents

    def get(self, path: str) -> bytes | None:
        """Content of a document."""
        return self._contents[path] if path in self._contents else self.below.get(path)

    def names(self, path: str) -> tuple[str, ...] | None:
        """Names in a directory."""
        names = self.below.names(path)
        if path != RULES_FOLDER:
            return names
        known = set(names or ())
        for document, content in self._contents.items():
            if is_rules(document):
                name = document.removeprefix(RULES_FOLDER)
                (known.discard if content is None else known.add)(name)
        return names if names is None and not known else tuple(sorted(known))


def on_disk(documents: Documents) -> Documents:
    """What is really there, below whatever is laid over it."""
    while isinstance(documents, Overlay):
        documents = documents.below
    return documents


def with_version(below: Documents, contents: Contents) -> Overlay:
    """`below`, but for the documents of a version, by group; no other tenant is there."""
    whole = without_others(contents, below)
    return Overlay(below, {path: one for group in whole.values() for path, one in group.items()})


def without_others(contents: Contents, below: Documents) -> Contents:
    """`contents` of a version, by group; and tenants that only `below` has are not there."""
    known = {path for group in contents.values() for path in group}
    paths = [RULES_FOLDER + name for name in below.names(RULES_FOLDER) or ()]
    others = {
        path.removesuffix(SUFFIX): {path: None}
        for path in paths
        if is_rules(path) and path not in known
    }
    return {**contents, **others}


def is_rules(path: str) -> bool:
    """Whether a path is that of a tenant's `.rules` document."""
    return path.startswith(RULES_FOLDER) and path.endswith(SUFFIX)
