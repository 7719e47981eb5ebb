from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta, field

from bfe_py.config.decode import decode
from bfe_py.config.findings import Finding, Report


class Rule(msgspec.Struct, frozen=True):
    condition: str | None = field(name="Cond", default=None)
    weight: int = field(name="Weight", default=1)


class File(msgspec.Struct, frozen=True):
    version: str = field(name="Version")
    rules: dict[str, list[Rule] | None] = field(name="Config", default_factory=dict)
    names: list[str] = field(name="Names", default_factory=list)
    numbers: dict[str, int] = field(name="Numbers", default_factory=dict)
    lists: list[list[str]] = field(name="Lists", default_factory=list)
    maps: list[dict[str, int]] = field(name="Maps", default_factory=list)
    kinds: list[Literal["a"]] = field(name="Kinds", default_factory=list)
    is_on: bool = field(name="On", default=False)
    share: Annotated[float, Meta(ge=0)] = field(name="Share", default=0.0)
    pair: tuple[int, str] | None = field(name="Pair", default=None)


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str = ""


def read(content: str | bytes, schema: type[msgspec.Struct] = File) -> tuple[object, list[Finding]]:
    report = Report()
    raw = content.encode() if isinstance(content, str) else content
    value = decode(schema, raw, "x.data", report)
    return value, list(report)


def test_a_clean_document_says_nothing() -> None:
    value, findings = read('{"Version": "1", "Config": {"a": [{"Cond": "x", "Weight": 2}]}}')
    assert value == File(version="1", rules={"a": [Rule("x", 2)]})
    assert findings == []


TOLERATED = [
    ('{"version": "1"}', File("1"), "W021", '"version" is taken for "Version"', 2),
    ('{"Version": "1", "Vrsion": 2}', File("1"), "W020", 'unknown key "Vrsion" is ignored', 18),
    ('{"Version": "1", "version": "2"}', File("2"), "W022", None, 2),
    (
        '{"Version": "1", "Numbers": {"a": 1, "a": 2}}',
        File("1", numbers={"a": 2}),
        "W022",
        None,
        30,
    ),
    ('{"Version": "1"} x ', File("1"), "W023", "text behind the JSON value is ignored", 18),
    ('{"Version": "1", "Names": [null]}', File("1", names=[""]), "W024", None, 28),
    ('{"Version": "1", "Numbers": {"a": null}}', File("1", numbers={"a": 0}), "W024", None, 35),
    ('{"Version": "1", "Lists": [null]}', File("1", lists=[[]]), "W024", None, 28),
    ('{"Version": "1", "Maps": [null]}', File("1", maps=[{}]), "W024", None, 27),
    ('{"Version": "\\ud800é"}', File("\ufffdé"), "W025", None, 13),
    (
        '{"Version": "1", "Numbers": {"\\udfff": 1}}',
        File("1", numbers={"\ufffd": 1}),
        "W025",
        None,
        30,
    ),
]


@pytest.mark.parametrize(("content", "value", "code", "message", "column"), TOLERATED)
def test_what_bfe_lets_pass_is_a_warning(
    content: str, value: File, code: str, message: str | None, column: int
) -> None:
    found, findings = read(content)
    assert found == value
    first = findings[0]
    assert (first.severity, first.code, first.column) == ("warning", code, column)
    assert message is None or first.message == message


def test_unknown_keys_get_a_suggestion() -> None:
    assert read('{"Version": "1", "Nmaes": []}')[1][0].hint == 'did you mean "Names"?'


def test_keys_in_other_case_are_counted_not_listed() -> None:
    rules = ", ".join(['{"cond": "x"}'] * 3)
    value, findings = read(f'{{"Version": "1", "Config": {{"a": [{rules}]}}}}')
    assert value == File("1", rules={"a": [Rule("x")] * 3})
    assert [finding.message for finding in findings] == ['"cond" is taken for "Cond" (3 times)']


@pytest.mark.parametrize(
    "content",
    [
        '{"Version": "1", "Names": null, "On": null, "Numbers": null}',
        '{"Version": "1", "Pair": null}',
    ],
)
def test_null_is_absent(content: str) -> None:
    assert read(content) == (File("1"), [])


def test_a_table_may_have_null_where_its_type_allows_it() -> None:
    value, _ = read(
        '{"Version": "1", "version": "1", "Config": {"a": null, "b": [{"Cond": null}]}}'
    )
    assert value == File("1", rules={"a": None, "b": [Rule()]})


REFUSED = [
    ("[]", "E010", "the document is a list", "an object"),
    ("3", "E010", "the document is the number 3", "an object"),
    ("{}", "E011", '"Version" is missing in the document', ""),
    ('{"Version": null}', "E011", '"Version" is missing in the document', ""),
    ('{"Version": 1}', "E010", '"Version" is the number 1', "a string"),
    ('{"Version": true}', "E010", '"Version" is true', "a string"),
    ('{"Version": {}}', "E010", '"Version" is an object', "a string"),
    ('{"Version": "1", "Config": []}', "E010", '"Config" is a list', "an object"),
    ('{"Version": "1", "Config": {"a": "b"}}', "E010", '"a" is the string "b"', "a list"),
    (
        '{"Version": "1", "Config": {"a": [3]}}',
        "E010",
        'an element of "a" is the number 3',
        "an object",
    ),
    ('{"Version": "1", "Config": {"a": [null]}}', "E015", 'an element of "a" is null', ""),
    ('{"Version": "1", "Kinds": [null]}', "E015", 'an element of "Kinds" is null', ""),
    ('{"Version": "1", "On": "true"}', "E010", '"On" is the string "true"', "true or false"),
    ('{"Version": "1", "On": 1}', "E010", '"On" is the number 1', "true or false"),
    ('{"Version": "1", "Numbers": {"a": 1.0}}', "E010", '"a" is the number 1.0', "an integer"),
    ('{"Version": "1", "Numbers": {"a": "1"}}', "E010", '"a" is the string "1"', "an integer"),
    (
        f'{{"Version": "1", "Numbers": {{"a": {"9" * 50}}}}}',
        "E012",
        '"a" is too large',
        "an integer of 64 bits",
    ),
    ('{"Version": "1", "Share": -1.5}', "E010", '"Share" is the number -1.5', "a number >= 0.0"),
    (
        f'{{"Version": "1", "Numbers": {{"a": "{"x" * 60}"}}}}',
        "E010",
        '"a" is a string',
        "an integer",
    ),
    ('{"Version": "1", "Kinds": ["b"]}', "E010", None, "invalid enum value 'b'"),
    ('{"Version": "1", "Pair": [1]}', "E010", '"Pair" is a list', "a list of length 2"),
]


@pytest.mark.parametrize(("content", "code", "message", "expected"), REFUSED)
def test_what_bfe_refuses_is_an_error(
    content: str, code: str, message: str | None, expected: str
) -> None:
    value, findings = read(content)
    assert value is None
    first = findings[0]
    assert (first.severity, first.code, first.expected) == ("error", code, expected)
    assert message is None or first.message == message


def test_every_mistake_is_found_at_once() -> None:
    value, findings = read(
        '{"Version": 1,\n "Names": [2, "x"],\n "Config": {"a": [{"Cond": 3, "Wieght": 4}]}} x'
    )
    assert value is None
    places = [(finding.code, finding.line, finding.column) for finding in findings]
    assert places == [
        ("W023", 3, 47),
        ("E010", 1, 13),
        ("E010", 2, 12),
        ("W020", 3, 31),
        ("E010", 3, 28),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "E003"),
        (b"\xff", "E002"),
        ("[" * 100_000, "E004"),
    ],
)
def test_what_is_no_json_is_refused(content: str | bytes, code: str) -> None:
    value, findings = read(content)
    assert value is None
    assert [finding.code for finding in findings] == [code]


def test_strict_schemas_refuse_unknown_keys() -> None:
    value, findings = read('{"nme": "x"}', Strict)
    assert value is None
    assert (findings[0].code, findings[0].hint) == ("E013", 'did you mean "name"?')


class Cooked(msgspec.Struct, frozen=True):
    first: int = 0
    last: int = 0

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError("first is behind last")


def test_what_only_the_schema_knows_is_an_error_of_the_document() -> None:
    value, findings = read('{"first": 2, "last": 1}', Cooked)
    assert value is None
    assert [(finding.code, finding.line) for finding in findings] == [("E012", 1)]
    assert "first is behind last" in findings[0].message
