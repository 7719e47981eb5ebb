"""Folders that a run writes to."""

import fcntl
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from bfe_py.process.options import RunOptions
from bfe_py.process.privileges import Identity, provide
from bfe_py.server import Site

_log = logging.getLogger("bfe.process")

LOCK = "lock"
"""File of a private folder that is locked for as long as a process of the run is there."""

_PREFIX = "bfe-py-"
_LONGEST_PATH = 100
"""Of a Unix socket; the system takes 107 bytes."""


@contextmanager
def private_folder(environment: Mapping[str, str]) -> Iterator[Path]:
    """A directory that only this user can reach, removed at the end; those left by runs that were
    killed are removed as well.

    It is in the runtime directory of the service (systemd.exec(5)) if there is one, where nobody
    tidies up, or else where temporary files go.
    """
    folder = _make_private(environment)
    with (folder / "new").open("w") as lock:  # children have it too
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "new").rename(folder / LOCK)  # nobody finds it before it is locked
            _remove_left(folder.parent)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_left(parent: Path) -> None:
    """Remove private folders of ours whose lock nobody has."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # somebody has it, or it is none of these
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                continue
            with (folder / LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)


def _make_private(environment: Mapping[str, str]) -> Path:
    made = tempfile.mkdtemp(prefix=_PREFIX, dir=_runtime_folder(environment))
    if _is_short(made):
        return Path(made)
    Path(made).rmdir()
    return Path(tempfile.mkdtemp(prefix=_PREFIX, dir="/tmp"))


def _is_short(folder: str) -> bool:
    return len(os.fsencode(folder)) + len("/controller.sock") <= _LONGEST_PATH


def _runtime_folder(environment: Mapping[str, str]) -> str | None:
    """The first runtime directory; None if this process cannot use it."""
    first = environment.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    is_usable = Path(first).is_absolute() and Path(first).is_dir() and os.access(first, os.W_OK)
    return first if is_usable and _is_short(f"{first}/bfe-py-XXXXXXXX") else None


def _state_folder(options: RunOptions, site: Site) -> Path | None:
    named = site.static.own.state_directory
    return site.folder / named if named else options.state_directory


def provide_folders(options: RunOptions, site: Site, identity: Identity) -> None:
    """Make folders for logs and state that are not there, for who is going to write to them.

    What cannot be made is said by who needs it.
    """
    for folder in (options.log_directory, _state_folder(options, site)):
        if folder is not None:
            with suppress(OSError):
                provide(folder, identity)


def find_state(options: RunOptions, site: Site) -> Path | None:
    """Where last good versions and what was checked are kept; None if that cannot be.

    The operator is told, but where there are BFE's files alone a start merely takes longer then.
    """
    state = _state_folder(options, site)
    if state is None:
        return None
    try:
        state.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=state):
            return state
    except OSError as error:
        if site.rules is None:
            _log.info("nothing is kept over a restart folder=%s error=%s", state, error.strerror)
            return None
        options.report(
            f"warning: last good .rules documents are not kept over a restart: "
            f"cannot write to {state}: {error.strerror}"
        )
        return None
