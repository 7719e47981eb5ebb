import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bfe_py.control import watching
from bfe_py.control.watching import Watch, Watched, find_watched
from tests.kit.loops import run_patiently, settle


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path.resolve()


def make(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def found(*files: Path, directories: tuple[Path, ...] = ()) -> Watched:
    return find_watched(files, directories)


def below(root: Path, paths: object) -> set[str]:
    """Paths as they are called below `root`."""
    return {os.path.relpath(path, root) for path in paths}


def test_a_file_is_watched_in_its_directory_which_is_watched_in_the_one_above(root: Path):
    file = make(root / "conf/sub/a.data")
    watched = found(file)
    assert below(root, watched.directories) == {"conf/sub", "conf"}
    assert below(root, watched.entries) == {"conf/sub/a.data", "conf/sub"}
    assert watched.listed == set()
    status = (root / "conf").stat()
    assert watched.directories[str(root / "conf")] == (status.st_dev, status.st_ino)


def test_what_is_not_there_is_awaited_where_it_would_appear(root: Path):
    (root / "conf").mkdir()
    watched = found(root / "conf/sub/deep/a.data")
    assert below(root, watched.directories) == {"conf", "."}
    assert below(root, watched.entries) == {"conf/sub", "conf"}


def test_every_link_on_the_way_is_watched_and_what_it_leads_to(root: Path):
    make(root / "releases/1/sub/a.data")
    (root / "current").symlink_to("releases/1")
    (root / "conf").mkdir()
    (root / "conf/sub").symlink_to(root / "current" / "sub")
    watched = found(root / "conf/sub/a.data")
    assert below(root, watched.entries) == {
        "conf/sub",
        "current",
        "releases/1/sub",
        "releases/1/sub/a.data",
    }
    assert below(root, watched.directories) == {"conf", ".", "releases/1/sub", "releases/1"}


def test_links_as_kubernetes_makes_them_are_watched(root: Path):
    make(root / "conf/..1/a.data")
    (root / "conf/..data").symlink_to("..1")
    (root / "conf/a.data").symlink_to("..data/a.data")
    watched = found(root / "conf/a.data")
    assert watched.is_about(str(root / "conf/..data"))
    assert watched.is_about(str(root / "conf/..1/a.data"))
    assert not watched.is_about(str(root / "conf/..data_tmp"))


def test_a_link_that_leads_nowhere_is_awaited_at_both_ends(root: Path):
    (root / "conf").mkdir()
    (root / "conf/a.data").symlink_to("../gone/a.data")
    watched = found(root / "conf/a.data")
    assert below(root, watched.entries) == {"conf/a.data", "gone", "."}


def test_links_in_a_circle_end(root: Path):
    (root / "one").symlink_to("two")
    (root / "two").symlink_to("one")
    watched = found(root / "one/a.data", root / "two")
    assert below(root, watched.entries) == {"one", "two"}


def test_a_file_in_the_place_of_a_directory_is_no_way_on(root: Path):
    make(root / "conf")
    watched = found(root / "conf/a.data")
    assert below(root, watched.entries) == {"conf/a.data", "conf"}


def test_odd_ways_to_write_a_path_are_walked(root: Path):
    make(root / "conf/a.data")
    watched = found(Path(f"{root}/conf/../conf/a.data"), Path(f"/{root}/./conf//a.data"))
    assert below(root, watched.entries) == {"conf/a.data", "conf"}
    assert found(Path("/")).entries == {"/"}


def test_in_a_directory_that_is_listed_every_entry_counts_but_leftovers(root: Path):
    make(root / "rules/a.rules")
    watched = found(directories=(root / "rules", root / "none"))
    assert below(root, watched.listed) == {"rules"}
    assert below(root, watched.directories) == {"rules", ".", ".."}
    for name, counts in [
        ("a.rules", True),
        ("new.rules", True),
        ("a.rules~", False),
        (".a.rules.swp", False),
        ("a.rules.tmp", False),
        (".#a.rules", False),
        ("4913", False),
    ]:
        assert watched.is_about(str(root / "rules" / name)) is counts
    assert watched.is_about(str(root / "rules"))
    assert watched.is_about(str(root / "none"))
    assert not watched.is_about(str(root / "other"))
    assert not watched.is_about(str(root / "rules/deep/a.rules"))


def test_another_directory_in_the_same_place_is_not_the_same(root: Path):
    file = make(root / "conf/a.data")
    before = found(file)
    assert found(file) == before
    (root / "conf").rename(root / "old")
    make(root / "conf/a.data")
    assert found(file) != before


def test_a_directory_that_is_gone_when_it_is_looked_at_is_not_watched(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    file = make(root / "conf/a.data")
    real = os.lstat

    def gone(path: str) -> os.stat_result:
        if path == str(root / "conf") and seen.append(path) is None and len(seen) > 1:
            raise FileNotFoundError(path)
        return real(path)

    seen: list[str] = []
    monkeypatch.setattr(os, "lstat", gone)
    assert below(root, found(file).directories) == {"."}


# --- the watch itself


class FakeEvents:
    """Stands for `awatch`: gives what is put in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[tuple[str, ...], dict[str, object]]] = []
        self.queue: asyncio.Queue[set[object] | Exception] = asyncio.Queue()
        self.ended = 0
        monkeypatch.setattr(watching, "awatch", self._watch)

    async def _watch(self, *paths: str, **settings: object) -> AsyncIterator[set[object]]:
        self.asked.append((paths, settings))
        try:
            while True:
                event = await self.queue.get()
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.ended += 1


def test_the_watch_is_set_up_when_it_is_entered(monkeypatch: pytest.MonkeyPatch):
    events = FakeEvents(monkeypatch)
    watched = Watched({"/a": (1, 1)}, {"/a/x"})

    async def main(_: object) -> None:
        async with Watch(watched) as watch:
            ((paths, settings),) = events.asked
            assert paths == ("/a",)
            assert settings["recursive"] is False
            counts = settings["watch_filter"]
            assert counts(None, "/a/x")  # type: ignore[operator]
            assert not counts(None, "/a/y")  # type: ignore[operator]
            events.queue.put_nowait({"change"})
            events.queue.put_nowait(set())
            assert await watch.wait_changed() is True
            assert await watch.wait_changed() is False
        assert events.ended == 1

    run_patiently(main)


def test_a_directory_that_cannot_be_watched_is_an_error(monkeypatch: pytest.MonkeyPatch):
    events = FakeEvents(monkeypatch)

    async def main(_: object) -> None:
        events.queue.put_nowait(OSError("no more watches"))
        async with Watch(Watched()) as watch:
            await settle()
            with pytest.raises(OSError, match="no more watches"):
                await watch.wait_changed()

    run_patiently(main)


def test_a_watch_that_was_never_entered_ends_all_the_same(monkeypatch: pytest.MonkeyPatch):
    FakeEvents(monkeypatch)

    async def main(_: object) -> None:
        await Watch(Watched()).__aexit__(None, None, None)

    run_patiently(main)
