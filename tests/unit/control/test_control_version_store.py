import stat
from pathlib import Path

import pytest

from bfe_py.control.holds import Hold
from bfe_py.control.keeping import digest_of
from bfe_py.control.version_store import Digests, State, Version, VersionStore

MANY = 1 << 20


def digests(**documents: bytes) -> Digests:
    return {"group": {path: digest_of(content) for path, content in documents.items()}}


def keep(store: VersionStore, number: int, **documents: bytes) -> bool:
    contents = {digest_of(one): one for one in documents.values()}
    version = Version(number, f"d{number}", 100.0 + number, number - 1, ["a line"])
    return store.keep(version, digests(**documents), contents)


def files(state: Path) -> set[str]:
    return {one.name for one in (state / "versions").rglob("*") if one.is_file()}


def test_versions_outlive_the_process(tmp_path: Path):
    store = VersionStore(tmp_path, 10, MANY)
    assert keep(store, 1, a=b"one", b=b"same")
    assert keep(store, 2, a=b"two", b=b"same")
    hold = Hold({"a": digest_of(b"two"), "c": None}, {"a": digest_of(b"one"), "c": None})
    assert store.keep_state(State(1, 50.0, {"group": hold}))

    later = VersionStore(tmp_path, 10, MANY)
    assert [one.number for one in later.versions()] == [1, 2]
    assert later.versions()[1] == Version(2, "d2", 102.0, 1, ["a line"])
    assert later.state() == State(1, 50.0, {"group": hold})
    assert later.digests(1) == digests(a=b"one", b=b"same")
    assert later.content(digest_of(b"same")) == b"same"


def test_a_document_is_kept_once_and_nobody_else_may_read_it(tmp_path: Path):
    store = VersionStore(tmp_path, 10, MANY)
    keep(store, 1, a=b"one", b=b"same")
    keep(store, 2, a=b"two", b=b"same", c=b"same")
    assert len(files(tmp_path)) == 2 + 3
    for path in [tmp_path / "versions", *(tmp_path / "versions").rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_without_anything_there_is_nothing(tmp_path: Path):
    store = VersionStore(tmp_path / "none", 10, MANY)
    assert store.versions() == []
    assert store.state() == State()
    assert store.digests(1) is None
    assert store.content(b"\0" * 16) is None
    assert not (tmp_path / "none").exists()


# --- bounds


def test_the_oldest_versions_go_first_with_what_only_they_had(tmp_path: Path):
    store = VersionStore(tmp_path, 2, MANY)
    for number in (1, 2, 3):
        keep(store, number, a=b"%d" % number, b=b"same")
    assert store.prune(State(3)) == [1]
    assert [one.number for one in store.versions()] == [2, 3]
    assert store.content(digest_of(b"1")) is None
    assert store.content(digest_of(b"same")) == b"same"
    assert store.prune(State(3)) == []


def test_the_version_in_use_and_what_is_held_stay(tmp_path: Path):
    store = VersionStore(tmp_path, 1, MANY)
    for number in (1, 2, 3):
        keep(store, number, a=b"%d" % number)
    held = Hold({"a": None}, {"a": digest_of(b"2"), "b": None})
    assert store.prune(State(1, 0.0, {"group": held})) == [2, 3]
    assert store.content(digest_of(b"2")) == b"2"
    assert store.content(digest_of(b"3")) is None


def test_all_together_have_a_bounded_size(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    store = VersionStore(tmp_path, 10, 60)
    for number in (1, 2, 3):
        keep(store, number, a=bytes(range(number, number + 40)))
    assert store.prune(State(3)) == [1, 2]
    assert caplog.text == ""
    keep(store, 4, a=bytes(range(200)))
    assert store.prune(State(4)) == [3, 4]
    assert "version not kept: it is too large number=4" in caplog.text
    assert files(tmp_path) == set()


def test_sizes_are_known_again_in_another_process(tmp_path: Path):
    keep(VersionStore(tmp_path, 10, MANY), 1, a=bytes(range(100)))
    store = VersionStore(tmp_path, 10, 50)
    assert store.prune(State(2)) == [1]


# --- what goes wrong


@pytest.mark.parametrize("damage", [b"", b"bfe-py version 1\n", b"other"])
def test_a_damaged_version_is_left_out_and_told_once(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
):
    keep(VersionStore(tmp_path, 10, MANY), 1, a=b"one")
    keep(VersionStore(tmp_path, 10, MANY), 2, a=b"two")
    path = tmp_path / "versions/1.version"
    path.write_bytes(damage or path.read_bytes()[:-1])
    store = VersionStore(tmp_path, 10, MANY)
    assert [one.number for one in store.versions()] == [2]
    assert store.digests(1) is None
    assert caplog.text.count("kept version ignored path=") == 1


def test_a_file_of_another_shape_is_left_out(tmp_path: Path, caplog):
    store = VersionStore(tmp_path, 10, MANY)
    keep(store, 1, a=b"one")
    (tmp_path / "versions/in-use").write_bytes((tmp_path / "versions/1.version").read_bytes())
    (tmp_path / "versions/9.version").mkdir()
    assert store.state() == State()
    assert [one.number for one in store.versions()] == [1]
    assert caplog.text.count("kept version ignored") == 2


@pytest.mark.parametrize("damage", [b"", b"x\x9cother", "another"])
def test_a_damaged_document_is_none(tmp_path: Path, damage):
    store = VersionStore(tmp_path, 10, MANY)
    keep(store, 1, a=b"one", b=b"two")
    documents = tmp_path / "versions/documents"
    if damage == "another":
        damage = (documents / digest_of(b"two").hex()).read_bytes()
    (documents / digest_of(b"one").hex()).write_bytes(damage)
    assert store.content(digest_of(b"one")) is None


def test_a_folder_that_cannot_be_written_costs_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "file").write_text("")
    store = VersionStore(tmp_path / "file", 10, MANY)
    assert not keep(store, 1, a=b"one")
    assert not store.keep_state(State(1))
    assert store.prune(State(1)) == []
    assert not keep(store, 2, a=b"one")
    assert len(caplog.records) == 1
    assert "version not kept folder=" in caplog.text


def test_it_works_again_when_the_folder_does_and_then_fails_anew(tmp_path: Path, caplog):
    blocked = tmp_path / "state"
    blocked.write_text("")
    store = VersionStore(blocked, 10, MANY)
    keep(store, 1, a=b"one")
    blocked.unlink()
    assert keep(store, 2, a=b"one")
    (blocked / "versions/in-use").mkdir()
    (blocked / "versions/in-use/in it").write_text("")
    assert not store.keep_state(State(2))
    assert [one.getMessage().partition(" folder")[0] for one in caplog.records] == [
        "version not kept",
        "version in use not remembered",
    ]


def test_a_folder_that_was_removed_is_made_again(tmp_path: Path):
    import shutil

    store = VersionStore(tmp_path / "state", 10, MANY)
    keep(store, 1, a=b"one")
    shutil.rmtree(tmp_path / "state")
    assert keep(store, 2, a=b"one")
    assert store.content(digest_of(b"one")) == b"one"
