"""What the connections of a listener share: limits, counts, draining."""

import pytest

from bfe_py.downstream import Endpoint, Terms
from bfe_py.model import UNIX_PEER, Fault, Kind, Session, parse_address
from bfe_py.observe import Registry
from bfe_py.protocol import Dialect, H1Server
from bfe_py.shares import Grant, Shares
from tests.kit.client_connection import FakePhases


def make_endpoint(shares: Shares | None = None, **terms: object) -> Endpoint:
    return Endpoint(None, Registry(), Terms(**terms), FakePhases(), shares=shares)


def session(text: str = "203.0.113.9") -> Session:
    address = parse_address(text, 1)
    assert address is not None
    return Session(peer=address, local=address, started=1.0)


class Connection:
    def __init__(self) -> None:
        self.drained: list[bool] = []

    def drain(self, *, is_patient: bool) -> None:
        self.drained.append(is_patient)


def refusals(endpoint: Endpoint, kind: str) -> int:
    return endpoint.refusals[(kind,)].requests


def test_no_more_connections_than_granted_are_accepted_until_one_ends() -> None:
    endpoint = make_endpoint(connections=2)
    first, second = session("203.0.113.1"), session("203.0.113.2")
    assert endpoint.accepts(first)
    assert endpoint.accepts(second)
    assert not endpoint.accepts(session("203.0.113.3"))
    assert endpoint.counters.over_limit == 1
    endpoint.session_ended(first, None)
    assert endpoint.accepts(session("203.0.113.3"))


def test_that_connections_are_refused_is_one_line_until_there_are_clearly_fewer(caplog) -> None:
    caplog.set_level("INFO")
    endpoint = make_endpoint(connections=20)
    own = [session() for _ in range(20)]
    assert all(endpoint.accepts(one) for one in own)
    assert not any(endpoint.accepts(session()) for _ in range(5))
    endpoint.session_ended(own.pop(), None)
    own.append(session())
    assert endpoint.accepts(own[-1])
    assert not endpoint.accepts(session())
    assert caplog.messages == ["connections refused limit=worker open=20"]
    for _ in range(2):
        endpoint.session_ended(own.pop(), None)
    assert caplog.messages[1:] == ["connections accepted again refused=6"]
    endpoint.session_ended(own.pop(), None)
    assert len(caplog.messages) == 2


def test_so_it_is_where_all_workers_have_too_many(caplog) -> None:
    endpoint = make_endpoint(all_connections=1)
    assert endpoint.accepts(session())
    assert not endpoint.accepts(session())
    assert caplog.messages == ["connections refused limit=all open=1"]


def test_connections_that_have_no_session_yet_need_a_place_too() -> None:
    endpoint = make_endpoint(connections=3)
    assert endpoint.accepts(session())
    assert endpoint.has_room(1)
    assert not endpoint.has_room(2)
    assert endpoint.counters.over_limit == 1


def test_no_address_gets_more_connections_than_granted_until_one_ends() -> None:
    endpoint = make_endpoint(address_connections=2)
    own = [session(), session()]
    assert all(endpoint.accepts(one) for one in own)
    assert not endpoint.accepts(session())
    assert endpoint.counters.over_address_limit == 1
    assert endpoint.accepts(session("203.0.113.10"))
    endpoint.session_ended(own[0], None)
    assert endpoint.accepts(session())
    assert not endpoint.accepts(session())


def test_of_several_workers_each_has_its_part_of_the_limit_on_an_address() -> None:
    shares = Shares(0, 2)
    endpoint = make_endpoint(shares, address_connections=4)
    assert [endpoint.accepts(session()) for _ in range(3)] == [True, True, False]
    assert endpoint.counters.over_address_limit == 1
    (claim,) = shares.claims()
    assert (claim.limit, claim.total, claim.part, claim.held, claim.wanted) == (
        "address",
        4,
        2,
        2,
        1,
    )
    shares.take([Grant("address", claim.key, 4, 1, 3)])
    assert [endpoint.accepts(session()) for _ in range(2)] == [True, False]


def test_of_several_workers_each_has_its_part_of_the_limit_on_all_connections() -> None:
    shares = Shares(0, 2)
    endpoint = make_endpoint(shares, all_connections=4)
    assert endpoint.accepts(session("203.0.113.1"))
    assert endpoint.has_room()
    assert not endpoint.has_room(1)
    assert endpoint.accepts(session("203.0.113.2"))
    assert not endpoint.accepts(session("203.0.113.3"))
    assert (endpoint.counters.over_all_limit, endpoint.counters.over_limit) == (2, 0)
    (claim,) = shares.claims()
    assert (claim.limit, claim.held, claim.wanted) == ("connections", 2, 2)


def test_peers_without_an_address_are_not_one() -> None:
    endpoint = make_endpoint(address_connections=1)
    for _ in range(3):
        assert endpoint.accepts(Session(peer=UNIX_PEER, local=UNIX_PEER, started=1.0))


def test_a_connection_that_a_module_refuses_is_over_and_takes_no_place() -> None:
    endpoint = make_endpoint(connections=1)
    endpoint.phases.refuses = True
    refused = session()
    assert not endpoint.accepts(refused)
    assert endpoint.phases.closed == [refused]
    endpoint.phases.refuses = False
    assert endpoint.accepts(session())


def test_without_modules_nobody_is_refused() -> None:
    endpoint = Endpoint(None, Registry(), Terms())
    own = session()
    assert endpoint.accepts(own)
    assert not endpoint.phases.handshake(own)
    endpoint.session_ended(own, None)
    assert own.ended > 0


@pytest.mark.parametrize("is_secure", [False, True])
def test_connections_are_counted_as_they_come_and_go(is_secure: bool) -> None:
    endpoint = make_endpoint()
    counters, connection = endpoint.counters, Connection()
    endpoint.opened(connection, is_secure=is_secure)
    other = counters.http_connections if is_secure else counters.https_connections
    own = counters.https_connections if is_secure else counters.http_connections
    assert (counters.connections, own, other) == (1, 1, 0)
    assert counters.connections_active == 1
    assert counters.https_connections_active == int(is_secure)
    assert counters.http_connections_active == int(not is_secure)
    endpoint.lost(connection, is_secure=is_secure)
    assert counters.connections_active == 0
    assert counters.http_connections_active == counters.https_connections_active == 0
    assert endpoint.connections == set()


@pytest.mark.parametrize(
    ("fault", "name", "word"),
    [
        (Fault(Kind.BAD_REQUEST, "bare-lf in a head"), "bad_requests", "bare-lf"),
        (Fault(Kind.TARGET_TOO_LONG), "target_too_long", "target_too_long"),
        (Fault(Kind.HEADER_TIMEOUT, "header-timeout"), "timeouts", "header-timeout"),
        (Fault(Kind.CLIENT_RESET, "reset"), "resets", None),
        (Fault(Kind.CLIENT_CLOSED, "EOF"), "closed", None),
    ],
)
def test_faults_are_counted_by_bfes_name_and_by_their_word(
    fault: Fault, name: str, word: str | None
) -> None:
    endpoint = make_endpoint()
    endpoint.count_fault(fault)
    assert getattr(endpoint.counters, name) == 1
    assert sum(refused.requests for _, refused in endpoint.refusals.items()) == (word is not None)
    if word is not None:
        assert refusals(endpoint, word) == 1


def test_a_session_ends_with_the_fault_that_came_first() -> None:
    endpoint = make_endpoint()
    own = session()
    own.fault_code, own.bytes_read, own.bytes_written = "CLIENT_BAD_REQUEST", 3, 4
    assert endpoint.accepts(own)
    endpoint.session_ended(own, Fault(Kind.CLIENT_CLOSED, "EOF"))
    assert own.fault_code == "CLIENT_BAD_REQUEST"
    assert endpoint.counters.closed == 0
    assert (endpoint.counters.bytes_read, endpoint.counters.bytes_written) == (3, 4)


def test_a_client_that_ended_its_session_is_the_fault_of_it() -> None:
    endpoint = make_endpoint()
    own = session()
    assert endpoint.accepts(own)
    endpoint.session_ended(own, Fault(Kind.CLIENT_RESET, "reset"))
    assert (own.fault_code, own.fault_detail) == ("CLIENT_RESET", "reset")
    assert endpoint.counters.resets == 1
    assert endpoint.phases.closed == [own]


@pytest.mark.parametrize("keeps", [False, True])
def test_lines_that_are_known_are_those_that_the_terms_let_pass(keeps: bool) -> None:
    endpoint = make_endpoint(dialect=Dialect(forwards_underscores=keeps))
    codec = H1Server(dialect=endpoint.terms.dialect, known=endpoint.known_lines)
    request = codec.take_request(b"GET / HTTP/1.1\r\nHost: h\r\nX_Y: 1\r\n\r\n")
    assert (request is not None) == keeps


def test_draining_reaches_every_connection() -> None:
    endpoint = make_endpoint()
    connections = [Connection(), Connection()]
    for connection in connections:
        endpoint.opened(connection, is_secure=False)
    endpoint.drain(is_patient=True)
    assert not endpoint.is_draining
    endpoint.drain()
    assert [connection.drained for connection in connections] == [[True, False]] * 2
    assert endpoint.is_draining
