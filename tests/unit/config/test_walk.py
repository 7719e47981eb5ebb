from typing import Literal

import msgspec
import pytest
from msgspec import field

from bfe_py.config.findings import Report
from bfe_py.config.json_spans import JsonSpans
from bfe_py.config.shapes import shape_of
from bfe_py.config.text import Text
from bfe_py.config.walk import Walk


class Inner(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    flag: bool | None = field(name="Flag", default=None)
    size: int = field(name="Size")


class Outer(msgspec.Struct):
    inner: Inner | None = field(name="Inner", default=None)
    table: dict[str, Inner] = field(name="Table", default_factory=dict)
    lists: list[list[int]] = field(name="Lists", default_factory=list)
    maps: list[dict[str, str]] = field(name="Maps", default_factory=list)
    kinds: list[Literal["a"] | None] = field(name="Kinds", default_factory=list)
    words: list[Literal["a"]] = field(name="Words", default_factory=list)


def walk(text: str) -> tuple[object, list[tuple[str, str]]]:
    report = Report()
    value = Walk(Text("x", text), JsonSpans(text), report).run(shape_of(Outer))
    return value, [(finding.code, finding.message) for finding in report]


def test_the_value_has_exact_names_and_the_last_of_repeated_keys() -> None:
    value, found = walk('{"inner": {"size": 1}, "Inner": {"Flag": null, "Size": 2}}')
    assert value == {"Inner": {"Flag": None, "Size": 2}}
    assert [code for code, _ in found] == ["W022", "W021"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"Inner": {}}', ("E011", '"Size" is missing in "Inner"')),
        ('{"Inner": {"Size": null}}', ("E011", '"Size" is missing in "Inner"')),
        ('{"Inner": {"Size": 1, "Sise": 1}}', ("E013", 'unknown key "Sise"')),
        ('{"Inner": [1]}', ("E010", '"Inner" is a list')),
        ('{"Table": {"a": null}}', ("E015", '"a" is null')),
        ('{"Table": []}', ("E010", '"Table" is a list')),
        ('{"Lists": {}}', ("E010", '"Lists" is an object')),
        (
            '{"Lists": [[1], ["x"]]}',
            ("E010", 'an element of an element of "Lists" is the string "x"'),
        ),
        ('{"Lists": [null]}', ("W024", 'an element of "Lists" is null and counts as []')),
        ('{"Maps": [null]}', ("W024", 'an element of "Maps" is null and counts as {}')),
        ('{"Maps": [{"a": false}]}', ("E010", '"a" is false')),
        ('{"Unknown": {"Size": "x"}}', ("W020", 'unknown key "Unknown" is ignored')),
        (
            '{"Maps": [{"a": "1", "a": "2"}]}',
            ("W022", '"a" stands again further on; this one is ignored'),
        ),
        ('{"Maps": [{"é": "\\ud800é"}]}', ("W025", "half of a surrogate pair counts as U+FFFD")),
        (
            '{"Lists": [[99999999999999999999]]}',
            ("E012", 'an element of an element of "Lists" is too large'),
        ),
        (
            '{"Lists": [[' + "9" * 60 + ".5]]}",
            ("E010", 'an element of an element of "Lists" is the number ' + "9" * 40),
        ),
        ('{"Inner": {"Size": "' + "x" * 60 + '"}}', ("E010", '"Size" is a string')),
        (
            '{"inner": null, "INNER": null}',
            ("W022", '"inner" stands again further on; this one is ignored'),
        ),
    ],
)
def test_each_finding_says_what_and_where(text: str, found: tuple[str, str]) -> None:
    assert walk(text)[1][0] == found


def test_null_has_no_zero_where_the_type_has_none() -> None:
    assert walk('{"Words": [null]}')[1] == [("E015", 'an element of "Words" is null')]


def test_null_stays_where_the_type_has_it() -> None:
    assert walk('{"Kinds": [null, "a"]}') == ({"Kinds": [None, "a"]}, [])


def test_the_same_case_mistake_is_told_once_with_its_number() -> None:
    _, found = walk('{"Table": {"a": {"size": 1}, "b": {"size": 2}}}')
    assert found == [("W021", '"size" is taken for "Size" (2 times)')]
