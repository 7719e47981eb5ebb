"""Taking the PROXY header off a socket, and not a byte more."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from bfe_py.downstream.counters import ProxyHeaderCounters
from bfe_py.downstream.preamble import PreambleError, read_proxy_header
from bfe_py.model import parse_address
from bfe_py.protocol import ProxyHeader, build_proxy_v2
from tests.kit.transports import run_plain

V1 = b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 80\r\n"
HTTP = b"GET / HTTP/1.1\r\n"


class FakeSocket:
    """A socket on which `pieces` come, one with each wake-up; an exception is raised."""

    def __init__(self, *pieces: "bytes | Exception") -> None:
        self.pieces = list(pieces)
        self.waiting = b""
        self.low_water = 1

    def setsockopt(self, level: int, option: int, value: int) -> None:
        assert (level, option) == (socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        self.low_water = value

    def recv(self, size: int, flags: int = 0) -> bytes:
        if flags == socket.MSG_PEEK:
            piece = self.pieces.pop(0) if self.pieces else b""
            if isinstance(piece, Exception):
                raise piece
            self.waiting += piece
            return self.waiting[:size]
        taken, self.waiting = self.waiting[:size], self.waiting[size:]
        return taken


class Outcome:
    def __init__(self, accepted: FakeSocket, *, limit: int = 216, is_mute: bool = False) -> None:
        self.accepted = accepted
        self.counters = ProxyHeaderCounters()
        self.header: ProxyHeader | None = None
        self.error = ""
        self.readers: list[FakeSocket] = []
        self.is_mute = is_mute
        run_plain(self._read(limit))

    async def _read(self, limit: int) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader = self._add_reader
        loop.remove_reader = self.readers.remove
        try:
            self.header = await read_proxy_header(loop, self.accepted, limit, 5.0, self.counters)
        except PreambleError as error:
            self.error = str(error)

    def _add_reader(self, accepted: FakeSocket, act: Callable[..., None], *given: object) -> None:
        self.readers.append(accepted)
        if not self.is_mute:
            loop = asyncio.get_running_loop()
            loop.call_soon(act, *given)
            loop.call_soon(act, *given)  # a socket stays readable until somebody reads


@pytest.mark.parametrize(
    "pieces",
    [
        (V1 + HTTP,),
        (V1[:3], V1[3:20], V1[20:] + HTTP),
        (BlockingIOError(), V1[:7], InterruptedError(), V1[7:] + HTTP),
        (*[bytes([byte]) for byte in V1], HTTP),
    ],
)
def test_a_header_is_taken_however_it_comes_and_the_rest_is_left(pieces: tuple) -> None:
    accepted = FakeSocket(*pieces)
    outcome = Outcome(accepted)
    assert outcome.header is not None
    assert outcome.header.source == parse_address("203.0.113.9", 4711)
    assert outcome.header.destination == parse_address("192.0.2.1", 80)
    assert HTTP.startswith(accepted.waiting)
    assert accepted.low_water == 1
    assert outcome.readers == []
    counters = outcome.counters
    assert (counters.matched_v1, counters.accepted_v1, counters.matched_v2) == (1, 1, 0)


def test_a_header_of_version_2_is_taken() -> None:
    source, destination = parse_address("2001:db8::9", 1), parse_address("2001:db8::1", 2)
    assert source is not None
    assert destination is not None
    wire = build_proxy_v2(source, destination)
    outcome = Outcome(FakeSocket(wire[:10], wire[10:]))
    assert outcome.header is not None
    assert outcome.header.source == source
    counters = outcome.counters
    assert (counters.matched_v2, counters.accepted_v2, counters.matched_v1) == (1, 1, 0)


def test_what_is_no_header_is_left_whole() -> None:
    accepted = FakeSocket(HTTP)
    outcome = Outcome(accepted)
    assert outcome.header is None
    assert outcome.error == ""
    assert accepted.waiting == HTTP
    assert accepted.low_water == 1
    assert outcome.counters.absent == 1


@pytest.mark.parametrize(
    ("pieces", "limit", "name"),
    [
        ((b"PROXY TCP4 nonsense\r\n",), 216, "matched_v1"),
        ((V1,), 10, "matched_v1"),
        ((b"\r\n\r\n\x00\r\nQUIT\n\x99\x11\x00\x00",), 216, "matched_v2"),
        ((b"\r\n\r\n\x00\r\nQUIT\n\x21", b"\x11\xff\xff"), 216, "matched_v2"),
    ],
)
def test_a_malformed_or_long_header_ends_the_connection(
    pieces: tuple[bytes, ...], limit: int, name: str
) -> None:
    outcome = Outcome(FakeSocket(*pieces), limit=limit)
    assert outcome.error
    assert outcome.counters.invalid == 1
    assert getattr(outcome.counters, name) == 1
    assert outcome.counters.accepted_v1 == outcome.counters.accepted_v2 == 0


@pytest.mark.parametrize("pieces", [(), (V1[:9],), (V1[:9], ConnectionResetError())])
def test_a_client_that_leaves_before_its_header_is_whole_is_counted(pieces: tuple) -> None:
    outcome = Outcome(FakeSocket(*pieces))
    assert outcome.error
    assert outcome.counters.read_errors == 1
    assert outcome.readers == []


def test_a_client_that_says_nothing_is_too_late() -> None:
    outcome = Outcome(FakeSocket(), is_mute=True)
    assert outcome.error == "no whole header"
    assert outcome.counters.read_errors == 1
    assert outcome.readers == []
