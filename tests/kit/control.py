"""A control plane over a configuration root, and all that stands around it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from bfe_py.manage import Upgraded
from bfe_py.server import ControlOptions, ControlPlane, Memory, load_site
from tests.kit.process import Tree
from tests.kit.workers import FakeWorker


@dataclass
class Control:
    """A control plane that a test steps through; `said` is what its owner was told."""

    tree: Tree
    memory: Memory
    tasks: asyncio.TaskGroup
    state: Path | None = None
    size: int = 2
    said: list[tuple[str, str]] = field(default_factory=list)
    loads: int = 0
    """How often it said that what follows may take long."""

    def __post_init__(self) -> None:
        site, report = load_site(self.tree.root, None)
        assert site is not None, report.errors
        options = ControlOptions(site, self.size, self.memory, 1000.0, self.state)
        loop = asyncio.get_running_loop()
        self.plane = ControlPlane(loop, self.tasks, options, self)

    def loading(self) -> None:
        self.loads += 1

    def ready(self, text: str) -> None:
        self.said.append(("ready", text))

    def failed(self, text: str) -> None:
        self.said.append(("failed", text))

    async def upgrade(self) -> Upgraded:
        self.said.append(("upgrade", ""))
        return Upgraded(4711)

    @property
    def observed(self):
        return self.plane._observed

    def join(self, worker: int = 0, pid: int = 100, version: str = "") -> FakeWorker:
        return FakeWorker(self.plane.fleet, worker, pid, version)


Main = Callable[[Control], Awaitable[None]]
