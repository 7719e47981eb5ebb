"""How long it takes until something that was changed is live, seen from outside."""

import http.client
import time
from collections.abc import Callable
from pathlib import Path

from loadtest.estate import Estate, mark_path, tenant_name
from loadtest.load import LoadError
from loadtest.processes import Launch, started, tail
from loadtest.request import FIELDS
from loadtest.tree import Ports

_TICK = 0.005
_IN_A_ROW = 8
"""So many new connections have to find the same: each may go to another worker."""


_MARK = "MARK"


class Tenancy:
    """A folder of `.rules` documents that a running proxy serves with."""

    def __init__(self, estate: Estate, folder: Path, ports: Ports) -> None:
        self.ports = ports
        self._path = folder / f"{tenant_name(0)}.rules"
        self._text = estate.first_document(ports.backend, _MARK)
        self._changes = 0

    def change(self) -> str:
        """Change one rule of the first tenant; the path that only this version answers for."""
        self._changes += 1
        mark = f"m{self._changes}"
        fresh = self._path.with_name(f".{self._path.name}.new")
        fresh.write_text(self._text.replace(_MARK, mark), "utf-8")
        fresh.replace(self._path)
        return mark_path(mark)

    def change_and_wait(self, patience: float) -> float:
        """Change a rule; seconds until every connection finds it.

        Raises:
            LoadError: it is not live after `patience` seconds.
        """
        begun = time.monotonic()
        path = self.change()
        until(lambda: ask(self.ports.http, path) == MARKED, patience, path)
        return time.monotonic() - begun


MARKED = 500
"""From this status on: a rule that is marked leads to a backend that is not there."""


def until(is_so: Callable[[], bool], patience: float, what: str) -> None:
    """Return once it was so several times in a row.

    Raises:
        LoadError: it is not, after `patience` seconds.
    """
    end = time.monotonic() + patience
    found = 0
    while found < _IN_A_ROW:
        found = found + 1 if is_so() else 0
        if not found:
            if time.monotonic() > end:
                raise LoadError(f"{what}: not live after {patience:.0f} s")
            time.sleep(_TICK)


def ask(port: int, path: str) -> int:
    """Status of one answer over a new connection: MARKED for all that are errors of a server.

    0: there is none.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers=dict(FIELDS))
        return min(connection.getresponse().status, MARKED)
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def seconds_to_answer(launch: Launch, core: int, port: int, path: str, patience: float) -> float:
    """Start a program; seconds until it answered 200 for the first time. It is ended then.

    Raises:
        LoadError: it ended, or did not answer within `patience` seconds.
    """
    begun = time.monotonic()
    with started(launch, core) as process:
        while ask(port, path) != http.client.OK:
            if process.poll() is not None or time.monotonic() - begun > patience:
                raise LoadError(f"it does not answer\n{tail(launch.output)}")
            time.sleep(_TICK)
        return time.monotonic() - begun
