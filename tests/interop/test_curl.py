"""curl and openssl against the real process."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.pages import page_backend
from tests.kit.process import Running, Tree, running

CURL = shutil.which("curl")
pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Running]:
    tree = Tree(tmp_path / "conf")
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as started:
            yield started


def curl(proxy: Running, *arguments: str, path: str = "/") -> str:
    url = f"http://shop.test:{proxy.tree.http}{path}"
    resolve = f"shop.test:{proxy.tree.http}:127.0.0.1"
    done = subprocess.run(
        [str(CURL), "-sS", "--max-time", "20", "--resolve", resolve, *arguments, url],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_page_is_fetched(proxy: Running):
    assert curl(proxy, path="/page").endswith(" /page\n")


def test_a_head_has_no_body(proxy: Running):
    answer = curl(proxy, "--head")
    assert answer.startswith("HTTP/1.1 200 OK")
    assert answer.endswith("\n\n")


def test_an_upload_that_expects_to_continue_arrives(proxy: Running, tmp_path: Path):
    file = tmp_path / "file"
    file.write_bytes(b"x" * 3_000_000)
    answer = curl(proxy, "-T", str(file), "-X", "POST", "-H", "Expect: 100-continue", path="/up")
    assert answer.endswith(" /up\n")


def test_http_1_0_is_spoken(proxy: Running):
    assert curl(proxy, "--http1.0", "-i").startswith("HTTP/1.")


def test_two_pages_come_over_one_connection(proxy: Running):
    url = f"http://shop.test:{proxy.tree.http}/second"
    told = curl(proxy, "-w", "%{num_connects}\n", url, path="/first")
    assert told.splitlines()[1::2] == ["1", "0"]
