"""OwnConnections: idle connections that belong to one client, and end with it."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bfe_py.model import Session
from bfe_py.upstream.client_way import ClientWay
from bfe_py.upstream.pool import Pool, PoolKey


@dataclass(slots=True)
class _Kept:
    """What is kept for one session: keys of the pool, all with the same header."""

    header: bytes
    keys: set[PoolKey] = field(default_factory=set)


class OwnConnections:
    """Keeps, in a pool, one idle connection to each backend for a client that is still there.

    The header of a client may change where a trusted peer speaks for many: what was kept for the
    one before is closed then, so that they cannot pile up.
    """

    __slots__ = ("_kept", "_pool")

    def __init__(self, pool: Pool[Any]) -> None:
        self._pool = pool
        self._kept: dict[Session, _Kept] = {}

    def use(self, way: ClientWay) -> None:
        """An attempt goes this way."""
        session = way.session
        kept = self._kept.get(session)
        if kept is None:
            self._kept[session] = _Kept(way.header)
            session.at_end.append(partial(self._left, session))
        elif kept.header != way.header:
            self._close(kept)
            kept.header = way.header

    def keep(self, way: ClientWay, key: PoolKey) -> bool:
        """Whether a connection of `key` may be kept: its client is there, and still the same."""
        kept = self._kept.get(way.session)
        if kept is None or kept.header != way.header:
            return False
        kept.keys.add(key)
        return True

    def _left(self, session: Session) -> None:
        self._close(self._kept.pop(session))

    def _close(self, kept: _Kept) -> None:
        for key in kept.keys:
            for connection in self._pool.drop(key):
                connection.close()
        kept.keys.clear()
