"""The folder that only this user can reach."""

import fcntl
import tempfile
from pathlib import Path

import pytest

from bfe_py.process import folders
from bfe_py.process.folders import LOCK, private_folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(folders, "_LONGEST_PATH", 1000)
    return tmp_path


def leave(place: Path, name: str = "bfe-py-left") -> Path:
    """A folder as a run that was killed leaves it."""
    folder = place / name
    folder.mkdir()
    (folder / LOCK).touch()
    (folder / "controller.sock").touch()
    return folder


def test_nobody_else_can_reach_it_and_it_is_removed_at_the_end(place: Path):
    with private_folder({}) as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(place.iterdir()) == []


def test_what_a_run_that_was_killed_left_is_removed(place: Path):
    left = leave(place)
    with private_folder({}) as folder:
        assert list(place.iterdir()) == [folder]
    assert not left.exists()


def test_the_folder_of_another_run_stays(place: Path):
    with private_folder({}) as one, private_folder({}) as other:
        assert {one, other} == set(place.iterdir())


def test_what_is_begun_by_another_run_stays(place: Path):
    (place / "bfe-py-begun").mkdir()
    with private_folder({}):
        assert (place / "bfe-py-begun").is_dir()


def test_what_is_somebody_elses_stays(place: Path, monkeypatch: pytest.MonkeyPatch):
    left, other = leave(place), leave(place, "other")
    (place / "bfe-py-link").symlink_to(other)
    monkeypatch.setattr(folders.os, "geteuid", lambda: left.stat().st_uid + 1)
    with private_folder({}):
        assert left.exists()
    monkeypatch.undo()
    folders._remove_left(place)
    assert not left.exists()
    assert other.exists()


def test_a_folder_is_held_from_the_moment_it_can_be_found(
    place: Path, monkeypatch: pytest.MonkeyPatch
):
    found: list[list[str]] = []
    lock = fcntl.flock

    def look(file, operation: int) -> None:
        found.append([one.name for one in place.rglob(LOCK)])
        lock(file, operation)

    monkeypatch.setattr(folders.fcntl, "flock", look)
    with private_folder({}) as folder:
        assert (folder / LOCK).exists()
    assert found[0] == []
