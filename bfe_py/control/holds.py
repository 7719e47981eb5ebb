"""Holds: groups of documents that were rolled back, while their files still are the newer ones.

A hold names the contents that were rolled back from, and those used in their place. It counts for
as long as the files of the group are the very ones that were rolled back from. As soon as one of
them is different, the whole group counts as it is on the disk: documents that belong together were
made together. The hold ends once the group is in use as it is on the disk.
"""

import logging
from collections.abc import Callable, Mapping

import msgspec

from bfe_py.config import Documents
from bfe_py.control.keeping import digest_of
from bfe_py.control.overlay import Contents, Overlay, on_disk

_log = logging.getLogger("bfe.control")


class Hold(msgspec.Struct, frozen=True):
    """Digests of the documents of one group: `refused` on the disk, `used` in their place."""

    refused: dict[str, bytes | None]
    used: dict[str, bytes | None]

    def is_about(self, documents: Documents) -> bool:
        """Whether `documents` are those that were rolled back from."""
        return all(
            digest_maybe(documents.get(path)) == digest for path, digest in self.refused.items()
        )


class Holds:
    """All holds; `used` are the contents of what they use, by digest."""

    __slots__ = ("_used", "by_group")

    def __init__(self, by_group: dict[str, Hold], used: Mapping[bytes, bytes]) -> None:
        self.by_group = by_group
        self._used = used

    @classmethod
    def recall(cls, by_group: dict[str, Hold], find: Callable[[bytes], bytes | None]) -> "Holds":
        """Holds that were remembered; one whose contents `find` does not find holds no more."""
        kept: dict[str, Hold] = {}
        used: dict[bytes, bytes] = {}
        for group, hold in by_group.items():
            found = {one: find(one) for one in hold.used.values() if one is not None}
            if None in found.values():
                _log.error(
                    "rolled back documents are lost, those on the disk count group=%s", group
                )
                continue
            kept[group] = hold
            used.update({digest: one for digest, one in found.items() if one is not None})
        return cls(kept, used)

    @classmethod
    def between(cls, disk: Documents, used: Contents) -> "Holds":
        """Holds of all groups that are another on the `disk` than in `used`."""
        holds: dict[str, Hold] = {}
        contents: dict[bytes, bytes] = {}
        for group, documents in used.items():
            refused = {path: disk.get(path) for path in documents}
            if refused != documents:
                holds[group] = Hold(_digests(refused), _digests(documents))
                contents.update(
                    {digest_of(one): one for one in documents.values() if one is not None}
                )
        return cls(holds, contents)

    def apply(
        self, documents: Documents, is_lifted: Callable[[str], bool] | None = None
    ) -> Documents:
        """`documents`, but what is held as it is used; of groups that are not lifted."""
        contents: dict[str, bytes | None] = {}
        for group, hold in self.by_group.items():
            if (is_lifted is None or not is_lifted(group)) and hold.is_about(documents):
                for path, digest in hold.used.items():
                    contents[path] = None if digest is None else self._used[digest]
        return Overlay(documents, contents) if contents else documents

    def find_free(self, documents: Documents, in_use: Contents) -> list[str]:
        """Groups that are in use as they are on the disk; `documents` came from `apply`."""
        disk = on_disk(documents)
        return [
            group
            for group, hold in self.by_group.items()
            if all(disk.get(path) == in_use.get(group, {}).get(path) for path in hold.refused)
        ]

    def without(self, groups: list[str]) -> "Holds":
        """All but those of `groups`."""
        kept = {name: hold for name, hold in self.by_group.items() if name not in groups}
        return Holds(kept, self._used)


def digest_maybe(content: bytes | None) -> bytes | None:
    """The digest of a content, None of none."""
    return None if content is None else digest_of(content)


def _digests(contents: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    return {path: digest_maybe(content) for path, content in contents.items()}
