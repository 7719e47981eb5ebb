"""Recovery: probes every backend that is down until it is up again, once for all workers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bfe_py.balance import Cluster

_log = logging.getLogger("bfe.control")

Down = tuple[str, str, str, int]
"""Cluster, sub-cluster, host and port of a backend."""

Probe = Callable[[Cluster, str, int], Awaitable[bool]]

_SHORTEST_INTERVAL = 0.1


class Recovery:
    """One probing task for each backend that is down.

    Args:
        tasks: owner of the tasks.
        find: configuration of a cluster by name, None if it is gone.
        probe: one probe; never raises.
        is_up: told when a backend has passed as many probes as its cluster asks for.
    """

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        find: Callable[[str], Cluster | None],
        probe: Probe,
        is_up: Callable[[Down], None],
    ) -> None:
        self._tasks = tasks
        self._find = find
        self._probe = probe
        self._is_up = is_up
        self._running: dict[Down, asyncio.Task[None]] = {}

    @property
    def down(self) -> frozenset[Down]:
        """Backends that are being probed."""
        return frozenset(self._running)

    def watch(self, down: Down) -> None:
        """Probe a backend that was marked down; one that is probed already goes on."""
        if down not in self._running:
            _log.warning("backend down cluster=%s sub=%s backend=%s:%d", *down)
            task = self._running[down] = self._tasks.create_task(self._recover(down))
            task.add_done_callback(lambda _: self._running.pop(down, None))

    async def _recover(self, down: Down) -> None:
        """Probe at once and then at intervals (spec: forwarding 4.7)."""
        name, _, host, port = down
        passed = 0
        while True:
            cluster = self._find(name)
            if cluster is None:
                return
            passed = passed + 1 if await self._probe(cluster, host, port) else 0
            if passed >= max(cluster.probe.successes, 1):
                _log.warning("backend up cluster=%s sub=%s backend=%s:%d", *down)
                self._is_up(down)
                return
            await asyncio.sleep(max(cluster.probe.interval, _SHORTEST_INTERVAL))

    def retain(self, clusters: frozenset[str]) -> None:
        """Probe no more backends of clusters that are gone."""
        for down, task in list(self._running.items()):
            if down[0] not in clusters:
                task.cancel()
