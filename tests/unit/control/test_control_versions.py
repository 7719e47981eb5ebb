"""Which versions there are, and which one is in use."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bfe_py.control import (
    Seen,
    VersionCounters,
    VersionError,
    Versions,
    VersionStore,
)

MANY = 1 << 20
A = {"pair": {"one": b"1", "two": None}, "rules/a": {"rules/a.rules": b"a"}}
B = {"pair": {"one": b"2", "two": None}, "rules/a": {"rules/a.rules": b"a"}}
C = {"pair": {"one": b"3", "two": b"t"}}


def disk(contents) -> Seen:
    return Seen({path: one for group in contents.values() for path, one in group.items()})


def make(folder: Path, most: int = 10, **settings) -> Versions:
    return Versions(VersionStore(folder, most, MANY), VersionCounters(), **settings)


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """Three versions, the last one in use."""
    made = make(tmp_path)
    for now, (contents, digest) in enumerate([(A, "aaaaaa"), (B, "aaabbb"), (C, "cccccc")], 1):
        made.note(contents, digest, float(now), [f"change {now}"])
    return made


def go_back(versions: Versions, name: str | None = None, contents=C) -> int:
    target = versions.find(name)
    used = versions.contents(target)
    versions.go_back(target, used, disk(contents), used, 9.0)
    return target.number


def test_every_good_version_is_kept_with_the_one_before(versions: Versions):
    assert [(one.number, one.before, one.at) for one in versions.kept] == [
        (1, 0, 1.0),
        (2, 1, 2.0),
        (3, 2, 3.0),
    ]
    assert versions.kept[1].changes == ["change 2"]
    assert versions.in_use == versions.kept[2]
    assert versions.since == 3.0


@pytest.mark.parametrize(
    ("contents", "digest"), [(C, "cccccc"), (C, "other digest"), (B, "cccccc")]
)
def test_what_is_in_use_already_is_no_new_version(versions: Versions, contents, digest: str):
    versions.note(contents, digest, 4.0, [])
    assert [one.number for one in versions.kept] == [1, 2, 3]


def test_the_version_in_use_is_known_again_in_another_process(versions: Versions, tmp_path: Path):
    for contents, digest in ((C, "other"), (B, "cccccc")):
        later = make(tmp_path)
        later.note(contents, digest, 5.0, [])
        assert len(later.kept) == 3
        assert later.number == 3
    later.note(A, "new", 6.0, [])
    assert (later.number, later.in_use and later.in_use.before) == (4, 3)


def test_going_back_twice_goes_one_further_back(versions: Versions):
    assert [go_back(versions), go_back(versions)] == [2, 1]
    assert (versions.number, versions.since) == (1, 9.0)
    with pytest.raises(VersionError, match=r"kept are 1 \(in use\), 2, 3"):
        versions.find(None)


def test_what_comes_behind_a_rollback_goes_back_to_where_that_led(versions: Versions):
    go_back(versions, "1")
    versions.note(B, "bbbbbb", 10.0, [])
    assert versions.number == 4
    assert versions.find(None).number == 1


def test_versions_have_numbers_and_digests(versions: Versions):
    assert versions.find("2").number == 2
    assert versions.find("CCCC").number == 3
    assert versions.find("aaab").number == 2
    for wrong, why in (("7", "no version"), ("ccc", "no version"), ("zzzz", "no version")):
        with pytest.raises(VersionError, match=f'there is {why} "{wrong}"; kept are 1'):
            versions.find(wrong)
    versions.note(A, "aaabbb0", 5.0, [])
    with pytest.raises(VersionError, match='there is more than one version "aaab"'):
        versions.find("aaab")


def test_the_contents_of_a_version_are_what_they_were(versions: Versions):
    assert versions.contents(versions.find("1")) == A
    assert versions.contents(versions.find("3")) == C


def test_contents_that_are_damaged_are_an_error(versions: Versions, tmp_path: Path):
    for path in (tmp_path / "versions/documents").iterdir():
        path.write_bytes(b"")
    with pytest.raises(VersionError, match=r"version 1 is damaged: its one cannot be read back"):
        versions.contents(versions.find("1"))
    (tmp_path / "versions/1.version").unlink()
    with pytest.raises(VersionError, match="version 1 cannot be read from the state directory"):
        versions.contents(versions.find("1"))


# --- what is held


def test_behind_a_rollback_documents_are_held_in_other_processes_too(
    versions: Versions, tmp_path: Path
):
    go_back(versions, "2")
    for one in (versions, make(tmp_path)):
        assert one.number == 2
        assert sorted(one.holds.by_group) == ["pair", "rules/a"]
        assert one.holds.apply(disk(C)).get("one") == b"2"
    versions.note(B, "other", 5.0, [])
    assert versions.number == 2


def test_what_is_in_use_as_it_is_on_the_disk_is_released_for_good(
    versions: Versions, tmp_path: Path
):
    go_back(versions, "2")
    documents = versions.holds.apply(disk(C))
    assert versions.release(documents, B) == []
    changed = {**C, "pair": {"one": b"4", "two": b"t"}}
    in_use = {**B, **changed}
    assert versions.release(versions.holds.apply(disk(changed)), in_use) == ["pair"]
    assert list(make(tmp_path).holds.by_group) == ["rules/a"]


def test_going_forward_to_what_is_on_the_disk_holds_nothing(versions: Versions):
    go_back(versions, "1")
    go_back(versions, "3")
    assert versions.holds.by_group == {}
    assert versions.number == 3


def test_tenants_that_a_version_has_not_are_held_back_however_often_it_is_gone_back(
    versions: Versions,
):
    new = {"rules/b.rules": b"b", "rules/a.rules": b"a"}
    files = Seen(new, {"rules/": ("a.rules", "b.rules", "notes")})
    for name in ("2", "1"):
        target = versions.find(name)
        used = versions.contents(target)
        versions.go_back(target, used, files, used, 9.0)
        assert sorted(versions.holds.by_group) == ["pair", "rules/b"]
        assert versions.holds.apply(files).names("rules/") == ("a.rules", "notes")


# --- how many


def test_a_bounded_number_is_kept(tmp_path: Path):
    versions = make(tmp_path, most=2)
    for number in range(1, 5):
        versions.note({"g": {"one": b"%d" % number}}, f"d{number}", float(number), [])
    assert [one.number for one in versions.kept] == [3, 4]
    with pytest.raises(VersionError, match=r'no version "1"; kept are 3, 4 \(in use\)'):
        versions.find("1")


def test_numbers_are_told(tmp_path: Path):
    counters = VersionCounters()
    versions = Versions(VersionStore(tmp_path, 10, MANY), counters)
    versions.note(A, "a", 1.0, [])
    versions.note(B, "b", 2.0, [])
    assert (counters.kept, counters.held, counters.rollbacks) == (2, 0, 0)
    go_back(versions, "1", B)
    assert (counters.kept, counters.held, counters.rollbacks) == (2, 1, 1)
    assert counters.failures == 0


def test_a_store_that_cannot_be_written_counts_and_lists_nothing(tmp_path: Path):
    (tmp_path / "file").write_text("")
    counters = VersionCounters()
    versions = Versions(VersionStore(tmp_path / "file", 10, MANY), counters)
    versions.note(A, "a", 1.0, [])
    assert versions.kept == []
    assert counters.failures == 2
    with pytest.raises(VersionError, match="none is kept"):
        versions.find("1")


def test_without_a_store_the_reason_is_told():
    versions = Versions(None, VersionCounters(), why="there is no state directory")
    versions.note(A, "a", 1.0, [])
    assert (versions.kept, versions.in_use) == ([], None)
    for name in (None, "1"):
        with pytest.raises(VersionError, match="no versions are kept: there is no state directory"):
            versions.find(name)


def test_what_is_written_may_be_written_later(tmp_path: Path):
    jobs: list[Callable[[], None]] = []
    versions = make(tmp_path, submit=jobs.append)
    versions.note(A, "a", 1.0, [])
    versions.note(B, "b", 2.0, [])
    assert [one.number for one in versions.kept] == [1, 2]
    assert make(tmp_path).kept == []
    for job in jobs:
        job()
    assert make(tmp_path).number == 2
    assert [one.number for one in make(tmp_path).kept] == [1, 2]
