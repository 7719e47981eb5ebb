import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bfe_py.server import Memory
from tests.kit.control import Control, Main
from tests.kit.loops import PatientLoop, run_patiently
from tests.kit.process import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A configuration root that nobody listens for."""
    made = Tree(tmp_path / "conf", http=8080, https=8443, monitor=8421)
    made.write([81])
    return made


@pytest.fixture
def memory() -> Iterator[Memory]:
    made = Memory.open()
    yield made
    for descriptor in (*made.numbers, *made.documents):
        os.close(descriptor)


@pytest.fixture
def control(tree: Tree, memory: Memory) -> Callable[..., None]:
    """Runs a test with a control plane that has loaded its configuration."""

    def run(main: Main, *, loads: bool = True) -> None:
        async def step(_: PatientLoop) -> None:
            async with asyncio.TaskGroup() as tasks:
                made = Control(tree, memory, tasks)
                if loads:
                    assert (await made.plane.load_first()).ok
                await main(made)
                made.plane.close()

        run_patiently(step)

    return run
