"""LogFileHandler: the file that processes log to, whatever becomes of it.

Who logs is in the middle of something else, so nothing is raised: a line that cannot be written is
lost and counted. That it is so is said on another channel, once until a line can be written again;
the log says then how many are missing.
"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bfe_py.observe.metrics import Counters, Registry, counter

_MODE = 0o644
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK


class ProcessLogCounters(Counters, prefix="bfe_process_log"):
    """The log of workers and controller."""

    lost: int = counter("Lines of the log of the process that could not be written.")


def _tell_terminal(text: str) -> None:
    # Whoever started us may have closed the terminal since.
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class LogFileHandler(logging.Handler):
    """Appends to the file that `path` names at that moment; makes it, and its folder, if missing.

    Several processes may append to one file. `complain` takes a line that says why lines are lost.

    Raises:
        OSError: the file cannot be opened to begin with.
    """

    def __init__(self, path: Path, complain: Callable[[str], None] = _tell_terminal) -> None:
        super().__init__()
        self._path = path
        self._complain = complain
        self._file = -1
        self._identity = (0, 0)
        self._lost = 0
        """Since a line could be written last."""
        self._is_torn = False
        """What stands in the file ends within a line."""
        self.counters = ProcessLogCounters()
        self._open()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        lines = f"{self.format(record)}\n"
        if self._lost:
            message, values = "log written again lost=%d", (self._lost,)
            again = logging.LogRecord("bfe.observe", logging.WARNING, "", 0, message, values, None)
            lines = f"{self.format(again)}\n{lines}"
        try:
            self._follow()
            self._write(lines.encode("utf-8", "surrogateescape"))
        except OSError as error:
            self._note_lost(error)
        else:
            self._lost = 0

    def close(self) -> None:
        """Close the file."""
        self._close_file()
        super().close()

    def _note_lost(self, error: OSError) -> None:
        self._close_file()
        self.counters.lost += 1
        self._lost += 1
        if self._lost == 1:
            self._complain(
                f"log not written path={self._path} pid={os.getpid()} error={error.strerror}: "
                "lines are lost until it can be (bfe_process_log_lost_total)"
            )

    def _follow(self) -> None:
        """Have the file open that the path names."""
        if self._file >= 0:
            with suppress(FileNotFoundError):
                found = self._path.stat()
                if (found.st_dev, found.st_ino) == self._identity:
                    return
            self._close_file()
        self._open()

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, _FLAGS, _MODE)
        found = os.fstat(self._file)
        self._identity = (found.st_dev, found.st_ino)

    def _write(self, content: bytes) -> None:
        if self._is_torn:
            content = b"\n" + content
        while content:
            written = os.write(self._file, content)
            self._is_torn = written < len(content)
            content = content[written:]

    def _close_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def count_lost_lines(registry: Registry) -> None:
    """Count in `registry` the lines that this process loses from now on."""
    counters = registry.counters(ProcessLogCounters)
    for handler in logging.getLogger("bfe").handlers:
        if isinstance(handler, LogFileHandler):
            handler.counters = counters
