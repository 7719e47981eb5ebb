import socket

import pytest

from bfe_py.process import notify as notify_module
from bfe_py.process.notify import Notifier, ServiceState, open_state, watchdog_seconds


class FakeSocket:
    """Where datagrams go; `fails`: nobody listens."""

    sent: list[tuple[bytes, str]] = []
    fails = False

    def __init__(self, family: int, kind: int) -> None:
        assert (family, kind) == (socket.AF_UNIX, socket.SOCK_DGRAM)

    def __enter__(self) -> "FakeSocket":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def setblocking(self, blocks: bool) -> None:
        assert not blocks

    def sendto(self, data: bytes, address: str) -> None:
        if FakeSocket.fails:
            raise ConnectionRefusedError
        FakeSocket.sent.append((data, address))


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, str]]:
    FakeSocket.sent, FakeSocket.fails = [], False
    monkeypatch.setattr(notify_module.socket, "socket", FakeSocket)
    return FakeSocket.sent


@pytest.mark.parametrize(
    ("address", "target"),
    [("/run/systemd/notify", "/run/systemd/notify"), ("@systemd/notify", "\0systemd/notify")],
)
def test_a_datagram_goes_where_the_service_manager_listens(sent, address: str, target: str):
    Notifier(address).send("READY=1")
    assert sent == [(b"READY=1", target)]


def test_without_a_service_manager_nothing_is_said(sent):
    Notifier("").send("READY=1")
    open_state({}).ready("serving")
    assert sent == []


def test_a_service_manager_that_is_gone_is_no_matter():
    FakeSocket.fails = True
    Notifier("/run/systemd/notify").send("READY=1")


def test_the_state_is_that_of_the_environment(sent, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(notify_module.os, "getpid", lambda: 7)
    environment = {"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "7"}
    state = open_state(environment)
    assert state.pause == 2.0
    state.ready("serving")
    assert sent == [(b"READY=1\nSTATUS=serving", "/n")]


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "7"}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_a_watchdog_is_ours_if_it_says_so(environment: dict[str, str], seconds: float | None):
    assert watchdog_seconds(environment, 7) == seconds


class Told:
    def __init__(self, watchdog: float | None = None) -> None:
        self.texts: list[str] = []
        self.state = ServiceState(self.texts.append, watchdog)


def test_a_status_is_one_line_and_not_long():
    told = Told()
    told.state.ready("a\nb " + "c" * 1000)
    assert told.texts == ["READY=1\nSTATUS=a b " + "c" * 196]


def test_signs_of_life_begin_when_it_is_ready_at_half_of_the_time():
    told = Told(10.0)
    told.state.tick(100.0)
    assert told.texts == []
    told.state.ready("")
    for now in (100.0, 104.9, 105.0, 109.9, 110.0):
        told.state.tick(now)
    assert told.texts[1:] == ["WATCHDOG=1"] * 3


def test_without_a_watchdog_no_sign_is_given():
    told = Told()
    told.state.ready("")
    told.state.tick(100.0)
    assert told.texts == ["READY=1\nSTATUS="]
    assert told.state.pause == float("inf")


def test_a_reload_says_when_it_began():
    told = Told()
    told.state.reloading(1.0)
    told.state.ready("serving")
    told.state.reloading(12.25)
    assert told.texts[1:] == ["RELOADING=1\nMONOTONIC_USEC=12250000\nSTATUS=reloading"]


def test_who_ends_is_not_ready_any_more():
    told = Told(1.0)
    told.state.ready("serving")
    told.state.stopping()
    told.state.ready("serving")
    told.state.reloading(5.0)
    assert told.texts[1:] == ["STOPPING=1\nSTATUS=draining connections"]
    told.state.tick(9.0)
    assert told.texts[2:] == ["WATCHDOG=1"]


def test_who_handed_over_is_silent():
    told = Told(1.0)
    told.state.ready("serving")
    told.state.handed_to(4711)
    told.state.tick(9.0)
    told.state.stopping()
    told.state.ready("serving")
    assert told.texts[1:] == ["MAINPID=4711\nREADY=1\nSTATUS=process 4711 takes over"]


def test_who_could_not_hand_over_speaks_again():
    told = Told(1.0)
    told.state.ready("serving")
    told.state.handed_to(4711)
    told.state.taken_back(1234)
    told.state.tick(9.0)
    assert told.texts[2:] == ["MAINPID=1234\nREADY=1\nSTATUS=serving", "WATCHDOG=1"]
