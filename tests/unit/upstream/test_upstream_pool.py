"""Which connection carries the next attempt."""

from bfe_py.shares import Grant, Shares
from bfe_py.upstream import Pool

KEY = ("web", "10.0.0.1", 80, 0)
OTHER = ("web", "10.0.0.1", 80, 7)


class Connection:
    def __init__(self, *, is_usable: bool = True) -> None:
        self.is_usable = is_usable
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_an_empty_pool_has_nothing() -> None:
    pool: Pool[Connection] = Pool()
    assert pool.take(KEY) is None
    assert pool.idle_total == 0


def test_the_connection_used_last_is_taken_first() -> None:
    pool: Pool[Connection] = Pool()
    first, second = Connection(), Connection()
    assert pool.keep(KEY, first, 2) is None
    assert pool.keep(KEY, second, 2) is None
    assert pool.idle_total == 2
    assert pool.take(KEY) is second
    assert pool.take(KEY) is first
    assert pool.take(KEY) is None
    assert pool.idle_total == 0


def test_connections_with_another_key_are_not_shared() -> None:
    pool: Pool[Connection] = Pool()
    pool.keep(KEY, Connection(), 2)
    assert pool.take(OTHER) is None
    assert pool.idle_total == 1


def test_what_is_of_no_more_use_is_closed_on_the_way() -> None:
    pool: Pool[Connection] = Pool()
    good, bad = Connection(), Connection(is_usable=False)
    pool.keep(KEY, good, 2)
    pool.keep(KEY, bad, 2)
    assert pool.take(KEY) is good
    assert bad.is_closed
    assert not good.is_closed
    assert pool.idle_total == 0


def test_above_the_limit_the_oldest_gives_way() -> None:
    pool: Pool[Connection] = Pool()
    first, second, third = Connection(), Connection(), Connection()
    pool.keep(KEY, first, 2)
    pool.keep(KEY, second, 2)
    assert pool.keep(KEY, third, 2) is first
    assert pool.idle_total == 2
    assert pool.take(KEY) is third


def test_with_no_room_at_all_the_connection_itself_gives_way() -> None:
    pool: Pool[Connection] = Pool()
    only = Connection()
    assert pool.keep(KEY, only, 0) is only
    assert pool.idle_total == 0


def test_a_connection_that_was_closed_is_forgotten() -> None:
    pool: Pool[Connection] = Pool()
    first, second = Connection(), Connection()
    pool.keep(KEY, first, 2)
    pool.keep(KEY, second, 2)
    pool.forget(KEY, first)
    assert pool.idle_total == 1
    pool.forget(KEY, first)
    pool.forget(OTHER, second)
    assert pool.idle_total == 1
    pool.forget(KEY, second)
    assert pool.idle_total == 0
    assert pool.take(KEY) is None


def test_open_connections_are_limited_by_key() -> None:
    pool: Pool[Connection] = Pool()
    assert pool.can_open(KEY, 2)
    pool.opened(KEY)
    pool.opened(KEY)
    assert not pool.can_open(KEY, 2)
    assert pool.can_open(KEY, 3)
    assert pool.can_open(KEY, 0)
    assert pool.can_open(OTHER, 2)
    assert (pool.open_connections(KEY), pool.open_connections(OTHER)) == (2, 0)
    pool.closed(KEY)
    assert pool.can_open(KEY, 2)
    pool.closed(KEY)
    pool.closed(KEY)
    assert pool.open_connections(KEY) == 0


def test_idle_connections_of_clusters_that_are_gone_are_handed_out_to_close() -> None:
    pool: Pool[Connection] = Pool()
    gone = ("gone", "10.0.0.2", 80, 0)
    first, second, kept = Connection(), Connection(), Connection()
    pool.keep(gone, first, 2)
    pool.keep(gone, second, 2)
    pool.keep(KEY, kept, 2)
    assert pool.drop_clusters(frozenset({"web"})) == [first, second]
    assert pool.idle_total == 1
    assert pool.take(gone) is None
    assert pool.take(KEY) is kept


def test_a_connection_is_taken_by_what_it_is_now_not_when_it_was_kept() -> None:
    pool: Pool[Connection] = Pool()
    older, newer = Connection(), Connection()
    pool.keep(KEY, older, 2)
    pool.keep(KEY, newer, 2)
    newer.is_usable = False
    assert pool.take(KEY) is older
    assert (newer.is_closed, older.is_closed) == (True, False)
    older.is_usable = False
    pool.keep(KEY, older, 2)
    assert pool.take(KEY) is None
    assert older.is_closed
    assert pool.idle_total == 0


def test_a_key_whose_connections_are_all_in_use_has_none_to_give_way() -> None:
    pool: Pool[Connection] = Pool()
    used, idle = Connection(), Connection()
    pool.keep(KEY, used, 2)
    assert pool.take(KEY) is used
    assert pool.evict(OTHER) is None
    own = ("web", "10.0.0.1", 80, (0, "way"))
    pool.keep(own, idle, 1)
    assert pool.evict(KEY) is idle
    assert pool.idle_total == 0


def test_of_several_workers_each_has_its_part_of_a_limit() -> None:
    shares = Shares(0, 2)
    pool: Pool[Connection] = Pool(shares)
    for _ in range(2):
        assert pool.can_open(KEY, 4)
        pool.opened(KEY)
    assert not pool.can_open(KEY, 4)
    assert pool.can_open(OTHER, 4)
    assert pool.can_open(KEY, 0)
    (claim,) = shares.claims()
    assert (claim.limit, claim.held, claim.wanted) == ("backend", 2, 1)
    shares.take([Grant("backend", claim.key, 4, 1, 3)])
    assert pool.can_open(KEY, 4)
