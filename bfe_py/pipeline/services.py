"""Services: the only way by which modules reach the world outside."""

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from bfe_py.model.clock import Clock
from bfe_py.model.message import RequestHead, ResponseHead
from bfe_py.model.session import Session
from bfe_py.observe import Rotation
from bfe_py.shares import Shares

R = TypeVar("R")


class LogFile(Protocol):
    """A file that lines are appended to without waiting for a disk; bounded, drops and counts."""

    def write(self, line: bytes, /) -> None:
        """Append one line (its line end included)."""

    def reopen(self) -> None:
        """Close and open again by name, for log rotation."""


class Files(Protocol):
    """Files of a module; relative paths start at the configuration root."""

    def read(self, path: str) -> bytes:
        """Content of a file; raises OSError. Only while building."""

    def open_log(self, path: str, rotation: Rotation) -> LogFile:
        """The log at `path`, the same object for every caller."""


class HttpClient(Protocol):
    """Requests of our own to other services."""

    async def send(
        self, url: str, head: RequestHead, body: bytes, seconds: float
    ) -> tuple[ResponseHead, bytes]:
        """Response to `head` sent to the host of `url`.

        Raises:
            Fault: no whole response within `seconds`.
        """


class Store(Protocol):
    """Shared key-value store (Redis)."""

    async def execute(self, *words: bytes) -> object:
        """Answer to one command; raises OSError."""


class Resolver(Protocol):
    """Names to addresses."""

    async def resolve(self, name: str, port: int) -> list[tuple[str, int]]:
        """Addresses of a name; raises OSError."""


class Services(Protocol):
    """What a module may ask for."""

    @property
    def clock(self) -> Clock:
        """Time."""

    @property
    def files(self) -> Files:
        """Files, and logs that are appended to."""

    @property
    def http(self) -> HttpClient:
        """Requests to other services."""

    @property
    def resolver(self) -> Resolver:
        """Names to addresses."""

    @property
    def shares(self) -> Shares:
        """Limits of all workers together."""

    def store(self, name: str) -> Store:
        """The store that the name configuration calls `name`."""

    def offload(self, function: Callable[[], R]) -> Awaitable[R]:
        """Run something slow in a thread; await its result."""

    def random(self, count: int) -> bytes:
        """Unpredictable bytes."""

    def log(self, name: str) -> logging.Logger:
        """Logger ``bfe.modules.NAME``."""

    def socket_options(self, session: Session, options: tuple[tuple[int, int, int], ...]) -> bool:
        """Set (level, option, value) on the socket of a session; whether it worked."""
