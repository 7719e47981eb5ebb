from dataclasses import replace

import pytest

from bfe_py.balance import Reach, ip_range
from bfe_py.config import Own, Server, Static
from bfe_py.model import parse_address
from bfe_py.server import Site, management_host
from bfe_py.server import reach as reach_module
from bfe_py.server.reach import is_here, tenant_reach


def site(*, is_compatible: bool = False, own: Own | None = None, **server: object) -> Site:
    given = {"http_address": "10.0.0.1", "https_address": "10.0.0.1", **server}
    static = Static(server=Server(**given), own=own or Own())
    return Site(None, None, static, {}, {}, is_compatible)


@pytest.mark.parametrize(
    ("said", "is_compatible", "host"),
    [("", False, "127.0.0.1"), ("", True, ""), ("10.0.0.1", False, "10.0.0.1")],
)
def test_the_management_listener_is_on_loopback_unless_it_is_said(
    said: str, is_compatible: bool, host: str
):
    assert management_host(site(monitor_address=said, is_compatible=is_compatible)) == host


# what bfe.conf says besides its defaults, addresses that are ours, addresses that are not
OWN = [
    (
        {},
        ["10.0.0.1:8080", "10.0.0.1:8443", "127.0.0.1:8421", "localhost:8421"],
        ["10.0.0.2:8080", "127.0.0.1:8080", "127.0.0.1:8443", "[::1]:8421", "10.0.0.1:80"],
    ),
    ({"http_port": 80}, ["10.0.0.1:80"], ["10.0.0.1:8080"]),
    ({"http_address": ""}, ["127.0.0.1:8080", "10.9.9.9:8080"], ["10.0.0.2:8080"]),
    ({"http_address": "0.0.0.0"}, ["127.0.0.1:8080", "10.9.9.9:8080"], ["10.0.0.2:8080"]),
    ({"http_address": "[::]"}, ["127.0.0.1:8080", "[::1]:8080"], ["10.0.0.2:8080"]),
    ({"http_address": "::ffff:0.0.0.0"}, ["127.0.0.1:8080"], []),
    ({"http_address": "[2001:db8::1]"}, ["[2001:db8:0::1]:8080"], ["10.9.9.9:8080"]),
    ({"http_address": "lb.example"}, ["127.0.0.1:8080", "10.9.9.9:8080"], ["10.0.0.2:8080"]),
    ({"http_address": "/run/http.sock"}, [], ["127.0.0.1:8080", "10.9.9.9:8080"]),
    ({"monitor_address": "10.0.0.1"}, ["10.0.0.1:8421"], ["127.0.0.1:8421"]),
    ({"monitor_port": 99}, ["127.0.0.1:99"], ["127.0.0.1:8421"]),
    ({"is_monitored": False}, [], ["127.0.0.1:8421"]),
    ({"own": Own(is_tls_disabled=True)}, [], ["10.0.0.1:8443"]),
    ({"is_compatible": True}, ["127.0.0.1:8421", "10.9.9.9:8421"], ["10.0.0.2:8421"]),
]


@pytest.mark.parametrize(("settings", "ours", "others"), OWN)
def test_every_listener_is_out_of_reach(
    settings: dict[str, object], ours: list[str], others: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reach_module, "is_here", lambda address: address.text == "10.9.9.9")
    reach = tenant_reach(site(**settings))
    for text, is_ours in [(text, True) for text in ours] + [(text, False) for text in others]:
        host, _, port = text.rpartition(":")
        assert (reach.find_refusal(host, int(port)) is not None) is is_ours, text


def test_listeners_that_were_passed_from_outside_are_out_of_reach_too():
    passed = (("10.3.3.3", 81), ("::", 82), ("/run/http.sock", 0))
    reach = tenant_reach(replace(site(), listens_also=passed))
    refused = [
        text
        for text in ("10.3.3.3:81", "10.3.3.3:82", "127.0.0.1:82", "10.3.3.4:81")
        if reach.find_refusal(text.partition(":")[0], int(text.partition(":")[2])) is not None
    ]
    assert refused == ["10.3.3.3:81", "127.0.0.1:82"]


def test_what_bfe_conf_allows_is_allowed():
    own = Own(tenant_backends=("10.0.0.0/8", "::1"))
    assert tenant_reach(site(own=own)).allowed == (ip_range("10.0.0.0/8"), ip_range("::1"))
    assert tenant_reach(site()).allowed == Reach().allowed == ()


class FakeSocket:
    """Binds what `bindable` holds; its packets would leave from `source`."""

    bindable: frozenset[str] = frozenset()
    source = ""

    def __init__(self, family: int, kind: int) -> None:
        assert kind == reach_module.socket.SOCK_DGRAM

    def __enter__(self) -> "FakeSocket":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def bind(self, target: tuple[str, int]) -> None:
        assert target[1] == 0
        if target[0] not in self.bindable and "*" not in self.bindable:
            raise OSError("not ours")

    def connect(self, target: tuple[str, int]) -> None:
        if not self.source:
            raise OSError("no way there")

    def getsockname(self) -> tuple[str, int]:
        return self.source, 0


@pytest.mark.parametrize(
    ("text", "bindable", "source", "expected"),
    [
        ("10.0.0.1", {"10.0.0.1"}, "", True),
        ("10.0.0.2", {"10.0.0.1"}, "10.0.0.1", False),
        ("2001:db8:1::1", {"2001:db8:1::1"}, "", True),
        # a machine on which anything can be bound
        ("10.0.0.1", {"*"}, "10.0.0.1", True),
        ("10.0.0.2", {"*"}, "10.0.0.1", False),
        ("2001:db8:1::1", {"*"}, "2001:db8:1::2", False),
        ("10.0.0.2", {"*"}, "", False),
    ],
)
def test_an_address_is_here_if_it_can_be_bound(
    text: str, bindable: set[str], source: str, expected: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(FakeSocket, "bindable", frozenset(bindable))
    monkeypatch.setattr(FakeSocket, "source", source)
    monkeypatch.setattr(reach_module.socket, "socket", FakeSocket)
    address = parse_address(text)
    assert address is not None
    assert is_here(address) is expected
