"""What becomes of documents on the disk that were rolled back from."""

import pytest

from bfe_py.control import Holds, Seen
from bfe_py.control.keeping import digest_of

USED = {
    "pair": {"one": b"old", "two": b"same"},
    "alone": {"three": b"same"},
    "rules/gone": {"rules/gone.rules": None},
    "rules/back": {"rules/back.rules": b"b"},
}
DISK = {"one": b"new", "two": b"same", "three": b"same", "rules/gone.rules": b"g"}


def disk(**changed: bytes | None) -> Seen:
    return Seen({**DISK, **changed}, {"rules/": ("gone.rules",)})


@pytest.fixture
def holds() -> Holds:
    return Holds.between(disk(), USED)


def test_what_is_another_on_the_disk_is_held(holds: Holds):
    assert sorted(holds.by_group) == ["pair", "rules/back", "rules/gone"]
    documents = holds.apply(disk())
    assert (documents.get("one"), documents.get("two"), documents.get("three")) == (
        b"old",
        b"same",
        b"same",
    )
    assert documents.get("rules/gone.rules") is None
    assert documents.get("rules/back.rules") == b"b"
    assert documents.names("rules/") == ("back.rules",)


def test_without_holds_documents_are_what_they_are():
    documents = disk()
    assert Holds({}, {}).apply(documents) is documents


@pytest.mark.parametrize("changed", [{"one": b"newer"}, {"two": b"newer"}, {"one": None}])
def test_a_group_counts_again_once_any_of_its_documents_is_different(holds: Holds, changed):
    documents = holds.apply(disk(**changed))
    assert documents.get("one") == {**DISK, **changed}["one"]
    assert documents.get("two") == {**DISK, **changed}["two"]
    assert documents.get("rules/gone.rules") is None


def test_what_is_written_again_with_the_same_contents_is_held_on(holds: Holds):
    assert holds.apply(disk(one=None)).get("one") is None
    assert holds.apply(disk()).get("one") == b"old"


def test_a_group_that_is_lifted_counts_as_it_is(holds: Holds):
    documents = holds.apply(disk(), lambda group: group == "pair")
    assert documents.get("one") == b"new"
    assert documents.get("rules/gone.rules") is None
    everything = disk()
    assert holds.apply(everything, lambda _: True) is everything


def test_a_hold_ends_when_its_group_is_in_use_as_it_is_on_the_disk(holds: Holds):
    assert holds.find_free(holds.apply(disk()), USED) == []
    newer = disk(one=b"newer")
    refused = {**USED}
    assert holds.find_free(holds.apply(newer), refused) == []
    taken = {**USED, "pair": {"one": b"newer", "two": b"same"}}
    assert holds.find_free(holds.apply(newer), taken) == ["pair"]
    assert sorted(holds.without(["pair"]).by_group) == ["rules/back", "rules/gone"]


def test_a_tenant_that_was_removed_from_the_disk_is_held_no_longer(holds: Holds):
    now = Seen({**DISK, "rules/gone.rules": None}, {"rules/": ()})
    assert holds.find_free(holds.apply(now), {}) == ["rules/gone", "rules/back"]


def test_holds_are_recalled_with_their_contents(holds: Holds):
    contents = {digest_of(one): one for one in (b"old", b"same", b"b")}
    recalled = Holds.recall(holds.by_group, contents.get)
    assert recalled.by_group == holds.by_group
    assert recalled.apply(disk()).get("one") == b"old"


def test_a_hold_whose_contents_are_lost_holds_no_more(holds: Holds, caplog):
    contents = {digest_of(b"b"): b"b"}
    recalled = Holds.recall(holds.by_group, contents.get)
    assert sorted(recalled.by_group) == ["rules/back", "rules/gone"]
    assert "rolled back documents are lost, those on the disk count group=pair" in caplog.text
