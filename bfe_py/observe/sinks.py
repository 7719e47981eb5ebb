"""Log files that are appended to without waiting for a disk.

Lines wait in a list that every flush bounds; `flush`, called by a timer of the owner, writes them
with one system call to a file opened for appending, so that several processes can share it. A file
is put aside by renaming it. Who renames holds a lock on the file itself and looks first whether the
path still names it: of several processes one renames, the others see that the path names another
file and open that one.
"""

import fcntl
import logging
import os
import re
import stat
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bfe_py.observe.metrics import Counters, counter

_log = logging.getLogger("bfe.observe")

_MODE = 0o644
_PAUSE_SECONDS = 1.0
"""How long a file that could not be written is left alone."""
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK


class LogCounters(Counters, prefix="bfe_log"):
    """All log files together."""

    lines: int = counter("Lines written.")
    dropped: int = counter("Lines dropped because too many waited, or because the process ended.")
    failures: int = counter("Times the file could not be opened or written.")


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a log file is put aside; `unit` is M, H, D, MIDNIGHT or NEXTHOUR, empty for never.

    `keep` is how many of those that were put aside remain.
    """

    unit: str = ""
    keep: int = 0


@dataclass(frozen=True, slots=True)
class _Unit:
    """`seconds` between two rotations; `is_aligned`: at the full hour or day, local time."""

    seconds: int
    suffix: str
    pattern: str
    is_aligned: bool = False


_DAY = r"\d{4}-\d\d-\d\d"
_UNITS = {
    "M": _Unit(60, "%Y-%m-%d_%H-%M", _DAY + r"_\d\d-\d\d"),
    "H": _Unit(3600, "%Y-%m-%d_%H", _DAY + r"_\d\d"),
    "D": _Unit(86400, "%Y-%m-%d", _DAY),
    "MIDNIGHT": _Unit(86400, "%Y-%m-%d", _DAY, is_aligned=True),
    "NEXTHOUR": _Unit(3600, "%Y-%m-%d_%H", _DAY + r"_\d\d", is_aligned=True),
}

ROTATION_UNITS = tuple(_UNITS)
"""What `Rotation.unit` may be, in upper case."""


class FileLog:
    """A log file; also a pipe or a device, such as ``/dev/stdout``.

    Args:
        path: where it is; missing directories are made.
        rotation: when it is put aside.
        counters: what is counted.
        limit: most bytes that a flush takes or leaves; lines beyond are dropped.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        rotation: Rotation,
        counters: LogCounters,
        *,
        limit: int = 16 * 1024 * 1024,
    ) -> None:
        self.path = path
        self._unit = _UNITS[rotation.unit.upper()] if rotation.unit else None
        self._keep = rotation.keep
        self._counters = counters
        self._limit = limit
        self._lines: list[bytes] = []
        self.write: Callable[[bytes], None] = self._lines.append
        """Append one line (its line end included); never waits, and counts nothing: each exchange
        does this once."""
        self._file = -1
        self._identity = (0, 0)
        self._is_regular = True
        self._due = 0.0
        self._failed: float | None = None
        """When it could not be written last; None: it could."""
        self._lost = 0
        """Lines that were dropped since it could be written last."""
        self._open()

    def flush(self, now: float) -> None:
        """Write what waits, and put the file aside if it is time; `now` is the wall clock.

        What cannot be written waits for a later call, within the limit.
        """
        if self._failed is not None and 0 <= now - self._failed < _PAUSE_SECONDS:
            return
        is_due = self._unit is not None and now >= self._due
        if not self._lines and not is_due:
            return
        if self.waiting > self._limit:
            self._drop()
        try:
            self._follow(now)
            if self._lines:
                self._write_lines()
        except BlockingIOError:
            return  # a pipe whose reader is slow
        except OSError as error:
            self._note_failure(error, now)
        else:
            self._note_success()

    def _note_failure(self, error: OSError, now: float) -> None:
        self._counters.failures += 1
        self._close_file()
        if self._failed is None:
            _log.error("log file failed path=%s error=%s", self.path, error.strerror)
        self._failed = now

    def _note_success(self) -> None:
        if self._failed is not None:
            _log.warning("log file written again path=%s dropped=%d", self.path, self._lost)
            self._failed, self._lost = None, 0

    def reopen(self) -> None:
        """Close the file; the next flush opens what the path then names."""
        self._close_file()
        self._failed = None

    def _close_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def close(self, now: float) -> None:
        """Write what waits and close the file; what cannot be written is lost."""
        self._failed = None
        self.flush(now)
        if self._lines:
            lost = len(self._lines)
            self._counters.dropped += lost
            _log.error("log lines lost path=%s lines=%d", self.path, lost)
            self._lines.clear()
        self._close_file()

    @property
    def waiting(self) -> int:
        """Bytes that are not yet written."""
        return sum(map(len, self._lines))

    def _drop(self) -> None:
        """Drop the lines beyond the limit."""
        lines = self._lines
        kept = bisect_right([*accumulate(map(len, lines))], self._limit)
        self._counters.dropped += len(lines) - kept
        self._lost += len(lines) - kept
        del lines[kept:]

    def _write_lines(self) -> None:
        pending = b"".join(self._lines)
        written = os.write(self._file, pending)
        if written == len(pending):
            self._counters.lines += len(self._lines)
            self._lines.clear()
            return
        rest = pending[written:]
        self._counters.lines += pending.count(b"\n", 0, written)
        self._lines[:] = rest.splitlines(keepends=True)

    # --- which file it is

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, _FLAGS, _MODE)
        found = os.fstat(self._file)
        self._identity = (found.st_dev, found.st_ino)
        self._is_regular = stat.S_ISREG(found.st_mode)
        if self._unit is not None:
            self._due = _next_rotation(self._unit, found.st_mtime)

    def _follow(self, now: float) -> None:
        """Have the file open that the path names, the one before put aside if that is due."""
        if self._file < 0:
            self._open()
        if not self._is_regular:
            return
        if self._unit is not None and now >= self._due:
            if os.fstat(self._file).st_size == 0:
                self._due = _next_rotation(self._unit, now)
                return
            self._put_aside(self._unit)
        elif self._is_path_ours():
            return
        self._close_file()
        self._open()

    def _is_path_ours(self) -> bool:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def _put_aside(self, unit: _Unit) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)  # released when the file is closed
        if not self._is_path_ours():
            return
        begun = time.localtime(self._due - unit.seconds)
        target = _unused(
            self.path.with_name(f"{self.path.name}.{time.strftime(unit.suffix, begun)}")
        )
        self.path.rename(target)
        _remove_oldest(self.path, unit, self._keep)


def _next_rotation(unit: _Unit, start: float) -> float:
    if not unit.is_aligned:
        return start + unit.seconds
    local = time.localtime(start)
    if unit.seconds < 86400:
        hour = (local.tm_year, local.tm_mon, local.tm_mday, local.tm_hour + 1, 0, 0, 0, 0, -1)
        return time.mktime(hour)
    day = (local.tm_year, local.tm_mon, local.tm_mday + 1, 0, 0, 0, 0, 0, -1)
    return time.mktime(day)


def _unused(target: Path) -> Path:
    """`target`, with a number behind it if a file of that name is there: none is overwritten."""
    number = 0
    candidate = target
    while candidate.exists():
        number += 1
        candidate = target.with_name(f"{target.name}.{number}")
    return candidate


def _remove_oldest(path: Path, unit: _Unit, keep: int) -> None:
    pattern = re.compile(re.escape(path.name) + r"\." + unit.pattern + r"(\.\d+)?")
    aside = sorted(each for each in path.parent.iterdir() if pattern.fullmatch(each.name))
    for each in aside[: max(len(aside) - keep, 0)]:
        each.unlink(missing_ok=True)
