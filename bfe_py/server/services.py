"""What modules and the data plane are given of the world outside."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from bfe_py.balance import Cluster, Timeouts
from bfe_py.model import Attempt, BytesBody, Fault, Kind, RequestHead, ResponseHead, Session
from bfe_py.observe import FileLog, LogCounters, Registry, Rotation
from bfe_py.pipeline import Files, HttpClient, LogFile, Resolver, Store
from bfe_py.shares import Shares
from bfe_py.upstream import Upstream

R = TypeVar("R")

_FLUSH_SECONDS = 0.02
_MOST_ANSWER = 1024 * 1024


class SystemClock:
    """The machine's clocks."""

    __slots__ = ()

    monotonic = staticmethod(time.monotonic)
    """Seconds that never go back."""

    wall = staticmethod(time.time)
    """Seconds since the epoch."""


class ModuleFiles:
    """Files below the configuration root, and the logs that a timer flushes."""

    def __init__(
        self, root: Path, registry: Registry, clock: SystemClock, *, is_writing: bool = True
    ) -> None:
        self._root = root
        self._is_writing = is_writing
        self._counters = registry.counters(LogCounters)
        self._clock = clock
        self._logs: dict[str, FileLog] = {}
        self._timer: asyncio.TimerHandle | None = None

    def read(self, path: str) -> bytes:
        """Content of a file; raises OSError."""
        return (self._root / path).read_bytes()

    def open_log(self, path: str, rotation: Rotation) -> LogFile:
        """The log at `path`, the same object for every caller.

        Raises:
            OSError: it cannot be opened.
        """
        if not self._is_writing:
            return NoLog()
        full = str(self._root / path)
        log = self._logs.get(full)
        if log is None:
            try:
                log = FileLog(Path(full), rotation, self._counters)
            except OSError as error:
                raise OSError(f"the log {full} cannot be opened: {error.strerror}") from error
            self._logs[full] = log
        return log

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write what waits, again and again."""
        self._timer = loop.call_later(_FLUSH_SECONDS, self.start, loop)
        self.flush()

    def flush(self) -> None:
        """Write what waits in every log."""
        now = self._clock.wall()
        for log in self._logs.values():
            log.flush(now)

    def reopen(self) -> None:
        """Close and open every log again by its name."""
        for log in self._logs.values():
            log.reopen()

    def stop(self) -> None:
        """Write the rest; no more after that."""
        if self._timer is not None:
            self._timer.cancel()
        now = self._clock.wall()
        for log in self._logs.values():
            log.close(now)


class NoLog:
    """A log of a process that only checks configuration."""

    def write(self, line: bytes, /) -> None:
        """Dropped."""

    def reopen(self) -> None:
        """There is nothing to open."""


class NoHttp:
    """Stands for the client in a process that serves nobody."""

    async def send(
        self,
        url: str,
        head: RequestHead,  # noqa: ARG002 - the protocol's signature
        body: bytes,  # noqa: ARG002
        seconds: float,  # noqa: ARG002
    ) -> tuple[ResponseHead, bytes]:
        """Never answers; raises Fault."""
        raise Fault(Kind.CONNECT, f"{url} is not asked from here")


class UpstreamHttp:
    """Requests of modules, over connections of their own in the pool."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def send(
        self, url: str, head: RequestHead, body: bytes, seconds: float
    ) -> tuple[ResponseHead, bytes]:
        """Response to `head`, whole; raises Fault."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = parts.hostname or ""
        cluster = Cluster(
            name=f"module:{parts.scheme}",
            protocol=parts.scheme,
            timeouts=Timeouts(connect=seconds, response_header=seconds),
            idle_connections=16,
        )
        attempt = Attempt(cluster.name, "", host, host, port)
        try:
            async with asyncio.timeout(seconds):
                response = await self._upstream.send(cluster, attempt, head, BytesBody(body))
                try:
                    content = bytearray()
                    while piece := await response.body.read():
                        content += piece
                        if len(content) > _MOST_ANSWER:
                            raise Fault(Kind.BAD_RESPONSE, "answer too long", request_sent=True)
                    return response.head, bytes(content)
                finally:
                    response.finish()
        except TimeoutError as error:
            raise Fault(Kind.RESPONSE_TIMEOUT, url, request_sent=True) from error


class LoopResolver:
    """Names to addresses through the system's resolver, in a thread."""

    async def resolve(self, name: str, port: int) -> list[tuple[str, int]]:
        """Addresses of a name; raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        return [(str(entry[4][0]), int(entry[4][1])) for entry in found]


class NoStore:
    """Stands for a store that is not configured."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def execute(self, *words: bytes) -> object:  # noqa: ARG002 - the protocol's signature
        """Never answers; raises OSError."""
        raise ConnectionError(f"no store is configured under the name {self._name}")


class ModuleServices:
    """`pipeline.Services` of one process."""

    def __init__(
        self,
        clock: SystemClock,
        files: ModuleFiles,
        http: HttpClient,
        shares: Shares | None = None,
    ) -> None:
        self._clock = clock
        self._files = files
        self._http = http
        self._shares = shares or Shares()
        self._resolver = LoopResolver()

    @property
    def clock(self) -> SystemClock:
        """Time."""
        return self._clock

    @property
    def files(self) -> Files:
        """Files and logs."""
        return self._files

    @property
    def http(self) -> HttpClient:
        """Requests to other services."""
        return self._http

    @property
    def resolver(self) -> Resolver:
        """Names to addresses."""
        return self._resolver

    @property
    def shares(self) -> Shares:
        """Limits of all workers together."""
        return self._shares

    def store(self, name: str) -> Store:
        """The store that the name configuration calls `name`."""
        return NoStore(name)

    def offload(self, function: Callable[[], R]) -> Awaitable[R]:
        """Run something slow in a thread."""
        return asyncio.get_running_loop().run_in_executor(None, function)

    def random(self, count: int) -> bytes:
        """Unpredictable bytes."""
        return os.urandom(count)

    def log(self, name: str) -> logging.Logger:
        """Logger of a module."""
        return logging.getLogger(f"bfe.modules.{name}")

    def socket_options(self, session: Session, options: tuple[tuple[int, int, int], ...]) -> bool:
        """Set options on the socket of a session; whether it worked."""
        raw = session.notes.get("socket")
        if not isinstance(raw, socket.socket):
            return False
        try:
            for level, option, value in options:
                raw.setsockopt(level, option, value)
        except OSError:
            return False
        return True
