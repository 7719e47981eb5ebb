"""Pool: which connection may carry the next attempt; bookkeeping only, no sockets.

The mutable state is one stack of idle connections and one count of open ones for each key.
"""

from typing import Generic, Protocol, TypeVar

PoolKey = tuple[str, str, int, int]
"""What two attempts must have in common to share a connection.

Cluster, host, port, and a number that differs where the way to connect differs (TLS settings).
"""


class Poolable(Protocol):
    """What the pool asks of a connection."""

    @property
    def is_usable(self) -> bool:
        """It is open, idle and nothing came on it unasked."""

    def close(self) -> None:
        """Close it."""


C = TypeVar("C", bound=Poolable)


class Pool(Generic[C]):
    """Idle connections by key, the one used last first."""

    __slots__ = ("_idle", "_open", "idle_total")

    def __init__(self) -> None:
        self._idle: dict[PoolKey, list[C]] = {}
        self._open: dict[PoolKey, int] = {}
        self.idle_total = 0

    def take(self, key: PoolKey) -> C | None:
        """An idle connection, or None; those that are of no more use are closed on the way."""
        stack = self._idle.get(key, [])
        while stack:
            connection = stack.pop()
            self.idle_total -= 1
            if connection.is_usable:
                return connection
            connection.close()
        self._idle.pop(key, None)
        return None

    def can_open(self, key: PoolKey, limit: int) -> bool:
        """Whether one more connection is allowed; 0: no limit."""
        return limit <= 0 or self._open.get(key, 0) < limit

    def opened(self, key: PoolKey) -> None:
        """One more connection of `key` is open."""
        self._open[key] = self._open.get(key, 0) + 1

    def closed(self, key: PoolKey) -> None:
        """A connection of `key` is gone."""
        left = self._open.get(key, 0) - 1
        if left > 0:
            self._open[key] = left
        else:
            self._open.pop(key, None)

    def keep(self, key: PoolKey, connection: C, limit: int) -> C | None:
        """Keep a connection that became idle; the one to close instead, if any.

        With `limit` idle ones there already, the oldest gives way.
        """
        if limit <= 0:
            return connection
        stack = self._idle.setdefault(key, [])
        evicted = None
        if len(stack) >= limit:
            evicted = stack.pop(0)
            self.idle_total -= 1
        stack.append(connection)
        self.idle_total += 1
        return evicted

    def forget(self, key: PoolKey, connection: C) -> None:
        """An idle connection was closed by its peer or expired."""
        stack = self._idle.get(key)
        if stack and connection in stack:
            stack.remove(connection)
            self.idle_total -= 1
            if not stack:
                del self._idle[key]

    def drop_clusters(self, kept: frozenset[str]) -> list[C]:
        """Idle connections of clusters that are not `kept`, out of the pool: close them."""
        dropped: list[C] = []
        for key in [key for key in self._idle if key[0] not in kept]:
            dropped += self._idle.pop(key)
        self.idle_total -= len(dropped)
        return dropped

    def open_connections(self, key: PoolKey) -> int:
        """How many connections of `key` are open."""
        return self._open.get(key, 0)
