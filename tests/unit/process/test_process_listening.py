"""What is listened on, and who accepts from which socket."""

from dataclasses import dataclass

import pytest

from bfe_py.config import Own, Server, Static
from bfe_py.process import listening as listening_module
from bfe_py.process.given import Given
from bfe_py.process.listening import Listening, listen_addresses, open_listening, share
from bfe_py.process.messages import HandedSocket
from bfe_py.process.sockets import BindError, ListenAddress
from bfe_py.server import Site

HTTP = ListenAddress("http", "", 80)
HTTPS = ListenAddress("https", "", 443)
MANAGEMENT = ListenAddress("management", "127.0.0.1", 8421)


@dataclass(eq=False)
class FakeSocket:
    name: str
    number: int = 0
    is_closed: bool = False

    def close(self) -> None:
        self.is_closed = True

    def fileno(self) -> int:
        return self.number


def sockets(name: str, count: int) -> list[FakeSocket]:
    return [FakeSocket(f"{name} {number}", number) for number in range(count)]


class Binding:
    """What is bound, and what may be bound beside a socket: at most `room` more."""

    def __init__(self) -> None:
        self.bound: list[tuple[str, int, frozenset[int]]] = []
        self.room = 99

    def bind(self, address: ListenAddress, count: int, ours: frozenset[int]) -> list[FakeSocket]:
        self.bound.append((str(address), count, ours))
        return sockets(str(address), count)

    def beside(self, bound: FakeSocket, count: int) -> list[FakeSocket]:
        return sockets(f"beside {bound.name}", min(count, self.room))


@pytest.fixture
def binding(monkeypatch: pytest.MonkeyPatch) -> Binding:
    made = Binding()
    monkeypatch.setattr(listening_module, "bind", made.bind)
    monkeypatch.setattr(listening_module, "bind_beside", made.beside)
    return made


def given(address: ListenAddress, count: int, *, is_named: bool = False) -> Given:
    return Given(address, sockets(f"given {address}", count), is_named)


def names(listening: Listening) -> list[str]:
    return [one.name for one in listening.every()]


# --- which sockets there are


@pytest.mark.parametrize(
    ("own", "server", "wanted"),
    [
        ({}, {}, ["http *:8080", "https *:8443", "management 127.0.0.1:8421"]),
        ({"is_tls_disabled": True}, {"is_monitored": False}, ["http *:8080"]),
        ({}, {"http_address": "::1", "is_monitored": False}, ["http [::1]:8080", "https *:8443"]),
    ],
)
def test_addresses_are_those_of_the_configuration(own, server, wanted):
    site = Site(None, None, Static(server=Server(**server), own=Own(**own)), {}, {})
    assert [f"{one.name} {one}" for one in listen_addresses(site)] == wanted


def test_without_anything_given_everything_is_bound(binding: Binding):
    open_listening([HTTP, MANAGEMENT], 3, [])
    assert binding.bound == [("*:80", 3, frozenset()), ("127.0.0.1:8421", 1, frozenset())]


def test_what_the_version_before_listened_on_is_not_bound_again(binding: Binding):
    handed = [given(HTTP, 2), given(MANAGEMENT, 1)]
    listening = open_listening([HTTP, MANAGEMENT], 2, handed)
    assert binding.bound == []
    assert listening.every() == handed[0].sockets + handed[1].sockets
    assert listening.management is handed[1].sockets[0]


def test_an_address_counts_not_the_name_of_its_listener(binding: Binding):
    moved = ListenAddress("https", "", 80)
    listening = open_listening([moved], 1, [given(HTTP, 1)])
    assert listening.addresses == [moved]
    assert binding.bound == []


def test_a_new_address_is_bound_and_one_that_is_wanted_no_more_is_closed(binding: Binding):
    handed = [given(HTTP, 2), given(HTTPS, 2)]
    open_listening([HTTPS, MANAGEMENT], 2, handed)
    assert binding.bound == [("127.0.0.1:8421", 1, frozenset({80, 443}))]
    assert [one.is_closed for one in handed[0].sockets] == [True, True]
    assert not any(one.is_closed for one in handed[1].sockets)


def test_more_workers_than_before_get_sockets_of_their_own_beside_the_old_ones(binding: Binding):
    listening = open_listening([HTTP], 3, [given(HTTP, 1)])
    assert names(listening) == ["given *:80 0", "beside given *:80 0 0", "beside given *:80 0 1"]


def test_where_none_can_be_bound_beside_the_old_ones_are_shared(binding: Binding):
    binding.room = 0
    assert names(open_listening([HTTP], 3, [given(HTTP, 1)])) == ["given *:80 0"]


def test_fewer_workers_than_before_keep_every_socket(binding: Binding):
    assert len(open_listening([HTTP], 1, [given(HTTP, 4)]).every()) == 4


def test_named_sockets_stand_for_the_configured_address(binding: Binding):
    passed = [
        given(ListenAddress("http", "10.9.9.9", 8080), 1, is_named=True),
        given(ListenAddress("http", "/run/http.sock", 0), 1, is_named=True),
    ]
    listening = open_listening([HTTP, HTTPS], 1, passed)
    assert binding.bound == [("*:443", 1, frozenset({8080, 0}))]
    assert [str(one) for one in listening.addresses] == ["10.9.9.9:8080", "/run/http.sock", "*:443"]
    assert listening.passed == (("10.9.9.9", 8080), ("/run/http.sock", 0))


def test_one_socket_for_two_listeners_is_a_mistake(binding: Binding):
    same = ListenAddress("https", "", 80)
    with pytest.raises(BindError, match="two listeners have one address"):
        open_listening([HTTP, same], 1, [given(HTTP, 1)])


def test_management_has_one_socket(binding: Binding):
    with pytest.raises(BindError, match="takes one socket"):
        open_listening([MANAGEMENT], 1, [given(MANAGEMENT, 2, is_named=True)])


def test_another_version_is_told_of_all_of_it(binding: Binding):
    listening = open_listening([HTTP, MANAGEMENT], 2, [])
    assert listening.describe() == [
        HandedSocket("http", "", 80, [0, 1]),
        HandedSocket("management", "127.0.0.1", 8421, [0]),
    ]


# --- who accepts from which


@pytest.mark.parametrize(
    ("count", "workers", "shares"),
    [
        (2, 2, [[0], [1]]),
        (5, 2, [[0, 2, 4], [1, 3]]),
        (1, 3, [[0], [0], [0]]),
        (2, 3, [[0], [1], [0]]),
    ],
)
def test_every_socket_has_a_worker_and_every_worker_a_socket(count, workers, shares):
    all_of_them = sockets("s", count)
    found = [share(all_of_them, worker, workers) for worker in range(workers)]  # type: ignore[arg-type]
    assert [[one.number for one in some] for some in found] == shares


def test_a_worker_has_listeners_for_clients_and_closes_all_else(binding: Binding):
    listening = open_listening([HTTP, HTTPS, MANAGEMENT], 2, [])
    own = listening.of(1, 2)
    assert [(one.name, one.is_secure, one.socket.number) for one in own] == [
        ("http", False, 1),
        ("https", True, 1),
    ]
    closed = listening.not_of(1, 2)
    assert len(closed) == 3
    assert listening.management in closed
    assert listening.management not in listening.for_clients()


def test_without_a_management_listener_there_is_no_socket_for_it(binding: Binding):
    assert open_listening([HTTP], 1, []).management is None
