"""Checked: what documents were found to say, kept on a disk for the next start.

An entry is what one group of documents decoded to, with the findings about it and a digest of every
document that was looked at; it counts only while all of those are the same. All entries are one
file, which counts only with its own digest at its head and under the key of whoever wrote it: the
program, to the last of its files, and what it was configured with. Anything else is ignored, and
written anew.

Values that hold contents of other files, which may be keys or passwords, are never kept.
"""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from bfe_py.config import (
    BalanceGroup,
    Decoded,
    Finding,
    Group,
    JsonPlaces,
    ModuleGroup,
    NameConf,
    Places,
    Report,
    ServerGroup,
    TenantGroup,
    read_text,
)
from bfe_py.control.keeping import digest_of, seal, unseal, write_whole
from bfe_py.control.seen import Looking, Seen

_log = logging.getLogger("bfe.control")

NAME = "checked.cache"
_FORMAT = b"bfe-py checked documents 1\n"
_MOST_FINDINGS = 1000
_KINDS: tuple[type[msgspec.Struct], ...] = (
    ServerGroup,
    BalanceGroup,
    NameConf,
    ModuleGroup,
    TenantGroup,
)
_KIND_OF = {kind.__name__: kind for kind in _KINDS}


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One group of documents.

    `contents` are digests, `placed` the documents in which findings can be placed; `kind` is the
    type of `value`.
    """

    contents: dict[str, bytes | None]
    listings: dict[str, tuple[str, ...] | None]
    placed: list[str]
    findings: list[Finding]
    kind: str
    value: msgspec.Raw


Entries = dict[str, Entry]


class CheckedStore:
    """The file in `folder`, None: nothing is kept. `key` says for whom its entries count."""

    __slots__ = ("_entries", "_head", "_path")

    def __init__(self, folder: Path | None, key: bytes) -> None:
        self._path = None if folder is None else folder / NAME
        self._head = _FORMAT + digest_of(key)
        self._entries: Entries | None = None

    def find(self, group: Group, looking: Looking) -> Decoded | None:
        """What the documents of `group` were found to say, if they are still the same.

        `looking` sees every document that this depends on.
        """
        if self._entries is None:
            self._entries = self._read()
        entry = self._entries.get(group.name)
        if entry is None or not _is_same(entry, looking):
            return None
        try:
            value = msgspec.msgpack.decode(entry.value, type=_KIND_OF[entry.kind])
        except (KeyError, msgspec.DecodeError) as error:
            _log.warning("checked documents not understood group=%s error=%s", group.name, error)
            return None
        files = (*entry.contents, *entry.listings)
        return Decoded(group, value, Report(entry.findings), files, _places(entry, looking))

    def forget(self) -> None:
        """Everything was looked at: entries that were read are of no use any more."""
        self._entries = {}

    def keep(self, checked: Iterable[tuple[Decoded, Seen]]) -> None:
        """Write entries for these in place of whatever is there."""
        if self._path is None:
            return
        entries = {
            decoded.group.name: _entry(decoded, seen)
            for decoded, seen in checked
            if _may_be_kept(decoded)
        }
        packed = msgspec.msgpack.encode(entries)
        try:
            write_whole(self._path, seal(self._head, packed))
        except OSError as error:
            _log.warning("checked documents not kept path=%s error=%s", self._path, error)

    def _read(self) -> Entries:
        if self._path is None:
            return {}
        try:
            content = self._path.read_bytes()
        except OSError:
            return {}
        packed = unseal(self._head, content)
        if packed is None:
            _log.info("checked documents of another kind, or damaged, ignored path=%s", self._path)
            return {}
        try:
            return msgspec.msgpack.decode(packed, type=Entries)
        except msgspec.DecodeError as error:
            _log.warning("checked documents ignored path=%s error=%s", self._path, error)
            return {}


def _is_same(entry: Entry, looking: Looking) -> bool:
    for path, digest in entry.contents.items():
        content = looking.get(path)
        if (None if content is None else digest_of(content)) != digest:
            return False
    return all(looking.names(path) == names for path, names in entry.listings.items())


def _places(entry: Entry, looking: Looking) -> Mapping[str, Places]:
    places: dict[str, Places] = {}
    for path in entry.placed:
        text = read_text(looking.get(path) or b"", path, Report())
        if text is not None:
            places[path] = JsonPlaces(text)
    return places


def _may_be_kept(decoded: Decoded) -> bool:
    """Whether it is of use, and holds nothing but what the documents themselves say."""
    match decoded.value:
        case ServerGroup(files=files) | TenantGroup(files=files):
            has_files = bool(files)
        case ModuleGroup(documents=documents):
            has_files = any(document.files for document in documents.values())
        case BalanceGroup() | NameConf():
            has_files = False
        case _:
            return False
    return not has_files and len(decoded.report) <= _MOST_FINDINGS


def _entry(decoded: Decoded, seen: Seen) -> Entry:
    return Entry(
        {
            path: None if content is None else digest_of(content)
            for path, content in seen.contents.items()
        },
        seen.listings,
        [path for path, places in decoded.places.items() if isinstance(places, JsonPlaces)],
        list(decoded.report),
        type(decoded.value).__name__,
        msgspec.Raw(msgspec.msgpack.encode(decoded.value)),
    )
