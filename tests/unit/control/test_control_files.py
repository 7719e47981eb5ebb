import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from bfe_py.control import FileDocuments, FileSource
from bfe_py.control import files as files_module
from bfe_py.control.files import Trace
from bfe_py.control.source import Bundle
from bfe_py.control.watching import Watched
from tests.kit.loops import PatientLoop, run_patiently

# --- documents


def test_documents_are_read_when_they_are_asked_for_and_then_stay(tmp_path: Path):
    (tmp_path / "a.data").write_text("1")
    documents = FileDocuments(tmp_path, None)
    assert documents.get("a.data") == b"1"
    (tmp_path / "a.data").write_text("2")
    (tmp_path / "b.data").write_text("2")
    assert documents.get("a.data") == b"1"
    assert documents.get("b.data") == b"2"
    assert FileDocuments(tmp_path, None).get("a.data") == b"2"


def test_names_in_a_directory_stay_too(tmp_path: Path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/b").write_text("")
    (tmp_path / "d/a").write_text("")
    documents = FileDocuments(tmp_path, None)
    assert documents.names("d") == ("a", "b")
    (tmp_path / "d/c").write_text("")
    assert documents.names("d") == ("a", "b")
    assert documents.names("none") is None


@pytest.mark.parametrize("path", ["none", "folder", "with\0null", "file/below"])
def test_what_cannot_be_read_is_not_there(tmp_path: Path, path: str):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    assert FileDocuments(tmp_path, None).get(path) is None
    assert FileDocuments(tmp_path, None).names("with\0null") is None


def test_rules_have_a_folder_of_their_own_wherever_it_is(tmp_path: Path):
    for folder in ("conf/rules", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.rules").write_text(folder)
    documents = FileDocuments(tmp_path / "conf", tmp_path / "elsewhere")
    assert documents.get("rules/a.rules") == b"elsewhere"
    assert documents.names("rules/") == documents.names("rules") == ("a.rules",)
    assert FileDocuments(tmp_path / "conf", None).get("rules/a.rules") == b"conf/rules"


def test_paths_may_be_absolute_and_need_no_root(tmp_path: Path):
    (tmp_path / "a.data").write_text("1")
    (tmp_path / "conf").mkdir()
    for root in (tmp_path / "conf", None):
        assert FileDocuments(root, None).get(str(tmp_path / "a.data")) == b"1"


def test_given_documents_need_no_file_and_leave_no_trace(tmp_path: Path):
    trace = Trace()
    documents = FileDocuments(tmp_path, None, {"a": b"given"}, trace)
    assert documents.get("a") == b"given"
    documents.get("b")
    documents.names("d")
    assert trace == Trace({tmp_path / "b"}, {tmp_path / "d"})


# --- the source


class FakeWatch:
    """Stands for `Watch`; what happens comes from `events`."""

    events: list[bool | OSError | Callable[[], bool]]
    watched: list[Watched]

    def __init__(self, watched: Watched) -> None:
        self.watched.append(watched)

    async def __aenter__(self) -> "FakeWatch":
        await asyncio.sleep(0)
        if self.events and isinstance(self.events[0], OSError):
            raise self.events.pop(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def wait_changed(self) -> bool:
        await asyncio.sleep(1)
        if not self.events:
            await asyncio.Event().wait()
        event = self.events.pop(0)
        if isinstance(event, OSError):
            raise event
        return event if isinstance(event, bool) else event()


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> type[FakeWatch]:
    FakeWatch.events, FakeWatch.watched = [], []
    monkeypatch.setattr(files_module, "Watch", FakeWatch)
    return FakeWatch


def following(source: FileSource, main: Callable[[AsyncGenerator[Bundle, None]], object]) -> None:
    async def run(_: PatientLoop) -> None:
        async with aclosing(source.changes()) as changes:
            await main(changes)  # type: ignore[misc]

    run_patiently(run)


def test_the_first_state_comes_at_once_and_another_with_each_change(
    tmp_path: Path, watch: type[FakeWatch]
):
    source = FileSource(tmp_path, None)
    first = source.take()
    watch.events += [False, True, True]

    async def main(changes: AsyncGenerator[Bundle, None]) -> None:
        loop = asyncio.get_running_loop()
        versions, times = [], []
        for _ in range(3):
            versions.append((await anext(changes)).version)
            times.append(loop.time())
        assert versions == [first.version + 1, first.version + 2, first.version + 3]
        assert times == [0.0, 2.0, 3.0]

    following(source, main)
    assert len(watch.watched) == 1


def test_what_was_asked_for_is_watched_and_the_root_and_the_rules_with_it(
    tmp_path: Path, watch: type[FakeWatch]
):
    root, rules, outside = tmp_path / "conf", tmp_path / "rules", tmp_path / "outside/a.data"
    for folder in (root, rules, outside.parent):
        folder.mkdir()
    source = FileSource(root, rules)
    source.take().documents.get(str(outside))

    async def main(changes: AsyncGenerator[Bundle, None]) -> None:
        await anext(changes)

    following(source, main)
    (watched,) = watch.watched
    assert {Path(path) for path in watched.directories} >= {root, rules, outside.parent}
    assert watched.is_about(str(rules / "new.rules"))
    assert watched.is_about(str(outside))
    assert watched.is_about(str(root))


def test_a_watch_is_set_up_anew_when_something_else_is_to_be_watched(
    tmp_path: Path, watch: type[FakeWatch]
):
    (tmp_path / "one").mkdir()
    source = FileSource(None, None)

    def make_directory() -> bool:
        (tmp_path / "one/two").mkdir()
        return False

    watch.events += [make_directory]

    async def main(changes: AsyncGenerator[Bundle, None]) -> None:
        for _ in range(3):
            # At first nothing was asked for; then a directory takes the place of nothing.
            (await anext(changes)).documents.get(str(tmp_path / "one/two/a.data"))

    following(source, main)
    seen = [{Path(path).name for path in watched.directories} for watched in watch.watched]
    assert seen[0] == set()
    assert "one" in seen[1]
    assert "two" not in seen[1]
    assert "two" in seen[2]


def test_what_nobody_asks_for_any_more_is_watched_no_more(tmp_path: Path, watch: type[FakeWatch]):
    source = FileSource(None, None)
    source.take().documents.get(str(tmp_path / "a.data"))

    async def main(changes: AsyncGenerator[Bundle, None]) -> None:
        await anext(changes)
        await anext(changes)

    following(source, main)
    assert [bool(watched.directories) for watched in watch.watched] == [True, False]


def test_a_directory_that_went_away_meanwhile_is_looked_for_again(
    tmp_path: Path, watch: type[FakeWatch]
):
    watch.events += [FileNotFoundError("gone"), True]

    async def main(changes: AsyncGenerator[Bundle, None]) -> None:
        await anext(changes)
        assert asyncio.get_running_loop().time() < 1
        await anext(changes)

    following(FileSource(tmp_path, None), main)
    assert len(watch.watched) == 2


def test_where_nothing_can_be_watched_files_are_read_from_time_to_time(
    tmp_path: Path, watch: type[FakeWatch], caplog: pytest.LogCaptureFixture
):
    watch.events += [OSError(28, "no more watches"), True, OSError(28, "no more watches")]

    async def main(changes: AsyncGenerator[Bundle, None]) -> None:
        times = []
        for _ in range(4):
            await anext(changes)
            times.append(asyncio.get_running_loop().time())
        assert times == [2.0, 2.0, 3.0, 6.0]

    following(FileSource(tmp_path, None), main)
    assert caplog.text.count("files cannot be watched") == 2


def test_a_relative_root_is_that_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/a.data").write_text("1")
    monkeypatch.chdir(tmp_path)
    source = FileSource(Path("conf"), Path("conf"))
    monkeypatch.chdir("/")
    assert source.take().documents.get("a.data") == b"1"
    assert source.take().documents.names("rules/") == ("a.data",)
