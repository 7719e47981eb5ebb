"""Sockets that a process is started with."""

import errno
import os
import socket

import pytest

from bfe_py.process import given as given_module
from bfe_py.process.given import Given, open_handed, take_activated
from bfe_py.process.messages import HandedSocket
from bfe_py.process.sockets import BindError, ListenAddress

HTTP = ListenAddress("http", "", 8080)
HTTPS = ListenAddress("https", "10.0.0.1", 8443)
MANAGEMENT = ListenAddress("management", "/run/bfe.sock", 8421)
CONFIGURED = (HTTP, HTTPS, MANAGEMENT)


class Passed:
    """A descriptor that was passed: a socket at `name`, unless it is `error`."""

    def __init__(self, name: object, *, listens: bool = True, kind: int = socket.SOCK_STREAM):
        self.name = name
        self.family = socket.AF_UNIX if isinstance(name, str) else socket.AF_INET
        self.type = kind
        self.listens = listens
        self.number = 0
        self.is_inheritable = True

    def set_inheritable(self, inheritable: bool) -> None:
        self.is_inheritable = inheritable

    def getsockopt(self, level: int, option: int) -> int:
        assert (level, option) == (socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        return int(self.listens)

    def getsockname(self) -> object:
        return self.name

    def fileno(self) -> int:
        return self.number


@pytest.fixture
def descriptors(monkeypatch: pytest.MonkeyPatch) -> dict[int, Passed]:
    """What every descriptor is; the others are no sockets."""
    known: dict[int, Passed] = {}

    def adopt(*, fileno: int) -> Passed:
        if fileno not in known:
            raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
        known[fileno].number = fileno
        return known[fileno]

    monkeypatch.setattr(given_module.socket, "socket", adopt)
    return known


def activate(names: str, count: int, whose: int | None = None) -> dict[str, str]:
    pid = os.getpid() if whose is None else whose
    return {"LISTEN_PID": str(pid), "LISTEN_FDS": str(count), "LISTEN_FDNAMES": names, "HOME": "/"}


def test_a_socket_belongs_to_the_listener_that_it_names_wherever_it_is(descriptors):
    descriptors.update({3: Passed(("10.9.9.9", 80)), 4: Passed("/run/other.sock")})
    environment = activate("http:management", 2)
    http, management = take_activated(environment, CONFIGURED)
    assert http == Given(ListenAddress("http", "10.9.9.9", 80), [descriptors[3]], True)
    assert management.address == ListenAddress("management", "/run/other.sock", 0)
    assert not descriptors[3].is_inheritable
    assert environment == {"HOME": "/"}


def test_sockets_of_one_name_may_be_at_several_addresses_and_several_at_one(descriptors):
    descriptors.update({3: Passed(("::", 80)), 4: Passed(("0.0.0.0", 80)), 5: Passed(("::", 80))})
    everywhere, four = take_activated(activate("http:http:http", 3), CONFIGURED)
    assert everywhere.sockets == [descriptors[3], descriptors[5]]
    assert four.sockets == [descriptors[4]]


@pytest.mark.parametrize(
    ("at", "listener"),
    [
        (("0.0.0.0", 8080), "http"),
        (("::", 8443), "https"),
        ("/run/bfe.sock", "management"),
    ],
)
@pytest.mark.parametrize("names", ["", "unknown", "bfe-py.socket"])
def test_one_with_another_name_belongs_to_the_listener_with_its_port_or_path(
    descriptors, at: object, listener: str, names: str
):
    descriptors[3] = Passed(at)
    (given,) = take_activated(activate(names, 1), CONFIGURED)
    assert given.address.name == listener


@pytest.mark.parametrize(
    ("name", "at"),
    [("web", ("0.0.0.0", 81)), ("", "/run/x.sock"), ("https", ("0.0.0.0", 8080))],
)
def test_one_that_is_for_no_listener_is_a_mistake(descriptors, name: str, at: object):
    descriptors[3] = Passed(at)
    with pytest.raises(BindError, match="is for no listener: name it one of http, management"):
        take_activated(activate(name, 1), (HTTP, MANAGEMENT))


@pytest.mark.parametrize(
    "passed",
    [Passed(("::", 8080), listens=False), Passed(("::", 8080), kind=socket.SOCK_DGRAM)],
)
def test_one_that_does_not_listen_is_a_mistake(descriptors, passed: Passed):
    descriptors[3] = passed
    with pytest.raises(BindError, match=r"does not listen .* expected ListenStream="):
        take_activated(activate("http", 1), CONFIGURED)


def test_what_is_no_socket_is_a_mistake(descriptors):
    with pytest.raises(BindError, match=r"descriptor 3 .* is no socket"):
        take_activated(activate("http", 1), CONFIGURED)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LISTEN_FDS": "1"},
        activate("http", 1, whose=1),
        {**activate("http", 1), "LISTEN_FDS": "many"},
        activate("", 0),
    ],
)
def test_what_is_meant_for_others_is_left_alone(descriptors, environment: dict[str, str]):
    assert take_activated(environment, CONFIGURED) == []
    assert not any(name.startswith("LISTEN") for name in environment)


def test_what_is_handed_over_is_what_was_described(descriptors):
    descriptors.update({7: Passed(("::", 80)), 8: Passed(("::", 80))})
    handed = HandedSocket("http", "", 80, [7, 8], is_named=True)
    (given,) = open_handed([handed])
    assert given == Given(ListenAddress("http", "", 80), [descriptors[7], descriptors[8]], True)
    assert given.describe() == handed
