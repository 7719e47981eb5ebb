"""What a connection had received when it broke."""

import asyncio

import pytest

from bfe_py.upstream import leftover
from bfe_py.upstream.leftover import read_leftover
from tests.kit.transports import FakeTransport


class Raw:
    def __init__(self, descriptor: int = 7) -> None:
        self.descriptor = descriptor

    def fileno(self) -> int:
        return self.descriptor


class Own:
    """The socket of a copied descriptor, on which `pieces` wait; an exception is raised."""

    def __init__(self, pieces: "list[bytes | Exception]") -> None:
        self.pieces = pieces
        self.is_closed = False
        self.is_blocking = True

    def __enter__(self) -> "Own":
        return self

    def __exit__(self, *_: object) -> None:
        self.is_closed = True

    def setblocking(self, flag: bool) -> None:
        self.is_blocking = flag

    def recv(self, size: int) -> bytes:
        assert not self.is_blocking
        first = self.pieces.pop(0)
        if isinstance(first, Exception):
            raise first
        assert len(first) <= size
        return first


def read(monkeypatch: pytest.MonkeyPatch, own: Own, **extra: object) -> list[bytes]:
    monkeypatch.setattr(leftover.os, "dup", lambda descriptor: descriptor + 1)
    monkeypatch.setattr(leftover.socket, "socket", lambda *, fileno: own)
    return list(read_leftover(FakeTransport(asyncio.Protocol(), **extra)))


@pytest.mark.parametrize("end", [b"", BlockingIOError(), ConnectionResetError()])
def test_all_that_waits_is_read(monkeypatch: pytest.MonkeyPatch, end: "bytes | Exception") -> None:
    own = Own([b"abc", b"def", end])
    assert read(monkeypatch, own, socket=Raw()) == [b"abc", b"def"]
    assert own.is_closed


def test_a_flood_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Own([b"x" * 65536 for _ in range(100)])
    assert sum(map(len, read(monkeypatch, own, socket=Raw()))) == 256 * 1024


@pytest.mark.parametrize("extra", [{}, {"socket": Raw(), "ssl_object": object()}])
def test_nothing_is_read_where_nobody_could_understand_it(
    monkeypatch: pytest.MonkeyPatch, extra: dict
) -> None:
    assert read(monkeypatch, Own([b"abc"]), **extra) == []


def test_nothing_is_read_of_a_descriptor_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> int:
        raise OSError("bad file descriptor")

    monkeypatch.setattr(leftover.os, "dup", refuse)
    assert list(read_leftover(FakeTransport(asyncio.Protocol(), socket=Raw(-1)))) == []
