"""Upgrades under load: requests at a fixed rate, and what becomes of each.

``python -m loadtest.upgrades '{"port": 8080, "command": ["bfe-py", "upgrade"]}'`` has a running
proxy upgrade itself again and again, and prints one line of JSON. In turn requests go out on
connections that are kept and on new ones; none is sent twice, whatever becomes of it. A kept
connection whose answer says that it ends is replaced, as every client does.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter, deque
from typing import cast

import msgspec
import uvloop

from loadtest.openloop import find_answer

_LATE_SECONDS = 10.0
_GOOD = 200


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do.

    `rate` requests a second, every second one on one of `kept` connections. `command` is run
    `upgrades` times, each `pause` seconds behind the one before; requests go on for as long behind
    the last. Connections come from as many `addresses` of loopback: one address alone has ports for
    half a minute.
    """

    port: int
    command: tuple[str, ...]
    host: str = "example.test"
    path: str = "/"
    rate: int = 2000
    kept: int = 32
    addresses: int = 20
    upgrades: int = 20
    pause: float = 1.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    `failed` says how often which way a request had no good answer; `replaced` kept connections
    ended behind an answer that said so, `left` while they were idle. `upgraded` commands went well,
    and `output` has what the others wrote. `most_ms` is the longest that a request took.
    """

    plan: Plan
    requests: int
    failed: dict[str, int]
    replaced: int
    left: int
    upgraded: int
    output: list[str]
    seconds: float
    most_ms: float


class Connection(asyncio.Protocol):
    """A connection with one request at a time; `asked` is where its outcome goes."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self.asked: asyncio.Future[str] | None = None
        self.ends = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes) -> "asyncio.Future[str]":
        """Send a request; what becomes of it, empty if it is well answered."""
        assert self._transport is not None
        self.asked = self._load.loop.create_future()
        self._received.clear()
        self._transport.write(request)
        return self.asked

    def data_received(self, data: bytes) -> None:
        """Some bytes of an answer."""
        self._received += data
        status = find_answer(self._received)
        if status is None:
            return
        head = bytes(self._received).partition(b"\r\n\r\n")[0].lower()
        self.ends = b"\r\nconnection: close" in head
        self._settle("" if status == _GOOD else f"status {status}")

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side ended it."""
        self._settle(f"lost ({type(exc).__name__})" if exc else "closed without an answer")
        self._load.lost(self)

    def _settle(self, outcome: str) -> None:
        if self.asked is not None and not self.asked.done():
            self.asked.set_result(outcome)

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.close()


class Load:
    """All requests."""

    def __init__(self, plan: Plan) -> None:
        self.loop = asyncio.get_running_loop()
        self._plan = plan
        self._idle: deque[Connection] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_over = False
        self.requests = 0
        self.failed: Counter[str] = Counter()
        self.replaced = 0
        self.left = 0
        self.most = 0.0

    async def run(self) -> None:
        """Send what is due until cancelled; then wait for what is open."""
        begin = self.loop.time()
        try:
            while True:
                due = begin + self.requests / self._plan.rate
                await asyncio.sleep(max(due - self.loop.time(), 0.0))
                self._begin(is_kept=self.requests % 2 == 0)
        finally:
            self._is_over = True

    async def finish(self) -> None:
        """Wait for the answers that are due, and end all connections."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))
        for connection in list(self._idle):
            connection.close()

    def lost(self, connection: Connection) -> None:
        """A connection is gone."""
        if connection in self._idle:
            self._idle.remove(connection)
            self.left += not self._is_over

    def _begin(self, *, is_kept: bool) -> None:
        self.requests += 1
        task = self.loop.create_task(self._one(is_kept=is_kept))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _one(self, *, is_kept: bool) -> None:
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(_LATE_SECONDS):
                outcome = await self._exchange(is_kept=is_kept)
        except TimeoutError:
            outcome = "late"
        except OSError as error:
            outcome = f"not connected ({type(error).__name__})"
        self.most = max(self.most, time.perf_counter() - begun)
        if outcome:
            self.failed[f"{'kept' if is_kept else 'new'}: {outcome}"] += 1

    async def _exchange(self, *, is_kept: bool) -> str:
        connection = self._take() if is_kept else None
        if connection is None:
            _, connection = await self.loop.create_connection(
                lambda: Connection(self),
                "127.0.0.1",
                self._plan.port,
                local_addr=(f"127.0.0.{self.requests % self._plan.addresses + 1}", 0),
            )
        option = b"keep-alive" if is_kept else b"close"
        names = (self._plan.path.encode(), self._plan.host.encode(), option)
        request = b"GET %b HTTP/1.1\r\nHost: %b\r\nConnection: %b\r\n\r\n" % names
        outcome = await connection.ask(request)
        if is_kept and not outcome and not connection.ends:
            self._idle.append(connection)
        else:
            self.replaced += is_kept and connection.ends
            connection.close()
        return outcome

    def _take(self) -> Connection | None:
        """The kept connection that has been idle longest, once there are enough of them."""
        return self._idle.popleft() if len(self._idle) >= self._plan.kept else None


async def run(plan: Plan) -> Outcome:
    """Upgrade under load."""
    load, output, upgraded = Load(plan), [], 0
    begin = time.perf_counter()
    sending = asyncio.get_running_loop().create_task(load.run())
    for _ in range(plan.upgrades):
        await asyncio.sleep(plan.pause)
        done = await asyncio.create_subprocess_exec(
            *plan.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        written, _ = await done.communicate()
        if done.returncode:
            output.append(written.decode("utf-8", "replace"))
        else:
            upgraded += 1
    await asyncio.sleep(plan.pause)
    sending.cancel()
    await asyncio.wait([sending])
    await load.finish()
    return Outcome(
        plan=plan,
        requests=load.requests,
        failed=dict(load.failed),
        replaced=load.replaced,
        left=load.left,
        upgraded=upgraded,
        output=output,
        seconds=round(time.perf_counter() - begin, 3),
        most_ms=round(load.most * 1000, 3),
    )


def main() -> None:
    """The plan is the one argument, as JSON."""
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    print(msgspec.json.encode(uvloop.run(run(plan))).decode())


if __name__ == "__main__":
    main()
