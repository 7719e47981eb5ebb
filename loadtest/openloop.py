"""The open-loop load: requests leave when they are due, whatever became of those before.

A closed loop asks the next question when it has its answer, so a proxy that stalls is asked less
while it stalls, and the stall counts once. Here times of arrival are drawn beforehand (a Poisson
process with a fixed seed: the same for all proxies), and latency is counted from the time that a
request was due, also where no connection was free for it. What has no answer at the end counts
with the time that it waited.

It is a process of its own: ``python -m loadtest.openloop`` prints one line of JSON.
"""

import ctypes
import random
import select
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field

import msgspec

from loadtest.request import request_head
from loadtest.statistics import percentile

_SEED = 20_260_101
_WARM_SECONDS = 0.5
_DRAIN_SECONDS = 3.0
_PR_SET_TIMERSLACK = 29
_PIECE = 65536


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: `rate` requests a second over `connections`, for `seconds`."""

    port: int
    path: str
    connections: int
    rate: int
    seconds: float


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, in milliseconds.

    `failed`: no good answer, or none at all. `seconds` that it took, with what was not counted.
    """

    requests: int
    failed: int
    seconds: float
    p50: float
    p90: float
    p99: float
    p999: float
    most: float


def arrivals(rate: int, seconds: float) -> list[float]:
    """When requests are due, in seconds from the beginning."""
    draw = random.Random(_SEED)
    due: list[float] = []
    moment = draw.expovariate(rate)
    while moment < seconds:
        due.append(moment)
        moment += draw.expovariate(rate)
    return due


@dataclass(slots=True)
class Connection:
    """One connection: `due` is when its request should have left, None while it is idle."""

    socket: socket.socket
    due: float | None = None
    received: bytearray = field(default_factory=bytearray)


def find_answer(received: bytes | bytearray) -> int | None:
    """Status of the answer, None until it is whole; 0: it is no answer that has a length."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = bytes(received[:head_end]).lower()
    mark = head.find(b"\r\ncontent-length:")
    if not head.startswith(b"http/1.1 ") or mark < 0:
        return 0
    length = int(head[mark + 17 :].partition(b"\r\n")[0])
    return int(head[9:12]) if len(received) >= head_end + 4 + length else None


class OpenLoop:
    """Sends what is due and counts what comes."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._head = request_head(plan.path)
        self._poll = select.epoll()
        self._by_number: dict[int, Connection] = {}
        self._idle: list[Connection] = []
        self._waiting: deque[float] = deque()
        self._latencies: list[float] = []
        self._failed = 0
        self._begin = 0.0

    def run(self) -> Latency:
        """Do it; answers when all have their answer, or waited long enough."""
        for _ in range(self._plan.connections):
            self._connect()
        due = arrivals(self._plan.rate, self._plan.seconds + _WARM_SECONDS)
        self._begin = time.perf_counter()
        last = self._begin + due[-1] + _DRAIN_SECONDS
        position = 0
        while True:
            now = time.perf_counter()
            while position < len(due) and self._begin + due[position] <= now:
                self._send(self._begin + due[position])
                position += 1
            is_over = position == len(due) and not self._is_busy()
            if is_over or now > last:
                break
            until = self._begin + due[position] if position < len(due) else last
            self._wait(max(until - time.perf_counter(), 0.0))
        return self._result()

    def _is_busy(self) -> bool:
        return bool(self._waiting) or any(one.due for one in self._by_number.values())

    def _connect(self) -> None:
        opened = socket.create_connection(("127.0.0.1", self._plan.port), timeout=10)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(opened)
        self._by_number[opened.fileno()] = connection
        self._poll.register(opened, select.EPOLLIN)
        self._idle.append(connection)

    def _send(self, due: float) -> None:
        if not self._idle:
            self._waiting.append(due)
            return
        connection = self._idle.pop()
        connection.due = due
        try:
            connection.socket.sendall(self._head)
        except OSError:
            self._lose(connection)

    def _wait(self, seconds: float) -> None:
        # epoll counts in milliseconds; select waits on it to the microsecond.
        if not select.select([self._poll.fileno()], [], [], seconds)[0]:
            return
        for number, _ in self._poll.poll(0):
            self._receive(self._by_number[number])

    def _receive(self, connection: Connection) -> None:
        try:
            piece = connection.socket.recv(_PIECE)
        except OSError:
            piece = b""
        if not piece:
            self._lose(connection)
            return
        connection.received += piece
        status = find_answer(connection.received)
        if status is not None and connection.due is not None:
            self._count(connection.due, time.perf_counter(), is_good=status == 200)
            connection.due = None
            connection.received.clear()
            self._idle.append(connection)
            if self._waiting:
                self._send(self._waiting.popleft())

    def _lose(self, connection: Connection) -> None:
        """The peer closed: another connection in its place."""
        if connection.due is not None:
            self._count(connection.due, time.perf_counter(), is_good=False)
        elif connection in self._idle:
            self._idle.remove(connection)
        del self._by_number[connection.socket.fileno()]
        connection.socket.close()
        self._connect()

    def _count(self, due: float, now: float, *, is_good: bool) -> None:
        if due >= self._begin + _WARM_SECONDS:
            self._latencies.append((now - due) * 1000)
            self._failed += not is_good

    def _result(self) -> Latency:
        now = time.perf_counter()
        open_still = [one.due for one in self._by_number.values() if one.due is not None]
        for due in (*open_still, *self._waiting):
            self._count(due, now, is_good=False)
        times = sorted(self._latencies)
        return Latency(
            requests=len(times),
            failed=self._failed,
            seconds=now - self._begin,
            p50=percentile(times, 50),
            p90=percentile(times, 90),
            p99=percentile(times, 99),
            p999=percentile(times, 99.9),
            most=times[-1],
        )


def main() -> None:
    """The plan is the one argument, as JSON."""
    ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    print(msgspec.json.encode(OpenLoop(plan).run()).decode())


if __name__ == "__main__":
    main()
