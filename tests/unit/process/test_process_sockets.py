import errno
import os
import socket
from pathlib import Path

import pytest

from bfe_py.process import sockets as sockets_module
from bfe_py.process.sockets import BindError, ListenAddress, bind, bind_beside, close_all


class FakeSocket:
    """A socket that is never opened; `failing` maps (family, shares port) to an error number."""

    made: list["FakeSocket"] = []
    failing: dict[tuple[int, bool], int] = {}

    def __init__(self, family: int, kind: int) -> None:
        assert kind == socket.SOCK_STREAM
        self.family = family
        self.options: dict[int, int] = {}
        self.target: object = None
        self.is_closed = False
        FakeSocket.made.append(self)

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.options[option] = value

    def bind(self, target: object) -> None:
        failure = FakeSocket.failing.get((self.family, socket.SO_REUSEPORT in self.options))
        if failure:
            raise OSError(failure, os.strerror(failure))
        if isinstance(target, str):
            if Path(target).exists():
                raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
            Path(target).write_text("")
        self.target = target

    def getsockopt(self, level: int, option: int) -> int:
        return self.options.get(option, 0)

    def getsockname(self) -> object:
        return self.target

    def connect(self, target: object) -> None:
        raise ConnectionRefusedError

    def close(self) -> None:
        self.is_closed = True

    def __enter__(self) -> "FakeSocket":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeSocket]:
    FakeSocket.made, FakeSocket.failing = [], {}
    monkeypatch.setattr(socket, "socket", FakeSocket)
    return FakeSocket


def opened() -> list[FakeSocket]:
    return [one for one in FakeSocket.made if not one.is_closed]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (ListenAddress("http", "127.0.0.1", 80), "127.0.0.1:80"),
        (ListenAddress("http", "", 80), "*:80"),
        (ListenAddress("http", "::1", 80), "[::1]:80"),
        (ListenAddress("http", "[::1]", 80), "[::1]:80"),
        (ListenAddress("http", "/run/bfe.sock", 80), "/run/bfe.sock"),
    ],
)
def test_an_address_is_written_as_people_write_it(address: ListenAddress, text: str):
    assert str(address) == text


def test_every_worker_has_a_socket_of_its_own_on_one_port():
    sockets = bind(ListenAddress("http", "127.0.0.1", 8080), 3)
    assert len(sockets) == 3
    assert opened() == sockets
    for one in FakeSocket.made[1:]:
        assert one.options[socket.SO_REUSEPORT] == 1
        assert one.target == ("127.0.0.1", 8080)
    # The first one asked whether anybody else is there, even one of ours.
    assert socket.SO_REUSEPORT not in FakeSocket.made[0].options


def test_beside_another_version_of_us_no_stranger_is_looked_for():
    bind(ListenAddress("http", "127.0.0.1", 8080), 1, frozenset({8080}))
    assert all(one.options[socket.SO_REUSEPORT] == 1 for one in FakeSocket.made)
    bind(ListenAddress("http", "127.0.0.1", 8081), 1, frozenset({8080}))
    assert socket.SO_REUSEPORT not in FakeSocket.made[2].options


def bound(family: int, target: tuple, **options: int) -> FakeSocket:
    """A socket that is bound already."""
    made = FakeSocket(family, socket.SOCK_STREAM)
    made.bind(target)
    made.options = {getattr(socket, name): value for name, value in options.items()}
    return made


@pytest.mark.parametrize("only", [0, 1])
def test_more_sockets_are_bound_beside_one_that_shares_its_port(only: int):
    first = bound(socket.AF_INET6, ("::", 80, 0, 0), SO_REUSEPORT=1, IPV6_V6ONLY=only)
    more = bind_beside(first, 2)
    assert [one.target for one in more] == [("::", 80, 0, 0)] * 2
    assert [one.options[socket.IPV6_V6ONLY] for one in more] == [only] * 2


@pytest.mark.parametrize(
    ("family", "shares"), [(socket.AF_INET, 0), (socket.AF_UNIX, 1)], ids=["alone", "path"]
)
def test_beside_one_that_does_not_share_none_is_bound(family: int, shares: int):
    assert bind_beside(bound(family, ("10.0.0.1", 80), SO_REUSEPORT=shares), 2) == []


def test_beside_one_of_another_user_none_is_bound():
    first = bound(socket.AF_INET, ("10.0.0.1", 80), SO_REUSEPORT=1)
    FakeSocket.failing = {(socket.AF_INET, True): errno.EADDRINUSE}
    assert bind_beside(first, 2) == []
    assert opened() == [first]


def test_no_host_is_every_address_of_both_families():
    bind(ListenAddress("http", "", 8080), 1)
    (made,) = opened()
    assert made.family == socket.AF_INET6
    assert made.options[socket.IPV6_V6ONLY] == 0
    bind(ListenAddress("http", "[::1]", 8080), 1)
    assert opened()[-1].options[socket.IPV6_V6ONLY] == 1


@pytest.mark.parametrize("number", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_a_machine_without_ipv6_listens_on_ipv4(number: int):
    FakeSocket.failing = {(socket.AF_INET6, False): number}
    bind(ListenAddress("http", "", 8080), 2)
    assert [one.family for one in opened()] == [socket.AF_INET] * 2


@pytest.mark.parametrize(
    ("host", "port", "failing", "line"),
    [
        (
            "127.0.0.1",
            8080,
            (socket.AF_INET, errno.EADDRINUSE),
            "cannot listen on 127.0.0.1:8080 (http): Address already in use",
        ),
        (
            "",
            8080,
            (socket.AF_INET6, errno.EADDRINUSE),
            "cannot listen on *:8080 (http): Address already in use",
        ),
        (
            "127.0.0.1",
            80,
            (socket.AF_INET, errno.EACCES),
            "cannot listen on 127.0.0.1:80 (http): Permission denied (ports below 1024 are for "
            "root, or for who has CAP_NET_BIND_SERVICE)",
        ),
        (
            "127.0.0.1",
            8080,
            (socket.AF_INET, errno.EACCES),
            "cannot listen on 127.0.0.1:8080 (http): Permission denied",
        ),
        (
            "203.0.113.1",
            8080,
            (socket.AF_INET, errno.EADDRNOTAVAIL),
            "cannot listen on 203.0.113.1:8080 (http): Cannot assign requested address",
        ),
    ],
)
def test_what_cannot_be_bound_is_one_line(host, port, failing, line):
    family, number = failing
    FakeSocket.failing = {(family, False): number}
    with pytest.raises(BindError) as caught:
        bind(ListenAddress("http", host, port), 2)
    assert str(caught.value) == line
    assert opened() == []


def test_a_name_that_nobody_knows_is_one_line(monkeypatch: pytest.MonkeyPatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(BindError) as caught:
        bind(ListenAddress("http", "no.test", 8080), 1)
    assert str(caught.value) == ("cannot listen on no.test:8080 (http): Name or service not known")


# --- Unix sockets


def test_a_path_is_one_socket_for_all_workers(tmp_path: Path):
    path = tmp_path / "bfe.sock"
    (made,) = bind(ListenAddress("http", str(path), 0), 3)
    assert opened() == [made]
    assert FakeSocket.made[0].target == str(path)


def test_a_socket_that_was_left_behind_is_replaced(tmp_path: Path, monkeypatch):
    path = tmp_path / "bfe.sock"
    path.write_text("")
    monkeypatch.setattr(sockets_module.stat, "S_ISSOCK", lambda _: True)
    (made,) = bind(ListenAddress("http", str(path), 0), 1)
    assert opened() == [made]


@pytest.mark.parametrize(("is_socket", "is_alive"), [(True, True), (False, False)])
def test_what_somebody_uses_is_not_replaced(tmp_path: Path, monkeypatch, is_socket, is_alive):
    path = tmp_path / "bfe.sock"
    path.write_text("")
    monkeypatch.setattr(sockets_module.stat, "S_ISSOCK", lambda _: is_socket)
    if is_alive:
        monkeypatch.setattr(FakeSocket, "connect", lambda *_: None)
    with pytest.raises(BindError, match="already in use"):
        bind(ListenAddress("http", str(path), 0), 1)
    assert path.exists()


def test_a_path_that_cannot_be_bound_is_one_line(tmp_path: Path):
    FakeSocket.failing = {(socket.AF_UNIX, False): errno.EADDRINUSE}
    path = tmp_path / "bfe.sock"
    with pytest.raises(BindError) as caught:
        bind(ListenAddress("http", str(path), 0), 1)
    assert str(caught.value) == f"cannot listen on {path} (http): Address already in use"
    assert opened() == []


def test_sockets_of_others_are_closed():
    sockets = bind(ListenAddress("http", "127.0.0.1", 8080), 3)
    close_all(sockets[1:])
    assert opened() == sockets[:1]
