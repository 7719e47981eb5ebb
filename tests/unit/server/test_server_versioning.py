"""Going back to an earlier version, through the control plane; and trying what would be loaded."""

import asyncio
from concurrent.futures import Future
from pathlib import Path

import pytest

from bfe_py.control import Bundle, Holds, Seen, Use, VersionCounters, Versions
from bfe_py.server import load_site
from bfe_py.server import versioning as versioning_module
from bfe_py.server.holding import HoldingSource
from bfe_py.server.trial import try_out
from tests.kit.control import Control
from tests.kit.process import Tree, write_json


class AtOnce:
    """An executor without a thread."""

    def __init__(self, *_: object) -> None:
        pass

    def submit(self, job, *arguments) -> Future:
        done: Future = Future()
        try:
            done.set_result(job(*arguments))
        except Exception as error:
            done.set_exception(error)
        return done

    def shutdown(self) -> None:
        pass


@pytest.fixture
def kept(control, tmp_path: Path, monkeypatch):
    """Runs a test with a control plane that keeps versions in `tmp_path`."""
    monkeypatch.setattr(versioning_module, "ThreadPoolExecutor", AtOnce)

    def run(main) -> None:
        async def inner(control: Control) -> None:
            plane = Control(control.tree, control.memory, control.tasks, tmp_path / "state")
            await plane.plane.load_first()
            await main(plane)
            plane.plane.close()

        control(inner, loads=False)

    return run


def port(control: Control) -> int:
    (sub_cluster,) = control.plane._reloader.snapshot.balancers["web"].sub_clusters
    return sub_cluster.states[0].port


def versions(control: Control) -> tuple[int, list[int], list[str]]:
    """The one in use, all, and what is held."""
    status = control.observed.versions
    return status.in_use, [one.number for one in status.kept], status.held


async def save(control: Control, port_now: int, version: str) -> None:
    """As if a file was saved and the watch had seen it."""
    control.tree.write_backends([port_now], version)
    plane = control.plane
    await plane._load(plane._source.take())


def test_every_configuration_that_comes_into_use_is_a_version(kept):
    async def main(control: Control) -> None:
        assert versions(control) == (1, [1], [])
        await save(control, 82, "2")
        await save(control, 82, "2")
        assert versions(control) == (2, [1, 2], [])
        first, second = control.observed.versions.kept
        assert first.changes[0].startswith("first configuration")
        assert second.changes == ["BFE's files: ~1 cluster"]
        assert second.digest == control.plane._reloader.tree.version

    kept(main)


def test_a_rollback_is_whole_and_told(kept):
    async def main(control: Control) -> None:
        await save(control, 82, "2")
        answer = await control.observed.roll_back(None)
        assert (answer.before, answer.number, answer.error) == (2, 1, "")
        assert answer.held == ["gslb_data_conf"]
        assert answer.changes == ["BFE's files: ~1 cluster"]
        assert port(control) == 81
        assert versions(control) == (1, [1, 2], ["gslb_data_conf"])
        assert len(control.join().sent(Use)) == 1

    kept(main)


def test_what_was_rolled_back_from_comes_back_neither_by_itself_nor_by_a_start(kept):
    async def first(control: Control) -> None:
        await save(control, 82, "2")
        await control.observed.roll_back(None)
        await save(control, 82, "2")
        assert port(control) == 81

    async def second(control: Control) -> None:
        assert port(control) == 81
        assert versions(control) == (1, [1, 2], ["gslb_data_conf"])
        await save(control, 83, "3")
        assert port(control) == 83
        assert versions(control) == (3, [1, 2, 3], [])
        answer = await control.observed.roll_back(None)
        assert (answer.before, answer.number) == (3, 1)

    kept(first)
    kept(second)


@pytest.mark.parametrize("name", [None, "gslb_data_conf"])
def test_a_reload_that_is_asked_for_takes_the_files_as_they_are(kept, name):
    async def main(control: Control) -> None:
        await save(control, 82, "2")
        await control.observed.roll_back(None)
        other = await control.observed.reload("server_data_conf", {})
        assert (other.released, port(control)) == ((), 81)
        answer = await control.observed.reload(name, {})
        assert (answer.is_ok, answer.released) == (True, ("gslb_data_conf",))
        assert port(control) == 82
        assert versions(control)[2] == []

    kept(main)


def test_a_hangup_takes_the_files_as_they_are(kept):
    async def main(control: Control) -> None:
        await save(control, 82, "2")
        await control.observed.roll_back(None)
        control.plane.reload_soon(lambda _: None)
        await asyncio.sleep(1)
        assert (port(control), versions(control)[2]) == (82, [])

    kept(main)


def test_a_broken_save_behind_a_rollback_changes_nothing(kept):
    async def main(control: Control) -> None:
        await save(control, 82, "2")
        await control.observed.roll_back(None)
        (control.tree.root / "cluster_conf/gslb.data").write_text("{")
        await control.plane._load(control.plane._source.take())
        assert (port(control), versions(control)[2]) == (81, ["gslb_data_conf"])
        assert not control.observed.generation.is_last_ok

    kept(main)


def test_a_version_that_cannot_be_used_any_more_changes_nothing(kept, monkeypatch):
    async def main(control: Control) -> None:
        await save(control, 82, "2")
        control.tree.write_hosts("2", ["other.test"])
        await control.plane._load(control.plane._source.take())
        before = control.plane._reloader.tree.version

        async def fail(_: object) -> None:
            raise RuntimeError("no space")

        monkeypatch.setattr(control.plane._reloader._compiler, "prepare", fail)
        answer = await control.observed.roll_back("1")
        assert (answer.before, answer.number) == (3, 1)
        assert "no space" in answer.error
        assert versions(control) == (3, [1, 2, 3], [])
        assert control.plane._reloader.tree.version == before

    kept(main)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        (None, "no version before the one in use is kept; kept are 1 (in use)"),
        ("9", 'there is no version "9"; kept are 1 (in use)'),
    ],
)
def test_versions_that_are_not_there_are_told(kept, name, error):
    async def main(control: Control) -> None:
        assert (await control.observed.roll_back(name)).error == error

    kept(main)


def test_a_damaged_version_is_told(kept, tmp_path: Path):
    async def main(control: Control) -> None:
        await save(control, 82, "2")
        (tmp_path / "state/versions/1.version").write_bytes(b"")
        answer = await control.observed.roll_back(None)
        assert answer.error == "version 1 cannot be read from the state directory"

    kept(main)


def test_documents_that_came_from_elsewhere_go_back_too(kept, tmp_path: Path):
    async def main(control: Control) -> None:
        other = tmp_path / "other"
        other.mkdir()
        for file in (control.tree.root / "cluster_conf").iterdir():
            (other / file.name).write_text(file.read_text().replace("81", "99"))
        await control.plane.reload("gslb_data_conf", str(other))
        assert (port(control), versions(control)[0]) == (99, 2)
        answer = await control.observed.roll_back(None)
        assert (answer.error, answer.held) == ("", [])
        assert port(control) == 81
        answer = await control.observed.roll_back("2")
        assert (answer.error, answer.held) == ("", ["gslb_data_conf"])
        assert port(control) == 99

    kept(main)


@pytest.mark.parametrize(
    ("own", "state", "why"),
    [
        ("KeptVersions = 0", True, "KeptVersions is 0"),
        ("", False, "there is no state directory (-s, StateDir) that can be written to"),
    ],
)
def test_where_nothing_is_kept_it_is_told_why(kept, control, tree: Tree, own, state, why):
    tree.own += f"\n{own}"
    tree.write([81])

    async def main(control: Control) -> None:
        answer = await control.observed.roll_back(None)
        assert answer.error == f"no versions are kept: {why}"
        assert versions(control) == (0, [], [])

    (kept if state else control)(main)


# --- what is only tried


@pytest.fixture
def loaded(control):
    """What was in use before the files changed."""
    found: list[Seen] = []

    async def main(control: Control) -> None:
        found.append(control.plane._reloader.in_use)

    control(main)
    return found[0]


def test_a_trial_says_what_would_change(loaded: Seen, tree: Tree):
    tree.write_backends([82], "2")
    site, _ = load_site(tree.root, None)
    tried = try_out(site, None, loaded, None)
    assert tried.refused == []
    assert len(tried.changes) == 2
    assert try_out(site, None, loaded, "server_data_conf").changes == []
    assert try_out(site, None, loaded, "gslb_data_conf").changes == tried.changes


def test_a_trial_says_what_would_be_refused_and_where(loaded: Seen, tree: Tree):
    write_json(tree.root / "server_data_conf/route_rule.data", {"Version": "2"})
    (tree.root / "server_data_conf/host_rule.data").write_text('{"Version": "2"\n oops')
    tree.write_backends([82], "2")
    site, _ = load_site(tree.root, None)
    tried = try_out(site, None, loaded, None)
    assert "server_data_conf/host_rule.data" in {one.document for one in tried.refused}
    (broken,) = [one for one in tried.refused if one.document.endswith("host_rule.data")]
    assert (broken.line, broken.column) == (2, 2)
    assert len(tried.changes) == 2


class Changing:
    """A source of two states."""

    def __init__(self, *states: Seen) -> None:
        self.states = states

    def take(self) -> Bundle:
        return Bundle(9, self.states[0])

    async def changes(self):
        for number, state in enumerate(self.states):
            yield Bundle(number, state)


def test_every_state_of_a_source_has_what_is_held():
    versions = Versions(None, VersionCounters())
    refused, other = Seen({"a": b"new"}), Seen({"a": b"newer"})
    versions.holds = Holds.between(refused, {"group": {"a": b"old"}})
    source = HoldingSource(Changing(refused, other), versions)

    async def read() -> list[bytes | None]:
        return [bundle.documents.get("a") async for bundle in source.changes()]

    assert asyncio.run(read()) == [b"old", b"newer"]
    assert source.take().version == 9
    assert source.take().documents.get("a") == b"old"
    assert source.take(lambda group: group == "group").documents.get("a") == b"new"
