import pytest

from bfe_py.condition.arguments import Buckets, Case, Patterns
from bfe_py.condition.matching import (
    Missing,
    compare,
    contains_one,
    ends_with_one,
    equals_one,
    in_buckets,
    starts_with_elements,
    starts_with_one,
)
from bfe_py.condition.sketch import RequestSketch

SENSITIVE, INSENSITIVE = Case.SENSITIVE, Case.INSENSITIVE


@pytest.mark.parametrize(
    ("test", "patterns", "case", "hits", "misses"),
    [
        (equals_one, "a|b", SENSITIVE, ["a", "b"], ["A", "", "ab"]),
        (equals_one, "a|é", INSENSITIVE, ["A", "a", "É"], ["", "e"]),
        (equals_one, "a|", SENSITIVE, ["a", ""], ["b"]),
        (starts_with_one, "/a|/b", SENSITIVE, ["/a", "/ab", "/b/"], ["/A", "x/a", ""]),
        (starts_with_one, "/a", INSENSITIVE, ["/A", "/ab"], ["/", "b"]),
        (starts_with_one, "x|", SENSITIVE, ["", "y"], []),
        (
            starts_with_elements,
            "/a|/c/",
            SENSITIVE,
            ["/a", "/a/", "/a/b", "/c", "/c/d"],
            ["/ab", "/A", "/", "/cd"],
        ),
        (starts_with_elements, "/a//", SENSITIVE, ["/a//", "/a//b"], ["/a/", "/a"]),
        (starts_with_elements, "", SENSITIVE, ["", "/", "/x"], ["*"]),
        (starts_with_elements, "/a", INSENSITIVE, ["/A", "/A/b"], ["/AB"]),
        (ends_with_one, ".php|/", SENSITIVE, ["a.php", "/"], ["a.PHP", ""]),
        (ends_with_one, ".php", INSENSITIVE, ["a.PHP"], ["php"]),
        (contains_one, "b", SENSITIVE, ["abc"], ["aBc", ""]),
        (contains_one, "b", INSENSITIVE, ["aBc"], ["ac"]),
        (contains_one, "b|x", SENSITIVE, ["abc", "x"], ["B", ""]),
        (contains_one, "b|x", INSENSITIVE, ["aBc", "X"], ["c"]),
    ],
)
def test_values_are_compared_with_patterns(test, patterns, case, hits, misses):
    matches = test(Patterns.parse(patterns), case)
    assert [each for each in hits if not matches(each)] == []
    assert [each for each in misses if matches(each)] == []


@pytest.mark.parametrize("sections", ["9575", "9575|3", "9500-9599|0-1"])
def test_values_fall_into_buckets(sections):
    assert in_buckets(Buckets.parse(sections), SENSITIVE)("abc")
    assert not in_buckets(Buckets.parse(sections), SENSITIVE)("ABC")
    assert in_buckets(Buckets.parse(sections), INSENSITIVE)("ABC")
    assert not in_buckets(Buckets.parse(sections), INSENSITIVE)("abd")


@pytest.mark.parametrize(
    ("missing", "test", "wanted"),
    [
        (Missing.EMPTY, lambda value: value == "", True),
        (Missing.EMPTY, lambda value: value != "", False),
        (Missing.FALSE, lambda value: value == "", False),
    ],
)
def test_a_missing_value_is_empty_or_never_matches(missing, test, wanted):
    atom = compare(lambda facts: facts.header("a"), test, missing)
    assert atom.matches(RequestSketch()) is wanted
    assert atom.read(RequestSketch()) is None
    present = RequestSketch(fields={"a": ""})
    assert atom.matches(present) is test("")


def test_a_value_that_is_always_there_is_only_tested():
    atom = compare(lambda facts: facts.path, lambda value: value == "/", Missing.NEVER)
    assert atom.matches(RequestSketch())
    assert not atom.matches(RequestSketch(path="/a"))
