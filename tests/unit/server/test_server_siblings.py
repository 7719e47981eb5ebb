import os
import signal
from pathlib import Path

import pytest

from bfe_py.server import siblings
from bfe_py.server.siblings import end_worker, is_sibling

PARENT = os.getppid()


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What was killed, where every process is `stat`; 404 is gone."""
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(siblings.os, "kill", lambda pid, number: killed.append((pid, number)))
    return killed


@pytest.fixture
def stat(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    stats = {
        "/proc/10/stat": f"10 (bfe (py) S) S {PARENT} 1",
        "/proc/11/stat": f"11 (bfe-py) T {PARENT} 1",
        "/proc/12/stat": f"12 (bfe-py) Z {PARENT} 1",
        "/proc/13/stat": f"13 (bfe-py) S {PARENT + 1} 1",
        f"/proc/{os.getpid()}/stat": f"{os.getpid()} (bfe-py) R {PARENT} 1",
    }

    def read(path: Path) -> str:
        if str(path) not in stats:
            raise FileNotFoundError(path)
        return stats[str(path)]

    monkeypatch.setattr(siblings.Path, "read_text", read)
    return stats


@pytest.mark.usefixtures("stat")
@pytest.mark.parametrize(
    ("pid", "is_one"), [(10, True), (11, True), (12, False), (13, False), (404, False)]
)
def test_who_runs_and_has_our_parent_is_a_sibling(killed, pid: int, is_one: bool):
    assert is_sibling(pid) is is_one
    end_worker(pid)
    assert killed == ([(pid, signal.SIGKILL)] if is_one else [])


@pytest.mark.usefixtures("stat")
def test_nobody_is_its_own_sibling():
    assert not is_sibling(os.getpid())


@pytest.mark.usefixtures("stat")
def test_one_that_ends_at_that_moment_needs_no_killing(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []

    def kill(pid: int, number: int) -> None:
        asked.append(pid)
        raise ProcessLookupError

    monkeypatch.setattr(siblings.os, "kill", kill)
    end_worker(10)
    assert asked == [10]
