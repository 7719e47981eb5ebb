"""StoredRules: the last good `.rules` documents, kept in a folder over restarts."""

import logging
from pathlib import Path

from bfe_py.control.keeping import digest_of, write_whole

_log = logging.getLogger("bfe.control")

SUFFIX = ".rules"


class StoredRules:
    """One file for each tenant; `folder` None: nothing is kept.

    A folder that cannot be used costs a warning, no more.
    """

    __slots__ = ("_folder", "_known")

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, bytes] = {}
        """Digest of what is in each file."""

    def find(self, tenant: str) -> bytes | None:
        """The document that was kept for a tenant."""
        if self._folder is None:
            return None
        try:
            content = self._path(self._folder, tenant).read_bytes()
        except OSError:
            return None
        self._known[tenant] = digest_of(content)
        return content

    def keep(self, tenant: str, content: bytes) -> None:
        """Keep `content` in place of what was kept before."""
        if self._folder is None or self._known.get(tenant) == digest_of(content):
            return
        path = self._path(self._folder, tenant)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        except OSError as error:
            _log.warning("last good version not kept tenant=%s error=%s", tenant, error)
            return
        self._known[tenant] = digest_of(content)

    def forget(self, tenant: str) -> None:
        """Keep nothing for a tenant."""
        if self._folder is None:
            return
        self._known.pop(tenant, None)
        try:
            self._path(self._folder, tenant).unlink(missing_ok=True)
        except OSError as error:
            _log.warning("last good version not removed tenant=%s error=%s", tenant, error)

    @staticmethod
    def _path(folder: Path, tenant: str) -> Path:
        return folder / f"{tenant}{SUFFIX}"
