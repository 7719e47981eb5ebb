"""Set-up of logging: one ``key=value`` line a record, limited for each event.

``2026-01-02 15:04:05.678 WARNING bfe.upstream connect failed cluster=shop error=refused``

The message of a record is a constant phrase with its values behind; the phrase is the event. Of one
event only so many records in a row get through; the next that does says how many did not.
"""

import logging
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from bfe_py.observe.log_file import LogFileHandler
from bfe_py.observe.variables import escape_controls

LOG_FILE = "bfe-py.log"
"""Name of the log in its directory."""

_BURST = 20
_INTERVAL = 10.0
_EVENTS = 1000


def configure_logging(directory: Path | None, *, to_stdout: bool, debug: bool) -> None:
    """Send what ``bfe.*`` loggers say to `directory`/bfe-py.log, the terminal or both.

    What was set up by an earlier call is replaced. A terminal sees a traceback only if `debug`.

    Raises:
        OSError: the file cannot be opened.
    """
    handlers: list[logging.Handler] = []
    if directory is not None:
        handlers.append(LogFileHandler(directory / LOG_FILE))
        handlers[-1].setFormatter(LineFormatter(with_traceback=True))
    if to_stdout:
        handlers.append(logging.StreamHandler(sys.stdout))
        handlers[-1].setFormatter(LineFormatter(with_traceback=debug))
    root = logging.getLogger("bfe")
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        handler.addFilter(EventLimit())
        root.addHandler(handler)
    if not handlers:
        root.addHandler(logging.NullHandler())
    root.propagate = False
    root.setLevel(logging.DEBUG if debug else logging.INFO)


class LineFormatter(logging.Formatter):
    """``DATE TIME LEVEL LOGGER MESSAGE`` in one line; a traceback follows in lines of its own."""

    def __init__(self, *, with_traceback: bool) -> None:
        super().__init__()
        self._with_traceback = with_traceback

    def format(self, record: logging.LogRecord) -> str:
        """`record` as it is written, without the line end."""
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        message = record.getMessage().encode("utf-8", "surrogateescape")
        text = escape_controls(message).decode("utf-8", "replace")
        line = f"{when}.{int(record.msecs):03} {record.levelname} {record.name} {text}"
        suppressed = getattr(record, "suppressed", 0)
        if suppressed:
            line += f" suppressed={suppressed}"
        if record.exc_info and record.exc_info[1] is not None and self._with_traceback:
            trace = "".join(traceback.format_exception(record.exc_info[1])).rstrip()
            line += "\n  " + trace.replace("\n", "\n  ")
        return line


@dataclass(slots=True)
class _Event:
    """How often one event came since `begun`."""

    begun: float
    passed: int = 0
    suppressed: int = 0


class EventLimit(logging.Filter):
    """Lets `burst` records of an event through in `interval` seconds, and counts the others."""

    def __init__(self, burst: int = _BURST, interval: float = _INTERVAL) -> None:
        super().__init__()
        self._burst = burst
        self._interval = interval
        self._events: dict[tuple[str, str], _Event] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether `record` is written; one that is carries the number of those that were not."""
        key = (record.name, str(record.msg))
        event = self._events.get(key)
        if event is None:
            if len(self._events) >= _EVENTS:
                self._events.clear()
            event = self._events[key] = _Event(record.created)
        record.suppressed = 0
        if record.created - event.begun >= self._interval:
            record.suppressed = event.suppressed
            event.begun, event.passed, event.suppressed = record.created, 0, 0
        if event.passed >= self._burst:
            event.suppressed += 1
            return False
        event.passed += 1
        return True
