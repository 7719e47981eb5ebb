"""What a process is started with; all of it settled before any fork."""

import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bfe_py.config import Static
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
    `modules` are those switched on, in the order in which they run; `settings` their .conf files;
    `available` the names of all modules there are.
    """

    root: Path | None
    rules: Path | None
    static: Static
    modules: Mapping[str, Module]
    settings: Mapping[str, Any]
    available: tuple[str, ...]
    is_compatible: bool = False
    documents: Mapping[str, bytes] = field(default_factory=dict)
    """Documents that are there without a file."""

    @property
    def folder(self) -> Path:
        """What relative paths of modules start at."""
        return self.root or self.rules or Path()


@dataclass(frozen=True, slots=True)
class PlaneOptions:
    """What one worker is made with; `grace` is how many seconds exchanges have to end."""

    worker: int
    site: Site
    listeners: tuple[BoundListener, ...]
    tls: ssl.SSLContext | None
    grace: float

    def pid(self) -> int:
        """Number of this process."""
        return os.getpid()
