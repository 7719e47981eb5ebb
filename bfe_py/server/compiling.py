"""Compiler: trees into snapshots, in steps between which others get their turn."""

import asyncio
from collections.abc import Mapping

from bfe_py.balance import LiveBackends
from bfe_py.config import Compiled, CompileParts, LazyConditions, compile_steps
from bfe_py.config import Tree as ConfigTree
from bfe_py.observe import Registry
from bfe_py.pipeline import Services
from bfe_py.server.options import Site
from bfe_py.snapshot import Snapshot


class Compiler:
    """Compiles for one process: live backends, module state and compiled parts are kept here.

    `is_eager`: every condition at once, in the controller; workers compile each at its first use.
    """

    def __init__(
        self,
        site: Site,
        registry: Registry,
        services: Services,
        *,
        is_eager: bool,
        offset: int = 0,
    ) -> None:
        self.live = LiveBackends()
        self._conditions = LazyConditions(is_eager=is_eager)
        self._parts = CompileParts(
            modules=site.modules,
            settings=site.settings,
            registry=registry,
            services=services,
            live=self.live,
            conditions=self._conditions,
            states=_make_states(site, services),
            is_compatible=site.is_compatible,
            offset=offset,
        )
        self._previous: Compiled | None = None
        self._retired: list[object] = []

    async def compile(self, tree: ConfigTree) -> Snapshot:
        """The snapshot of a checked tree; parts that did not change are those of the one before."""
        steps = compile_steps(tree, self._parts, self._previous)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                compiled: Compiled = done.value
                break
            await asyncio.sleep(0)
        if self._previous is not None:
            self._retired += self._previous.parts.values()
        self._previous = compiled
        self._conditions.forget_unused()
        keys = [key for one in compiled.snapshot.balancers.values() for key in one.keys]
        self.live.retain(keys)
        return compiled.snapshot

    def take_retired(self) -> list[object]:
        """Parts of earlier snapshots that were not taken yet; they may be those of this one too."""
        retired, self._retired = self._retired, []
        return retired


def _make_states(site: Site, services: Services) -> Mapping[str, object]:
    return {
        name: module.state(site.settings.get(name), services)
        for name, module in site.modules.items()
        if module.state is not None
    }
