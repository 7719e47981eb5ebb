"""The real process through its upgrades: each version by its process."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import bfe_py
from tests.kit.process import (
    Running,
    Tree,
    command,
    is_running,
    read_banner,
    wait_until,
)


@dataclass
class Versions:
    """A proxy and those that took its place; `current` is the process that serves."""

    first: Running
    current: int

    @property
    def tree(self) -> Tree:
        return self.first.tree

    def upgrade(self) -> tuple[int, str]:
        """Exit status and output of `bfe-py upgrade`."""
        done = subprocess.run(
            self.upgrade_command(), capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode == 0:
            self.current = int(done.stdout.split()[2])
        return done.returncode, done.stdout + done.stderr

    def upgrade_command(self) -> list[str]:
        return command("upgrade", "--address", f"127.0.0.1:{self.tree.monitor}")

    def send(self, number: signal.Signals) -> None:
        """A signal to the process that serves."""
        os.kill(self.current, number)

    def start_successor(self) -> int:
        """Have another version started; its process, once it is there."""
        own = set(self.first.children())
        self.send(signal.SIGUSR2)
        wait_until(lambda: len(self.first.children()) > len(own))
        (found,) = set(self.first.children()) - own
        return found

    def upgrades(self) -> dict[str, int]:
        """How many there were by what became of them."""
        lines = self.first.monitor("/metrics")[1]
        found = re.findall(r'^bfe_upgrades_total{result="(\w+)"} (\d+)', lines, re.MULTILINE)
        return {result: int(number) for result, number in found}

    def stop(self) -> None:
        """End the version that serves, and wait for it."""
        self.send(signal.SIGTERM)
        wait_until(lambda: not is_running(self.current))


PASSING = """
import fcntl, os, sys
numbers = eval(sys.argv[1])
spare = [fcntl.fcntl(number, fcntl.F_DUPFD, 100) for number in numbers]
for place, number in enumerate(spare, 3):
    os.dup2(number, place)
    os.set_inheritable(place, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(numbers)))
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What stands between a service manager and its service: descriptors from 3 on, and whose they are."""


@contextmanager
def versions(
    tree: Tree,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    sockets: Sequence[socket.socket] = (),
) -> Iterator[Versions]:
    """Start the proxy on `tree`; all versions of it end behind the test.

    It gets `sockets` as a service manager passes them.
    """
    folder = tree.root.parent
    run = command("run", "-l", str(folder / "log"), "-c", str(tree.root), *arguments)
    numbers = tuple([one.fileno() for one in sockets])
    started = subprocess.Popen(
        [sys.executable, "-c", PASSING, repr(numbers), *run] if numbers else run,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "NO_COLOR": "1", **(environment or {})},
        cwd=folder,
        start_new_session=True,
        pass_fds=numbers,
    )
    try:
        yield Versions(Running(started, tree, read_banner(started)), started.pid)
    finally:
        with suppress(ProcessLookupError):  # all of them are in the group of the first
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        assert started.stdout is not None
        started.stdout.close()


@dataclass
class OwnCode:
    """Code of its own for a proxy; what is changed is for those that are started later."""

    folder: Path

    def set_version(self, version: str) -> None:
        path = self.folder / "__init__.py"
        path.write_text(
            re.sub(r'__version__ = "[^"]*"', f'__version__ = "{version}"', path.read_text())
        )

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Processes that are started meanwhile wait before they do anything."""
        path, signpost = self.folder / "__main__.py", self.folder / "wait"
        content = path.read_text()
        signpost.write_text("")
        path.write_text(
            "import pathlib, time\n"
            f"while pathlib.Path({str(signpost)!r}).exists():\n    time.sleep(0.01)\n{content}"
        )
        try:
            yield
        finally:
            signpost.unlink()
            path.write_text(content)


def own_code(tree: Tree) -> OwnCode:
    """A copy of the package, which a proxy of `tree` that is started from here on runs."""
    source, target = Path(bfe_py.__file__).parent, tree.root.parent / "bfe_py"
    shutil.copytree(source, target)  # `python -m` looks into the working directory first
    return OwnCode(target)
