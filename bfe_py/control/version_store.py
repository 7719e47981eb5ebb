"""VersionStore: good versions on a disk, for `Versions`.

A version is a small file that names its documents by digest; a document is kept once, under its
digest, however many versions have it. A third kind of file says which version is in use, and what
was rolled back from. Each counts only whole: it is written beside and renamed, and has its digest
in it. What is damaged is left out, with a line in the log.
"""

import logging
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from bfe_py.control.holds import Hold
from bfe_py.control.keeping import digest_of, seal, unseal, write_whole

_log = logging.getLogger("bfe.control")

FOLDER = "versions"
"""Its name in the state directory."""

_DOCUMENTS = "documents"
_IN_USE = "in-use"
_SUFFIX = ".version"
_HEAD = b"bfe-py version 1\n"
_FAST = 1
"""Level of compression: text shrinks to a fifth, and nobody waits."""

Digests = dict[str, dict[str, bytes | None]]
"""Group of documents -> path -> digest of the content; None: there is no such document."""

T = TypeVar("T")


class Version(msgspec.Struct, frozen=True):
    """One good version: `at` (wall clock) it came into use, in place of the version `before`.

    `digest` is that of all it was made of, keys and files of others too; `changes` are lines for
    operators.
    """

    number: int
    digest: str
    at: float
    before: int = 0
    changes: list[str] = []


class State(msgspec.Struct, frozen=True):
    """Which version is in use `since` then (wall clock); holds by group."""

    in_use: int = 0
    since: float = 0.0
    holds: dict[str, Hold] = {}


class _Record(msgspec.Struct, frozen=True, array_like=True):
    version: Version
    documents: bytes


class VersionStore:
    """The files below `state`, at most so many versions and bytes."""

    def __init__(self, state: Path, most: int, most_bytes: int) -> None:
        self._folder = state / FOLDER
        self._most = most
        self._most_bytes = most_bytes
        self._sizes: dict[str, int] | None = None
        """Of documents that are there, by file name; None before anybody looked."""
        self._is_failing = False
        self._told: set[Path] = set()
        """Damaged files that the log speaks of."""

    # --- reading

    def versions(self) -> list[Version]:
        """All that are kept, oldest first."""
        found = [self._read(path, _Record) for path in self._folder.glob(f"*{_SUFFIX}")]
        versions = [record.version for record in found if record is not None]
        return sorted(versions, key=lambda one: one.number)

    def state(self) -> State:
        """What was in use last."""
        return self._read(self._folder / _IN_USE, State) or State()

    def digests(self, number: int) -> Digests | None:
        """Which documents a version is made of; None if it is not there."""
        record = self._read(self._path(number), _Record)
        if record is None:
            return None
        return msgspec.msgpack.decode(zlib.decompress(record.documents), type=Digests)

    def content(self, digest: bytes) -> bytes | None:
        """The document of that digest; None if it is not there, or not what it was."""
        try:
            content = zlib.decompress((self._folder / _DOCUMENTS / digest.hex()).read_bytes())
        except (OSError, zlib.error):
            return None
        return content if digest_of(content) == digest else None

    def _read(self, path: Path, kind: type[T]) -> T | None:
        try:
            packed = unseal(_HEAD, path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            self._tell(path, error.strerror or str(error))
            return None
        try:
            if packed is not None:
                return msgspec.msgpack.decode(packed, type=kind)
        except msgspec.DecodeError:
            pass
        self._tell(path, "damaged, or of another kind")
        return None

    def _tell(self, path: Path, why: str) -> None:
        if path not in self._told:
            self._told.add(path)
            _log.warning("kept version ignored path=%s error=%s", path, why)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}{_SUFFIX}"

    # --- writing

    def keep(self, version: Version, digests: Digests, contents: Mapping[bytes, bytes]) -> bool:
        """Keep a version, with those of its documents that are not kept yet; whether it is.

        What then is too much goes, the oldest first.
        """
        try:
            sizes = self._prepare()
            for digest, content in contents.items():
                if digest.hex() not in sizes:
                    packed = zlib.compress(content, _FAST)
                    write_whole(self._folder / _DOCUMENTS / digest.hex(), packed)
                    sizes[digest.hex()] = len(packed)
            documents = zlib.compress(msgspec.msgpack.encode(digests), _FAST)
            self._write(self._path(version.number), _Record(version, documents))
        except OSError as error:
            self._failed("version not kept", error)
            return False
        self._is_failing = False
        return True

    def keep_state(self, state: State) -> bool:
        """Remember what is in use, and what not; whether it is remembered."""
        try:
            self._prepare()
            self._write(self._folder / _IN_USE, state)
        except OSError as error:
            self._failed("version in use not remembered", error)
            return False
        return True

    def prune(self, state: State) -> list[int]:
        """Let go what is too much, the oldest first, and the version in use last; their numbers."""
        gone: list[int] = []
        try:
            sizes = self._prepare()
            versions = self.versions()
            if len(versions) <= self._most and sum(sizes.values()) <= self._most_bytes:
                return gone
            kept = {one.number: self._documents(one.number) for one in versions}
            held = {one.hex() for hold in state.holds.values() for one in hold.used.values() if one}
            spare = sorted(kept, key=lambda number: (number == state.in_use, number))
            while kept and (len(kept) > self._most or _size(held, kept, sizes) > self._most_bytes):
                number = spare.pop(0)
                if number == state.in_use:
                    _log.warning("version not kept: it is too large number=%d", number)
                self._path(number).unlink(missing_ok=True)
                del kept[number]
                gone.append(number)
            for name in sizes.keys() - held.union(*kept.values()):
                (self._folder / _DOCUMENTS / name).unlink(missing_ok=True)
                del sizes[name]
        except OSError as error:
            self._failed("versions not removed", error)
        return gone

    def _documents(self, number: int) -> set[str]:
        groups = self.digests(number) or {}
        return {one.hex() for group in groups.values() for one in group.values() if one is not None}

    def _prepare(self) -> dict[str, int]:
        if self._sizes is None or not self._folder.is_dir():
            documents = self._folder / _DOCUMENTS
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            documents.mkdir(mode=0o700, exist_ok=True)
            self._sizes = {one.name: one.stat().st_size for one in documents.iterdir()}
        return self._sizes

    @staticmethod
    def _write(path: Path, value: object) -> None:
        write_whole(path, seal(_HEAD, msgspec.msgpack.encode(value)))

    def _failed(self, what: str, error: OSError) -> None:
        """Say so once, until it works again."""
        self._sizes = None
        if not self._is_failing:
            _log.warning("%s folder=%s error=%s", what, self._folder, error)
        self._is_failing = True


def _size(held: set[str], kept: Mapping[int, set[str]], sizes: Mapping[str, int]) -> int:
    return sum(sizes.get(name, 0) for name in held.union(*kept.values()))
