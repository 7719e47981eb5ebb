"""What a process is started with; all of it settled before any fork."""

import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bfe_py.config import Static
from bfe_py.control import BEAT_SECONDS, open_memory
from bfe_py.manage import Upgraded
from bfe_py.pipeline import Module


@dataclass(frozen=True, slots=True)
class BoundListener:
    """One listening address with this worker's own socket."""

    name: str
    socket: socket.socket
    is_secure: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """Where configuration is and what it may contain, for every process of a run.

    `root` is the configuration root, None where only `.rules` files are; `rules` their folder.
    `modules` are those switched on, in the order in which they run; `settings` their .conf files.
    """

    root: Path | None
    rules: Path | None
    static: Static
    modules: Mapping[str, Module]
    settings: Mapping[str, Any]
    is_compatible: bool = False
    documents: Mapping[str, bytes] = field(default_factory=dict)
    """Documents that are there without a file."""
    static_files: Mapping[str, bytes | None] = field(default_factory=dict)
    """Files that are read once, with their contents."""
    listens_also: tuple[tuple[str, int], ...] = ()
    """Host and port of listening sockets that were passed from outside; paths have port 0."""

    @property
    def folder(self) -> Path:
        """What relative paths of modules start at."""
        return self.root or self.rules or Path()


@dataclass(frozen=True, slots=True)
class PlaneOptions:
    """What one worker of `workers` is made with.

    `grace` is how many seconds exchanges have to end, `leave_seconds` how many connections have
    when another version has taken over.
    """

    worker: int
    site: Site
    listeners: tuple[BoundListener, ...]
    tls: ssl.SSLContext | None
    grace: float
    workers: int = 1
    leave_seconds: float = 10.0

    @property
    def beat_seconds(self) -> float:
        """How often the worker says that it lives."""
        return min(BEAT_SECONDS, self.site.static.own.heartbeat_seconds / 4)

    def pid(self) -> int:
        """Number of this process."""
        return os.getpid()


@dataclass(frozen=True, slots=True)
class Memory:
    """What all controllers of a run share: descriptors of `control.Inheritance`."""

    numbers: tuple[int, int]
    documents: tuple[int, int]
    ends: tuple[int, int]
    """Written by the parent."""

    @classmethod
    def open(cls) -> "Memory":
        """Memory with nothing in it; for processes forked from here on."""
        names = "numbers", "documents", "ends"
        return cls(*[open_memory(f"bfe-py-{name}") for name in names])


@dataclass(frozen=True, slots=True)
class ControlOptions:
    """What the control plane is made with.

    `started` is when all of it was started (wall clock); `state` where last good versions are kept
    over restarts, None: nowhere. `talking` is the path of the socket where workers find the
    controller.
    """

    site: Site
    workers: int
    memory: Memory
    started: float
    state: Path | None = None
    talking: Path = Path()


class ControlEvents(Protocol):
    """What becomes of the first configuration (one of `ready` and `failed` is called, once), what
    may take long, and what the management listener may ask for."""

    def loading(self) -> None:
        """What comes next may take long, and nothing else is done meanwhile."""

    def ready(self, text: str) -> None:
        """Every worker serves; `text` says what was loaded."""

    def failed(self, text: str) -> None:
        """A worker cannot use it; `text` says why."""

    async def upgrade(self) -> Upgraded:
        """Have another version take over, and say what became of it; at any time."""
