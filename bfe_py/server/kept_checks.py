"""KeptChecks: what was checked is kept for the next start, once nothing changes for a while."""

import asyncio
from collections.abc import Callable

from bfe_py.control import CheckedStore, Reloader

KEEP_SECONDS = 5.0
"""For so long nothing changes before it is written."""


class KeptChecks:
    """Writes to `store`; `writing` is told before, as it may take a moment."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        store: CheckedStore,
        reloader: Reloader,
        writing: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._store = store
        self._reloader = reloader
        self._writing = writing
        self._timer: asyncio.TimerHandle | None = None

    def keep_soon(self) -> None:
        """There is something new."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(KEEP_SECONDS, self.keep)

    def keep(self) -> None:
        """Write what is new, if anything is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._writing()
            self._store.keep(self._reloader.checked)
