from bfe_py.model import Session, TlsFacts, parse_address

PEER, LOCAL = parse_address("10.0.0.9", 4711), parse_address("10.0.0.1", 80)


def make(**more: object) -> Session:
    assert PEER is not None
    assert LOCAL is not None
    return Session(PEER, LOCAL, 5.0, **more)  # type: ignore[arg-type]


def test_a_connection_is_in_clear_until_a_handshake():
    session = make()
    assert not session.is_secure
    session.tls = TlsFacts("shop.test", "TLSv1.3", "X", is_resumed=False)
    assert session.is_secure


def test_nothing_is_known_at_first_but_who_is_there():
    session = make()
    assert (session.listener, session.session_id) == ("http", "")
    assert (session.balancer, session.vip, session.idle_seconds) == (None, None, None)
    assert (session.read_seconds, session.write_seconds) == (None, None)
    assert not session.is_trusted
    assert (session.requests, session.bytes_read, session.bytes_written) == (0, 0, 0)
    assert (session.fault_code, session.fault_detail, session.ended) == ("", "", 0.0)


def test_notes_of_one_connection_are_not_those_of_another():
    one, other = make(), make()
    one.notes["mod_x"] = 1
    assert other.notes == {}
    assert one != other  # a connection is only itself


def test_what_a_handshake_settled_says_nothing_of_a_client_certificate():
    facts = TlsFacts(None, "TLSv1.2", "X", is_resumed=True)
    assert (facts.alpn, facts.client_authority, facts.client_certificate) == (None, None, None)
    assert not facts.is_client_authenticated
