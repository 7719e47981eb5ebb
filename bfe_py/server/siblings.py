"""Siblings: workers, as the controller finds them among the processes of this machine.

The number of a worker that is not connected may be that of another process by now: only children
of our own parent are ended.
"""

import os
import signal
from contextlib import suppress
from pathlib import Path


def end_worker(pid: int) -> None:
    """End a worker at once; does nothing if it is gone."""
    if is_sibling(pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def is_sibling(pid: int) -> bool:
    """Whether a process runs that has the same parent as this one, and is not this one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    state, parent = fields[0], int(fields[1])
    return state not in "ZX" and parent == os.getppid() and pid != os.getpid()
