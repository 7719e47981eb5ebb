"""What a transport tells about its client."""

import pytest

from bfe_py.downstream.sessions import find_tls_facts, open_session, socket_address
from bfe_py.model import UNIX_PEER
from tests.kit.client_connection import LOCAL, PEER, FakeTls


class Transport:
    def __init__(self, **extra: object) -> None:
        self.extra = extra

    def get_extra_info(self, name: str) -> object:
        return self.extra.get(name)


@pytest.mark.parametrize(
    ("name", "text", "port"),
    [
        (("192.0.2.1", 80), "192.0.2.1", 80),
        (("2001:db8::1", 80, 0, 0), "2001:db8::1", 80),
        (("fe80::1%eth0", 80, 0, 2), "fe80::1", 80),
    ],
)
def test_names_of_sockets_are_addresses(name: tuple, text: str, port: int) -> None:
    address = socket_address(name)
    assert (address.text, address.port) == (text, port)


@pytest.mark.parametrize("name", ["", b"\x00abstract", None, ("nonsense", 1)])
def test_other_names_are_those_of_nobody(name: object) -> None:
    assert socket_address(name) is UNIX_PEER


def test_a_session_begins_with_both_ends_and_its_listener() -> None:
    session = open_session(Transport(peername=PEER, sockname=LOCAL), "side")
    assert (session.peer.text, session.local.text, session.listener) == (PEER[0], LOCAL[0], "side")
    assert session.started > 0


def test_in_clear_there_are_no_facts_of_a_handshake() -> None:
    assert find_tls_facts(Transport()) is None


def test_a_handshake_may_settle_little() -> None:
    tls = FakeTls()
    tls.cipher = lambda: None
    tls.version = lambda: None
    tls.session_reused = None
    facts = find_tls_facts(Transport(ssl_object=tls))
    assert facts is not None
    assert (facts.cipher, facts.version, facts.is_resumed) == ("", "", False)
    assert (facts.server_name, facts.alpn) == ("h.test", "http/1.1")
