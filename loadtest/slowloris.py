"""Thousands of slow connections, and what another client notices of them.

``python -m loadtest.slowloris '{"port": 8080}'`` prints one line of JSON. The other client
(`bystander`) asks first alone and then among the slow ones; it is a process of its own, so that it
does not wait for them where they are made.

A slow connection sends a few bytes now and then and never a whole request. One that is ended is
opened again, so that there are always as many. They come from several addresses of loopback:
one address alone would soon have as many connections as it may.
"""

import asyncio
import resource
import subprocess
import sys
import time
from typing import cast

import msgspec
import uvloop

from loadtest.bystander import Both, Errand

_STARTS = {
    "head": b"GET %b HTTP/1.1\r\nHost: %b\r\n",
    "body": b"POST %b HTTP/1.1\r\nHost: %b\r\nContent-Length: 1000000\r\n\r\n",
}
_PIECES = {"head": b"X-Slow: y\r\n", "body": b"xxxxxxxxxx"}
_TICKS = 250
"""Into so many parts the slow connections are divided, which send one after the other."""

_OPENING = 100
"""Connections that are opened at the same time."""

_SPARE = 200


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do.

    `slow` connections of a `kind` (head or body) from as many `addresses`, opened one after the
    other in `ramp` seconds, each sending every `pause` seconds; `rate` requests a second of the
    other client, `seconds` before and during.
    """

    port: int
    host: str = "example.test"
    path: str = "/"
    kind: str = "head"
    slow: int = 5000
    addresses: int = 10
    ramp: float = 5.0
    pause: float = 1.0
    rate: int = 100
    seconds: float = 5.0


class Slow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the slow connections.

    `fewest` and `most` were open at a time while it was measured, `ended` by the other side since
    the first was opened; `failed`: they could not be opened.
    """

    fewest: int
    most: int
    ended: int
    failed: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; `p99_ratio` is that of both kinds of requests together."""

    plan: Plan
    before: Both
    during: Both
    slow: Slow
    p99_ratio: float


class SlowConnection(asyncio.Protocol):
    """One of them."""

    def __init__(self, crowd: "Crowd", address: int) -> None:
        self._crowd = crowd
        self.address = address
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open: send the start of a request."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._crowd.start)
        self._crowd.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        """The other side ended it."""
        self._crowd.lost(self)


class Crowd:
    """All slow connections."""

    def __init__(self, plan: Plan) -> None:
        names = (plan.path.encode(), plan.host.encode())
        self._plan = plan
        self._piece = _PIECES[plan.kind]
        self._gate = asyncio.Semaphore(_OPENING)
        self._opening: set[asyncio.Task[None]] = set()
        self._is_over = False
        self.start = _STARTS[plan.kind] % names
        self.open: set[SlowConnection] = set()
        self.sizes: list[int] = []
        self.ended = 0
        self.failed = 0

    async def gather(self) -> None:
        """Open all of them, evenly: those that come together are ended together."""
        plan, begin = self._plan, time.perf_counter()
        for number in range(plan.slow):
            due = begin + number * plan.ramp / plan.slow
            if due > time.perf_counter():
                await asyncio.sleep(due - time.perf_counter())
            self._begin(number % plan.addresses)
        while self._opening:
            await asyncio.wait(list(self._opening))

    async def drip(self) -> None:
        """Let each send a little, again and again."""
        while True:
            for part in range(_TICKS):
                for connection in list(self.open)[part::_TICKS]:
                    transport = connection.transport
                    if transport is not None and not transport.is_closing():
                        transport.write(self._piece)
                self.sizes.append(len(self.open))
                await asyncio.sleep(self._plan.pause / _TICKS)

    def lost(self, connection: SlowConnection) -> None:
        """One is gone; another takes its place."""
        self.open.discard(connection)
        if not self._is_over:
            self.ended += 1
            self._begin(connection.address)

    def close(self) -> None:
        """End all of them."""
        self._is_over = True
        for task in self._opening:
            task.cancel()
        for connection in list(self.open):
            if connection.transport is not None:
                connection.transport.abort()

    def _begin(self, address: int) -> None:
        task = asyncio.get_running_loop().create_task(self._open_one(address))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open_one(self, address: int) -> None:
        async with self._gate:
            try:
                await asyncio.get_running_loop().create_connection(
                    lambda: SlowConnection(self, address),
                    "127.0.0.1",
                    self._plan.port,
                    local_addr=(f"127.0.0.{address + 1}", 0),
                )
            except OSError:
                self.failed += 1


async def run(plan: Plan) -> Outcome:
    """Measure alone, then among the slow ones."""
    before = await _measure(plan)
    crowd = Crowd(plan)
    async with asyncio.TaskGroup() as tasks:
        dripping = tasks.create_task(crowd.drip())
        await crowd.gather()
        crowd.sizes.clear()
        during = await _measure(plan)
        dripping.cancel()
    slow = Slow(
        fewest=min(crowd.sizes, default=0),
        most=max(crowd.sizes, default=0),
        ended=crowd.ended,
        failed=crowd.failed,
    )
    crowd.close()
    ratio = during.together.p99 / before.together.p99 if before.together.p99 else 0.0
    return Outcome(plan=plan, before=before, during=during, slow=slow, p99_ratio=round(ratio, 2))


async def _measure(plan: Plan) -> Both:
    """What another client notices."""
    errand = Errand(
        port=plan.port, host=plan.host, path=plan.path, rate=plan.rate, seconds=plan.seconds
    )
    command = [sys.executable, "-m", "loadtest.bystander", msgspec.json.encode(errand).decode()]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    written, _ = await process.communicate()
    return msgspec.json.decode(written, type=Both)


def main() -> None:
    """The plan is the one argument, as JSON."""
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(plan.slow + _SPARE, hard)), hard))
    print(msgspec.json.encode(uvloop.run(run(plan))).decode())


if __name__ == "__main__":
    main()
