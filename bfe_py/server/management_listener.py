"""ManagementListener: who answers on the management address, and how it leaves."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from bfe_py.downstream import Endpoint, Listener, Terms
from bfe_py.manage import Observed, Upgraded
from bfe_py.model import Clock
from bfe_py.observe import Registry
from bfe_py.server.options import Site
from bfe_py.server.reach import management_host
from bfe_py.server.terms import default_connections


class ManagementListener:
    """Shows `observed`; `registry` is what this process counts, `upgrade` what may be asked for."""

    def __init__(
        self,
        site: Site,
        observed: Observed,
        clock: Clock,
        registry: Registry,
        upgrade: Callable[[], Awaitable[Upgraded]],
    ) -> None:
        self._site = site
        self._observed = observed
        self._clock = clock
        self._registry = registry
        self._upgrade = upgrade
        self._listener: Listener | None = None
        self._endpoint: Endpoint | None = None
        self._following: asyncio.Task[None] | None = None

    async def start(self, loop: asyncio.AbstractEventLoop, management: socket.socket) -> None:
        """Answer from now on."""
        # Imported now that workers serve: see `manage`.
        from bfe_py.manage.app import App, Settings

        site = self._site
        settings = Settings(is_compatible=site.is_compatible, address=management_host(site))
        app = App(self._observed, self._clock, settings, self._registry, self._upgrade)
        self._following = loop.create_task(app.follow())
        # Clients of this listener must leave descriptors for files and workers.
        terms = Terms(connections=default_connections())
        endpoint = self._endpoint = Endpoint(app.serve, Registry(), terms)
        self._listener = Listener(loop, management, endpoint, Registry(), name="management")
        await self._listener.start()

    def retire(self) -> None:
        """Leave the address to another version, behind the answers at hand."""
        if self._listener is not None and self._endpoint is not None:
            self._listener.stop()
            self._endpoint.drain(is_patient=True)

    @property
    def is_answering(self) -> bool:
        """A client waits for its answer, or may ask yet."""
        if self._endpoint is None:
            return False
        return any(not connection.is_ending for connection in self._endpoint.connections)

    def close(self) -> None:
        """Answer no more."""
        if self._following is not None:
            self._following.cancel()
        if self._listener is not None:
            self._listener.stop()
