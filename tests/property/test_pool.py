"""The pool's books are right, whatever becomes of its connections."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bfe_py.upstream import Pool, PoolKey

KEYS = st.sampled_from([("a", "h", 1, 0), ("a", "h", 2, 0), ("a", "h", 1, 9), ("b", "h", 1, 0)])
LIMITS = {"a": (2, 4), "b": (0, 1)}
"""Idle and open connections of a backend, by cluster."""


class Connection:
    def __init__(self, key: PoolKey) -> None:
        self.key = key
        self.is_usable = True
        self.is_closed = False

    def close(self) -> None:
        assert not self.is_closed
        self.is_closed = True


class PoolBooks(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.pool: Pool[Connection] = Pool()
        self.idle: list[Connection] = []
        self.used: list[Connection] = []

    def connections(self, key: PoolKey) -> int:
        return sum(one.key == key for one in self.idle + self.used)

    def gone(self, connection: Connection) -> None:
        self.pool.closed(connection.key)

    @rule(key=KEYS)
    def take(self, key: PoolKey) -> None:
        candidates = [one for one in self.idle if one.key == key]
        taken = self.pool.take(key)
        while candidates:
            candidate = candidates.pop()
            self.idle.remove(candidate)
            if candidate.is_usable:
                assert taken is candidate
                assert taken not in self.used
                self.used.append(taken)
                return
            assert candidate.is_closed
            self.gone(candidate)
        assert taken is None

    @rule(key=KEYS)
    def open(self, key: PoolKey) -> None:
        limit = LIMITS[key[0]][1]
        assert self.pool.can_open(key, limit) == (self.connections(key) < limit)
        if self.pool.can_open(key, limit):
            self.pool.opened(key)
            self.used.append(Connection(key))

    @rule(choice=st.randoms(use_true_random=False))
    def keep(self, choice) -> None:
        if not self.used:
            return
        connection = self.used.pop(choice.randrange(len(self.used)))
        evicted = self.pool.keep(connection.key, connection, LIMITS[connection.key[0]][0])
        self.idle.append(connection)
        if evicted is not None:
            oldest = next(one for one in self.idle if one.key == connection.key)
            assert evicted is oldest
            self.idle.remove(evicted)
            self.gone(evicted)

    @rule(choice=st.randoms(use_true_random=False))
    def fail_in_use(self, choice) -> None:
        if self.used:
            connection = self.used.pop(choice.randrange(len(self.used)))
            self.pool.forget(connection.key, connection)
            self.gone(connection)

    @rule(choice=st.randoms(use_true_random=False), is_noticed=st.booleans())
    def fail_idle(self, choice, is_noticed: bool) -> None:
        if not self.idle:
            return
        connection = choice.choice(self.idle)
        connection.is_usable = False
        if is_noticed:
            self.idle.remove(connection)
            self.pool.forget(connection.key, connection)
            self.gone(connection)

    @rule(kept=st.frozensets(st.sampled_from(["a", "b"])))
    def drop_clusters(self, kept: frozenset[str]) -> None:
        dropped = self.pool.drop_clusters(kept)
        expected = [one for one in self.idle if one.key[0] not in kept]
        assert sorted(map(id, dropped)) == sorted(map(id, expected))
        for connection in dropped:
            self.idle.remove(connection)
            self.gone(connection)

    @invariant()
    def books_are_right(self) -> None:
        assert self.pool.idle_total == len(self.idle)
        for key in {one.key for one in self.idle + self.used}:
            idle, most = LIMITS[key[0]]
            assert self.pool.open_connections(key) == self.connections(key) <= most
            assert sum(one.key == key for one in self.idle) <= idle


TestPoolBooks = PoolBooks.TestCase
