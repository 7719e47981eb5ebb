"""Which PROXY header goes to a backend, and what is kept for one client."""

import pytest

from bfe_py.model import UNIX_PEER, Address, Exchange, Headers, RequestHead, Session, parse_address
from bfe_py.protocol import build_proxy_v1, build_proxy_v2
from bfe_py.upstream.client_way import ClientWay, anonymous_header, find_way
from bfe_py.upstream.own_connections import OwnConnections
from bfe_py.upstream.pool import Pool, PoolKey


def address(text: str, port: int = 1) -> Address:
    found = parse_address(text, port)
    assert found is not None
    return found


PEER, LOCAL, VIP = address("203.0.113.9", 4711), address("10.0.0.1", 80), address("192.0.2.1", 443)
NOBODY_1, NOBODY_2 = build_proxy_v1(None, None), build_proxy_v2(None, None)


def exchange_of(session: Session) -> Exchange:
    return Exchange(session, RequestHead(b"GET", b"/", Headers([(b"Host", b"h")])), 0.0)


@pytest.mark.parametrize(
    ("session", "source", "destination"),
    [
        (Session(PEER, LOCAL, 0.0), PEER, LOCAL),
        (Session(PEER, LOCAL, 0.0, vip=VIP), PEER, VIP),
        (Session(UNIX_PEER, UNIX_PEER, 0.0), None, None),
        (Session(UNIX_PEER, LOCAL, 0.0), None, LOCAL),
    ],
)
def test_a_header_names_client_and_address(session, source, destination) -> None:
    exchange = exchange_of(session)
    assert find_way(exchange, 1) == ClientWay(build_proxy_v1(source, destination), session)
    assert find_way(exchange, 2) == ClientWay(build_proxy_v2(source, destination), session)


def test_the_client_of_an_exchange_may_be_another_than_the_peer() -> None:
    exchange = exchange_of(Session(PEER, LOCAL, 0.0))
    exchange.client = VIP
    assert find_way(exchange, 1).header == build_proxy_v1(VIP, LOCAL)
    exchange.client = None
    assert find_way(exchange, 1).header == NOBODY_1
    assert find_way(exchange, 2).header == NOBODY_2


@pytest.mark.parametrize(("version", "header"), [(0, b""), (1, NOBODY_1), (2, NOBODY_2)])
def test_our_own_connections_name_nobody(version: int, header: bytes) -> None:
    assert anonymous_header(version) == header


def test_ways_are_the_same_for_one_connection_of_a_client_alone() -> None:
    one, other = Session(PEER, LOCAL, 0.0), Session(PEER, LOCAL, 0.0)
    assert find_way(exchange_of(one), 2) == find_way(exchange_of(one), 2)
    assert find_way(exchange_of(one), 2) != find_way(exchange_of(other), 2)


# --- what is kept


class Idle:
    is_usable = True

    def __init__(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class OwnCase:
    def __init__(self) -> None:
        self.pool: Pool[Idle] = Pool()
        self.own = OwnConnections(self.pool)
        self.session = Session(PEER, LOCAL, 0.0)

    def key(self, way: ClientWay, port: int = 80) -> PoolKey:
        return ("web", "10.0.0.9", port, (0, way))

    def keep(self, way: ClientWay, port: int = 80) -> Idle:
        connection, key = Idle(), self.key(way, port)
        if self.own.keep(way, key):
            assert self.pool.keep(key, connection, 1) is None
        else:
            connection.close()
        return connection

    def leave(self) -> None:
        for act in self.session.at_end:
            act()


def test_what_is_kept_for_a_client_is_closed_when_it_leaves() -> None:
    case = OwnCase()
    way = ClientWay(b"a", case.session)
    case.own.use(way)
    case.own.use(way)
    kept = [case.keep(way, 80), case.keep(way, 81)]
    assert len(case.session.at_end) == 1
    assert case.pool.idle_total == 2
    case.leave()
    assert [one.is_closed for one in kept] == [True, True]
    assert case.pool.idle_total == 0
    assert case.keep(way).is_closed  # too late


def test_what_is_kept_for_the_client_before_is_closed() -> None:
    case = OwnCase()
    first, second = ClientWay(b"a", case.session), ClientWay(b"b", case.session)
    case.own.use(first)
    kept = case.keep(first)
    case.own.use(second)
    assert kept.is_closed
    assert not case.keep(second).is_closed
    assert case.keep(first).is_closed
    assert case.pool.idle_total == 1


def test_a_connection_in_use_is_nobodys_to_close() -> None:
    case = OwnCase()
    way = ClientWay(b"a", case.session)
    case.own.use(way)
    kept = case.keep(way)
    assert case.pool.take(case.key(way)) is kept
    case.leave()
    assert not kept.is_closed


def test_at_the_limit_an_idle_connection_of_somebody_else_gives_way() -> None:
    case = OwnCase()
    mine, other = ClientWay(b"a", case.session), ClientWay(b"b", Session(PEER, LOCAL, 0.0))
    case.own.use(mine)
    kept = case.keep(mine)
    case.pool.opened(case.key(mine))
    assert not case.pool.can_open(case.key(other), 1)
    assert case.pool.open_connections(case.key(other)) == 1
    assert case.pool.can_open(case.key(other, 81), 1)
    assert case.pool.evict(case.key(mine)) is None
    assert case.pool.evict(case.key(other, 81)) is None
    assert case.pool.evict(case.key(other)) is kept
    assert case.pool.evict(case.key(other)) is None
    assert case.pool.idle_total == 0
