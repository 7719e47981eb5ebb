"""Processes that a run starts: pinned to a core, ended with the run, whatever happens."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_END_SECONDS = 5.0
_TAIL_LINES = 12
_TICK = 0.02


class StartError(Exception):
    """A program did not start; its text has the last lines that it wrote."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a program: `command`, in `folder`, with more `environment`.

    What it prints goes to `folder`/output.log.
    """

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]

    @property
    def output(self) -> Path:
        """Where standard output and standard error go."""
        return self.folder / "output.log"


def pinned(command: Sequence[str], core: int) -> list[str]:
    """`command` on one core, ended by the system should this process die."""
    guard = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    return [*guard, "taskset", "-c", str(core), *command]


@contextmanager
def started(launch: Launch, core: int) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program on `core`, in a process group of its own; end the group behind the block."""
    launch.folder.mkdir(parents=True, exist_ok=True)
    with launch.output.open("ab") as output:
        process = subprocess.Popen(
            pinned(launch.command, core),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=launch.folder,
            env={**os.environ, **launch.environment},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a program and all that it started: politely, then by force."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_listening(
    process: "subprocess.Popen[bytes]", port: int, output: Path, patience: float = 20.0
) -> None:
    """Return once something accepts on `port`, after `patience` seconds at most.

    Raises:
        StartError: the process ended, or it took too long.
    """
    until = time.monotonic() + patience
    while not is_listening(port):
        if process.poll() is not None:
            raise StartError(f"ended with status {process.returncode}\n{tail(output)}")
        if time.monotonic() > until:
            raise StartError(f"not listening after {patience:.0f} s\n{tail(output)}")
        time.sleep(_TICK)


def is_listening(port: int) -> bool:
    """Whether a connection to `port` on loopback is accepted."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tail(path: Path) -> str:
    """The last lines of a file; empty if there is none."""
    with suppress(OSError):
        lines = path.read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])
    return ""


def children_of(pid: int) -> list[int]:
    """Processes that `pid` started and that still run."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def tree_of(pid: int) -> list[int]:
    """`pid` and everything below it."""
    found = [pid]
    for one in found:
        found += children_of(one)
    return found
