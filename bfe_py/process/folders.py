"""Folders that a run writes to."""

import logging
import tempfile
from contextlib import suppress
from pathlib import Path

from bfe_py.process.options import RunOptions
from bfe_py.process.privileges import Identity, provide
from bfe_py.server import Site

_log = logging.getLogger("bfe.process")

_LONGEST_PATH = 100
"""Of a Unix socket; the system takes 107 bytes."""


def make_private() -> Path:
    """A directory that only this user can reach."""
    made = tempfile.mkdtemp(prefix="bfe-py-")
    if len(made) + len("/controller.sock") <= _LONGEST_PATH:
        return Path(made)
    Path(made).rmdir()
    return Path(tempfile.mkdtemp(prefix="bfe-py-", dir="/tmp"))


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
