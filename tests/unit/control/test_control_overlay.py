import pytest

from bfe_py.control import Overlay, Seen, with_version
from bfe_py.control.overlay import is_rules

BELOW = Seen(
    {"a": b"1", "rules/x.rules": b"x", "rules/y.rules": b"y"},
    {"rules/": ("notes", "x.rules", "y.rules"), "d": ("z",)},
)


def test_contents_come_before_what_is_below():
    overlay = Overlay(BELOW, {"a": b"2", "b": None})
    assert (overlay.get("a"), overlay.get("b"), overlay.get("rules/x.rules")) == (b"2", None, b"x")
    assert overlay.names("rules/") == ("notes", "x.rules", "y.rules")


def test_rules_documents_come_and_go_with_their_names():
    overlay = Overlay(BELOW, {"rules/new.rules": b"", "rules/x.rules": None, "rules/y.rules": b"2"})
    assert overlay.names("rules/") == ("new.rules", "notes", "y.rules")
    assert overlay.names("d") == ("z",)


@pytest.mark.parametrize(
    ("content", "names"), [(b"hosts a", ("a.rules",)), (None, None)], ids=["there", "not there"]
)
def test_a_folder_that_is_missing_is_there_for_documents_that_are(content, names):
    assert Overlay(Seen(), {"rules/a.rules": content}).names("rules/") == names


def test_a_version_has_its_own_tenants_and_no_others():
    contents = {"group": {"a": b"2"}, "rules/y": {"rules/y.rules": b"2"}}
    overlay = with_version(BELOW, contents)
    assert overlay.names("rules/") == ("notes", "y.rules")
    assert (overlay.get("rules/x.rules"), overlay.get("rules/y.rules")) == (None, b"2")
    assert overlay.get("a") == b"2"
    assert with_version(Seen(), {"group": {"a": b"2"}}).names("rules/") is None


@pytest.mark.parametrize(
    ("path", "answer"),
    [("rules/a.rules", True), ("rules/a.txt", False), ("other/a.rules", False)],
)
def test_rules_documents_are_known_by_their_path(path: str, answer: bool):
    assert is_rules(path) is answer
