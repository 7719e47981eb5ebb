"""Compiler: parts of trees into snapshots, in slices between which others get their turn."""

import asyncio
from collections.abc import Callable, Generator, Mapping
from time import perf_counter
from typing import TypeVar, cast

from bfe_py.balance import LiveBackends
from bfe_py.config import (
    Changes,
    Compiled,
    CompileParts,
    EagerConditions,
    LazyConditions,
    Prepared,
    prepare_steps,
)
from bfe_py.observe import Registry
from bfe_py.pipeline import Services
from bfe_py.server.garbage import without_collector
from bfe_py.server.options import Site
from bfe_py.snapshot import Snapshot

T = TypeVar("T")

_SLICE_SECONDS = 0.0005
"""The longest that requests wait for a slice, but for the one step that goes beyond it."""
_PAUSE_SECONDS = 0.001
"""Between two slices, once there are requests: that much of the time is theirs alone."""


class Compiler:
    """Compiles for one process: live backends, module state and compiled parts are kept here.

    `deferred`: see `CompileParts`; with 0 conditions too are compiled at once, for who only looks
    at a configuration, otherwise each at its first use. `hands_over`: somebody calls
    `take_retired`. `clock` answers seconds.
    """

    def __init__(  # noqa: PLR0913 - all but three are for who is not a worker
        self,
        site: Site,
        registry: Registry,
        services: Services,
        *,
        offset: int = 0,
        deferred: int = 1,
        hands_over: bool = False,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.live = LiveBackends()
        self._parts = CompileParts(
            modules=site.modules,
            settings=site.settings,
            registry=registry,
            services=services,
            live=self.live,
            conditions=LazyConditions() if deferred else EagerConditions(),
            states=_make_states(site, services),
            is_compatible=site.is_compatible,
            offset=offset,
            deferred=deferred,
        )
        self._clock = clock
        self._previous: Compiled | None = None
        self._prepared: Prepared | None = None
        self._hands_over = hands_over
        self._retired: list[object] = []

    async def prepare(self, changes: Changes) -> None:
        """Compile what `changes` of the snapshot in use lead to; nothing in use changes."""
        self._prepared = None
        steps = prepare_steps(changes, self._parts, self._previous)
        self._prepared = await self._run(steps)

    async def adopt(self) -> Snapshot:
        """What was prepared last is in use from now on; the rest is shared with what was before."""
        prepared, self._prepared = self._prepared, None
        assert prepared is not None
        previous, compiled = self._previous, await self._run(prepared.bind())
        if self._hands_over:
            self._retired += compiled.retired
        self._previous = compiled
        if previous is None or compiled.snapshot.balancers != previous.snapshot.balancers:
            keys = [key for one in compiled.snapshot.balancers.values() for key in one.keys]
            self.live.retain(keys)
        return compiled.snapshot

    def drop(self) -> None:
        """What was prepared is not wanted."""
        self._prepared = None

    async def _run(self, steps: Generator[None, None, T]) -> T:
        if self._previous is not None:
            return await self._run_slices(steps, _PAUSE_SECONDS)
        with without_collector():
            return await self._run_slices(steps, 0)

    async def _run_slices(self, steps: Generator[None, None, T], pause: float) -> T:
        end = self._clock() + _SLICE_SECONDS
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return cast("T", done.value)
            if self._clock() >= end:
                await asyncio.sleep(pause)
                end = self._clock() + _SLICE_SECONDS

    def take_retired(self) -> list[object]:
        """Things that snapshots before had and the last one has not, and that were not taken yet.

        What holds other things comes before them.
        """
        retired, self._retired = self._retired, []
        return retired


def _make_states(site: Site, services: Services) -> Mapping[str, object]:
    return {
        name: module.state(site.settings.get(name), services)
        for name, module in site.modules.items()
        if module.state is not None
    }
