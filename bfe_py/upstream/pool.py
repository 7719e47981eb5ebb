"""Pool: which connection may carry the next attempt; bookkeeping only, no sockets.

The mutable state is one stack of idle connections and one count of open ones for each key.
"""

from typing import Generic, Protocol, TypeVar

import msgspec

from bfe_py.shares import Shares
from bfe_py.upstream.client_way import ClientWay

PoolKey = tuple[str, str, int, int | tuple[int, ClientWay]]
"""What two attempts must have in common to share a connection.

Cluster, host, port, and what differs where the way to connect differs: a number for TLS settings,
and with it the client where connections belong to one.
"""

_Place = tuple[str, str, int, int]


class Poolable(Protocol):
    """What the pool asks of a connection."""

    is_usable: bool
    """It is open, idle and nothing came on it unasked."""

    def close(self) -> None:
        """Close it."""


C = TypeVar("C", bound=Poolable)


class PlaceNames:
    """How places are written between processes, which all have the same numbers."""

    def write(self, place: _Place, /) -> str:
        """As JSON."""
        return msgspec.json.encode(place).decode()

    def read(self, text: str, /) -> _Place:
        """Raises msgspec.DecodeError if it is none."""
        place: _Place = msgspec.json.decode(text, type=_Place)
        return place


class Pool(Generic[C]):
    """Idle connections by key, the one used last first; limits are those of all `shares`."""

    __slots__ = ("_idle", "_limit", "_open", "idle_total")

    def __init__(self, shares: Shares | None = None) -> None:
        self._idle: dict[PoolKey, list[C]] = {}
        self._open: dict[_Place, int] = {}
        self._limit = (shares or Shares()).named(
            "backend", PlaceNames(), lambda place: self._open.get(place, 0)
        )
        self.idle_total = 0

    def take(self, key: PoolKey) -> C | None:
        """An idle connection, or None; those that are of no more use are closed on the way."""
        stack = self._idle.get(key)
        if stack is None:
            return None
        while stack:
            connection = stack.pop()
            self.idle_total -= 1
            if connection.is_usable:
                return connection
            connection.close()
        del self._idle[key]
        return None

    def can_open(self, key: PoolKey, limit: int) -> bool:
        """Whether one more connection to the backend of `key` is allowed; 0: no limit."""
        if limit <= 0:
            return True
        place = _place_of(key)
        return self._limit.admits(place, self._open.get(place, 0), limit)

    def opened(self, key: PoolKey) -> None:
        """One more connection of `key` is open."""
        place = _place_of(key)
        self._open[place] = self._open.get(place, 0) + 1

    def closed(self, key: PoolKey) -> None:
        """A connection of `key` is gone."""
        place = _place_of(key)
        left = self._open.get(place, 0) - 1
        if left > 0:
            self._open[place] = left
        else:
            self._open.pop(place, None)

    def keep(self, key: PoolKey, connection: C, limit: int) -> C | None:
        """Keep a connection that became idle; the one to close instead, if any.

        With `limit` idle ones there already, the oldest gives way.
        """
        if limit <= 0:
            return connection
        stack = self._idle.get(key)
        if stack is None:
            stack = self._idle[key] = []
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

    def drop(self, key: PoolKey) -> list[C]:
        """Idle connections of `key`, out of the pool: close them."""
        dropped = self._idle.pop(key, [])
        self.idle_total -= len(dropped)
        return dropped

    def evict(self, key: PoolKey) -> C | None:
        """An idle connection to the backend of `key` that only others could use: close it."""
        place = _place_of(key)
        for other, stack in self._idle.items():
            if stack and other != key and _place_of(other) == place:
                connection = stack.pop(0)
                self.idle_total -= 1
                if not stack:
                    del self._idle[other]
                return connection
        return None

    def drop_clusters(self, kept: frozenset[str]) -> list[C]:
        """Idle connections of clusters that are not `kept`, out of the pool: close them."""
        dropped: list[C] = []
        for key in [key for key in self._idle if key[0] not in kept]:
            dropped += self._idle.pop(key)
        self.idle_total -= len(dropped)
        return dropped

    def open_connections(self, key: PoolKey) -> int:
        """How many connections to the backend of `key` are open."""
        return self._open.get(_place_of(key), 0)


def _place_of(key: PoolKey) -> _Place:
    """Where connections of `key` lead, whoever they belong to."""
    cluster, host, port, way = key
    return (cluster, host, port, way[0] if isinstance(way, tuple) else way)
