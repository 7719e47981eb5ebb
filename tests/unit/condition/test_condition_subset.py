import pytest

from bfe_py.condition.subset import Subset, read_subset


@pytest.mark.parametrize(
    ("pattern", "subset"),
    [
        ("", Subset("", ("",))),
        ("abc", Subset("", ("abc",))),
        (r"^/a\.b$", Subset("", ("/a.b",), True, True)),
        (r"\.(jpg|png)$", Subset("", (".jpg", ".png"), False, True)),
        (r"^/(?:a|b\||)/c", Subset("", ("/a/c", "/b|/c", "//c"), True, False)),
        ("^/a[0-9]+$", Subset(r"^/a[0-9]+\Z")),
        ("^/a[^/]*/b", Subset("^/a[^/]*/b")),
        (r"v\d{2}x?", Subset(r"v\d{2}x?")),
        ("^/.*", Subset("^/.*")),
        ("[a-c_.-]x", Subset("[a-c_.-]x")),
        (r"^[0-9]+\.[0-9]+$", Subset(r"^[0-9]+\.[0-9]+\Z")),
    ],
)
def test_simple_patterns_are_taken(pattern, subset):
    assert read_subset(pattern) == subset


@pytest.mark.parametrize(
    "pattern",
    [
        "a|b",
        "(?i)a",
        "(a)+",
        "((a|b))",
        r"\s",
        r"\w",
        r"\bfoo",
        "é",
        "a+",  # backtracks over the text from every start
        "^a+a",  # two ways to match
        "^a+b*c",  # what follows may be nothing
        "^a+b?c",
        "^a+b{0}c",
        "^.*a",
        "^a?b?c?",  # eight ways to match
        "a**",
        "a{1001}",
        "[z-a]",
        "[[:alpha:]]",
        r"[\d]",
        "a$b",
        "a^b",
        "[",
        "(",
        "a\\",
        "a+?",
    ],
)
def test_the_rest_is_left_to_re2(pattern):
    assert read_subset(pattern) is None
