"""The other client: one that asks at a fixed rate while something else goes on.

In turn it asks on a connection that it keeps and on a new one. Latency counts from when a request
was due: an answer that is late makes those behind it late too.

It is a process of its own: ``python -m loadtest.bystander '{"port": 8080}'`` prints one line of
JSON.
"""

import socket
import sys
import time

import msgspec

_WARM_SECONDS = 0.5
_LATE_SECONDS = 10.0


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask: `rate` requests a second, for `seconds`."""

    port: int
    host: str = "example.test"
    path: str = "/"
    rate: int = 100
    seconds: float = 5.0


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """In milliseconds; `failed`: not answered with 200."""

    requests: int
    failed: int
    p50: float
    p99: float
    most: float


class Both(msgspec.Struct, frozen=True, kw_only=True):
    """The same on a kept connection, on new ones, and together."""

    kept: Latency
    new: Latency
    together: Latency


class Bystander:
    """Asks when it is due, one request after the other."""

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._kept: socket.socket | None = None

    def run(self) -> Both:
        """Ask for as long as planned."""
        errand = self._errand
        taken: dict[bool, list[float]] = {True: [], False: []}
        failed = {True: 0, False: 0}
        begin = time.perf_counter()
        for number in range(int((errand.seconds + _WARM_SECONDS) * errand.rate)):
            due = begin + number / errand.rate
            time.sleep(max(due - time.perf_counter(), 0.0))
            is_kept = number % 2 == 0
            is_good = self._ask(is_kept=is_kept)
            if due >= begin + _WARM_SECONDS:
                taken[is_kept].append((time.perf_counter() - due) * 1000)
                failed[is_kept] += not is_good
        return Both(
            kept=_latency(taken[True], failed[True]),
            new=_latency(taken[False], failed[False]),
            together=_latency(taken[True] + taken[False], sum(failed.values())),
        )

    def _ask(self, *, is_kept: bool) -> bool:
        try:
            if not is_kept:
                with self._connect() as other:
                    return self._exchange(other, b"close")
            self._kept = self._kept or self._connect()
            if self._exchange(self._kept, b"keep-alive"):
                return True
        except OSError:
            pass
        if is_kept and self._kept is not None:
            self._kept.close()
            self._kept = None
        return False

    def _connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._errand.port), _LATE_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _exchange(self, connection: socket.socket, option: bytes) -> bool:
        names = (self._errand.path.encode(), self._errand.host.encode(), option)
        connection.sendall(b"GET %b HTTP/1.1\r\nHost: %b\r\nConnection: %b\r\n\r\n" % names)
        received = bytearray()
        while not _is_whole(received):
            piece = connection.recv(65536)
            if not piece:
                return False
            received += piece
        return received.startswith(b"HTTP/1.1 200 ")


def _is_whole(received: bytes | bytearray) -> bool:
    head, end, body = bytes(received).partition(b"\r\n\r\n")
    if not end:
        return False
    length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    if length:
        return len(body) >= int(length)
    return body.endswith(b"0\r\n\r\n")


def _latency(times: list[float], failed: int) -> Latency:
    ordered = sorted(times)
    return Latency(
        requests=len(ordered),
        failed=failed,
        p50=_percentile(ordered, 50),
        p99=_percentile(ordered, 99),
        most=_percentile(ordered, 100),
    )


def _percentile(ordered: list[float], percent: int) -> float:
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) * percent // 100, len(ordered) - 1)], 3)


def main() -> None:
    """The errand is the one argument, as JSON."""
    errand = msgspec.json.decode(sys.argv[1], type=Errand)
    print(msgspec.json.encode(Bystander(errand).run()).decode())


if __name__ == "__main__":
    main()
