"""What a start imports: no more than it needs until a request is served."""

import subprocess
import sys

import pytest

from bfe_py.server import import_later

_AFTERWARDS = (
    "lark",
    "prometheus_client",
    "http.server",
    "bfe_py.manage.app",
    "bfe_py.modules.header",
)
"""Each takes longer than to bind sockets and fork; the first request needs none of them."""

_START = """
import sys
from bfe_py.cli.group import CommandGroup
import bfe_py.cli.run, bfe_py.process
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """Modules that are there when `run` reads its configuration."""
    done = subprocess.run(
        [sys.executable, "-c", _START], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("name", _AFTERWARDS)
def test_a_start_does_not_wait_for_what_no_request_needs(imported: set[str], name: str):
    assert "bfe_py.process.parent" in imported
    assert name not in imported


def test_all_of_it_is_there_once_workers_serve_whatever_is_installed_then():
    import_later()
    assert sys.modules.keys() >= set(_AFTERWARDS)
