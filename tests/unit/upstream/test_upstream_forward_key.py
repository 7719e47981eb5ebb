"""What exchanges are balanced by."""

from bfe_py.balance import Affinity, Balancer, Choice, HashSource, LiveBackends, SubCluster
from bfe_py.model import Exchange
from tests.kit.forwarding import BACKENDS, FakeUpstream
from tests.kit.forwarding import ForwardCase as Case
from tests.kit.modules import make_exchange, make_session

BY_ADDRESS = Affinity()


class Keys(Balancer):
    """Notes the key that an exchange is balanced by."""

    __slots__ = ("keys_seen",)

    def start(self, key: bytes = b"", first: Choice | None = None):
        self.keys_seen = [key]
        return super().start(key, first)


def key_of(
    exchange: Exchange, affinity: Affinity = BY_ADDRESS, *, is_compatible: bool = False
) -> bytes:
    two = (SubCluster("a", 50, BACKENDS), SubCluster("b", 50, BACKENDS))
    case = Case(FakeUpstream(200), is_compatible=is_compatible, sub_clusters=two, affinity=affinity)
    case.exchange = exchange
    case.balancer = Keys(case.cluster, LiveBackends(), is_compatible=is_compatible)
    case.forward()
    return case.balancer.keys_seen[0]


MAPPED = bytes(10) + b"\xff\xff" + bytes([10, 1, 2, 3])


def test_exchanges_are_hashed_by_the_address_of_their_client() -> None:
    assert key_of(make_exchange(peer="10.1.2.3:9")) == MAPPED
    assert key_of(make_exchange(peer="10.1.2.3:9"), is_compatible=True) == MAPPED[-4:]


def test_for_bfe_an_address_that_was_told_by_others_is_hashed_in_full() -> None:
    trusted = make_session("10.1.2.3:9", is_trusted=True)
    proxied = make_session("10.1.2.3:9")
    proxied.balancer = proxied.local
    for session in (trusted, proxied):
        assert key_of(make_exchange(session=session), is_compatible=True) == MAPPED


def test_a_client_without_an_address_goes_anywhere() -> None:
    keys = set()
    for _ in range(2):
        exchange = make_exchange()
        exchange.client = None
        keys.add(key_of(exchange, is_compatible=True))
    assert len(keys) == 2


def test_the_id_of_a_client_and_the_target_can_be_hashed() -> None:
    by_field = Affinity(HashSource.CLIENT_ID, header="X-Id")
    by_cookie = Affinity(HashSource.CLIENT_ID, cookie="id")
    assert key_of(make_exchange(headers=((b"X-Id", b"me"),)), by_field) == b"me"
    assert key_of(make_exchange(headers=((b"Cookie", b"id=you"),)), by_cookie) == b"you"
    assert key_of(make_exchange(target=b"/a?b"), Affinity(HashSource.TARGET)) == b"/a?b"


def test_where_all_go_the_same_way_no_key_is_made() -> None:
    case = Case(FakeUpstream(200))
    case.balancer = Keys(case.cluster, LiveBackends())
    case.forward()
    assert case.balancer.keys_seen == [b""]
