"""Recovery: probes every backend that is down until it is up again, once for all workers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from bfe_py.balance import Balancer, Cluster
from bfe_py.control.messages import Down

_log = logging.getLogger("bfe.control")

Probe = Callable[[Cluster, str, int], Awaitable[bool]]

_SHORTEST_INTERVAL = 0.1


def find_cluster(balancers: Mapping[str, Balancer], down: Down) -> Cluster | None:
    """Configuration of the cluster that a backend belongs to, None if none has it."""
    name, sub_cluster, host, port = down
    balancer = balancers.get(name)
    if balancer is None:
        return None
    for own in balancer.sub_clusters:
        if own.name == sub_cluster and own.find(f"{host}:{port}") is not None:
            return balancer.cluster
    return None


class Recovery:
    """One probing task for each backend that is down.

    Args:
        tasks: owner of the tasks.
        find: configuration of the cluster of a backend, None if that backend is gone.
        probe: one probe; one that raises has failed.
        is_up: told when a backend has passed as many probes as its cluster asks for.
    """

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        find: Callable[[Down], Cluster | None],
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

    def watch(self, down: Down) -> bool:
        """Probe a backend that was marked down; False if it is probed already, or gone."""
        if down in self._running or self._find(down) is None:
            return False
        _log.warning("backend down cluster=%s sub=%s backend=%s:%d", *down)
        self._running[down] = self._tasks.create_task(self._recover(down))
        return True

    async def _recover(self, down: Down) -> None:
        """Probe at once and then at intervals (spec: forwarding 4.7)."""
        passed = 0
        while (cluster := self._find(down)) is not None:
            passed = passed + 1 if await self._passes(cluster, down) else 0
            if passed >= max(cluster.probe.successes, 1):
                _log.warning("backend up cluster=%s sub=%s backend=%s:%d", *down)
                del self._running[down]
                self._is_up(down)
                return
            await asyncio.sleep(max(cluster.probe.interval, _SHORTEST_INTERVAL))
        del self._running[down]

    async def _passes(self, cluster: Cluster, down: Down) -> bool:
        _, _, host, port = down
        try:
            return await self._probe(cluster, host, port)
        except Exception as error:
            # A fence: whatever a backend answers, the other backends are probed on.
            _log.error("probe failed backend=%s:%d error=%s", host, port, error, exc_info=error)
            return False

    def retain(self) -> None:
        """Probe no more backends that are gone."""
        for down in [one for one in self._running if self._find(one) is None]:
            self._running.pop(down).cancel()

    def close(self) -> None:
        """Probe nothing any more."""
        while self._running:
            self._running.popitem()[1].cancel()
