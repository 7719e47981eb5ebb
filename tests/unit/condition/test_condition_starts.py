"""Starts: the texts that another one starts with."""

import pytest

from bfe_py.condition.starts import Starts

TEXTS = ["/", "/a", "/ab", "/a/", "/a/b/c/d", "/a/b/c/e/", "x", "x/y/", "/long", "//"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "/",
            "//",
            "///",
            "/a",
            "/a/",
            "/ab",
            "/abc",
            "/ab/c",
            "/a/b",
            "/a/b/c/d",
            "/a/b/c/dd",
        ),
        *(
            "/a/b/c/d/e",
            "/a/b/c/e",
            "/a/b/c/e/f/g",
            "x",
            "xx",
            "x/y",
            "x/y/z",
            "y",
            "/lon",
            "/longer",
        ),
        *("/a/x/c/d", "/unknown/a/b", "a/"),
    ],
)
def test_every_start_is_found(text: str) -> None:
    starts = Starts({each: each for each in TEXTS}, "/")
    assert sorted(set(starts.find(text))) == sorted(filter(text.startswith, TEXTS))


def test_one_text_far_below_is_found() -> None:
    assert Starts({"a.b.c.d.e": 1}, ".").find("a.b.c.d.efg.h") == [1]


def test_no_more_is_looked_up_than_there_are_lengths() -> None:
    class Counted(dict[str, int]):
        looked_up = 0

        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
            self.looked_up += 1
            return super().get(key, default)

    values = Counted({f"/{number}": number for number in range(1000)})
    assert Starts(values, "/").find("/12345/6") == [1, 12, 123]
    assert values.looked_up == 5
