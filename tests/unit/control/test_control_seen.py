import pytest

from bfe_py.control import Seen
from bfe_py.control.seen import Looking, merge_seen

THERE = Seen({"a": b"1", "b": None}, {"d": ("x",), "e": None})


def test_what_was_looked_at_is_remembered_and_nothing_else():
    looking = Looking(THERE)
    assert looking.get("a") == b"1"
    assert looking.get("b") is None
    assert looking.names("d") == ("x",)
    assert looking.names("e") is None
    assert looking.seen == THERE
    assert Looking(THERE).seen == Seen({}, {})


@pytest.mark.parametrize(
    ("now", "has_changed"),
    [
        (THERE, False),
        (Seen({**THERE.contents, "other": b""}, THERE.listings), False),
        (Seen({"a": b"2"}, THERE.listings), True),
        (Seen({}, THERE.listings), True),
        (Seen({**THERE.contents, "b": b""}, THERE.listings), True),
        (Seen(THERE.contents, {"d": ("x", "y")}), True),
        (Seen(THERE.contents, {}), True),
        (Seen(THERE.contents, {**THERE.listings, "e": ()}), True),
    ],
)
def test_it_has_changed_if_any_of_it_is_different(now: Seen, has_changed: bool):
    assert THERE.has_changed(now) is has_changed


def test_several_together_are_everything_that_any_of_them_saw():
    merged = merge_seen([THERE, Seen({"a": b"2", "c": b"3"}, {"f": ()})])
    assert merged.contents == {"a": b"2", "b": None, "c": b"3"}
    assert merged.listings == {"d": ("x",), "e": None, "f": ()}
    assert merge_seen([]) == Seen({}, {})
