"""Lane: what attempts to one backend have in common; and attempts that no coroutine waits for."""

from dataclasses import dataclass
from typing import Protocol

from bfe_py.balance import Choice
from bfe_py.upstream.asked import Asking
from bfe_py.upstream.connection import BackendConnection
from bfe_py.upstream.counters import BackendCounters
from bfe_py.upstream.pool import PoolKey


@dataclass(frozen=True, slots=True)
class Lane:
    """What every attempt to one backend needs: the head is due in `seconds`."""

    key: PoolKey
    counters: BackendCounters
    authority: bytes
    seconds: float | None


class Watching(Asking, Protocol):
    """Who waits for an attempt without being a coroutine."""

    def client_left(self) -> None:
        """The client is gone."""


Begun = tuple[Choice, BackendConnection | None]
"""An attempt that was begun; sent if there is a connection."""
