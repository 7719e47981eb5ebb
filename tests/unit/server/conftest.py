from pathlib import Path

import pytest

from tests.kit.process import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A configuration root that nobody listens for."""
    made = Tree(tmp_path / "conf", http=8080, https=8443, monitor=8421)
    made.write([81])
    return made
