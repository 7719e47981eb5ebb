import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.process import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "conf")


@pytest.fixture
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a peer does reaches the log with a traceback, or as asyncio's complaint."""
    caplog.set_level(logging.WARNING)
    yield
    loud = [
        record
        for record in caplog.records
        if record.exc_info is not None or record.name == "asyncio"
    ]
    assert not loud, [record.getMessage() for record in loud]
