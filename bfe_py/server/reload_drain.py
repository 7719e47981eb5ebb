"""ReloadDrain: what a reload takes elsewhere gets some time to end where it is."""

import asyncio
import logging
from collections.abc import Sequence

from bfe_py.downstream import Endpoint
from bfe_py.model import Exchange
from bfe_py.proxy import Proxy, find_touched
from bfe_py.snapshot import Snapshot

_log = logging.getLogger("bfe.server")


class ReloadDrain:
    """Ends exchanges of `proxy` on connections of `endpoint` some `seconds` behind it; 0: never."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, proxy: Proxy, endpoint: Endpoint, seconds: float
    ) -> None:
        self._loop = loop
        self._proxy = proxy
        self._endpoint = endpoint
        self._seconds = seconds

    def swapped(self, old: Snapshot, new: Snapshot) -> None:
        """`new` is in use instead of `old`."""
        if self._seconds:
            touched = find_touched(self._proxy.lasting, old, new)
            if touched:
                self._loop.call_later(self._seconds, self._end, touched)

    def _end(self, touched: Sequence[Exchange]) -> None:
        left = [exchange for exchange in touched if exchange in self._proxy.lasting]
        if left:
            _log.warning("exchanges cut off behind a reload count=%d", len(left))
            self._endpoint.cut_sessions([exchange.session for exchange in left])
