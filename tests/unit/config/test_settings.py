from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta, field

from bfe_py.config.findings import Finding, Report
from bfe_py.config.ini import parse_ini
from bfe_py.config.settings import decode_ini
from bfe_py.config.text import Text


class Basic(msgspec.Struct, frozen=True):
    path: str = field(name="DataPath", default="x.data")
    count: int = field(name="Count", default=1)
    share: float = field(name="Share", default=0.5)
    is_on: bool = field(name="On", default=False)
    names: tuple[str, ...] = field(name="Names", default=("default",))
    numbers: list[int] = field(name="Numbers", default_factory=list)
    port: Annotated[int, Meta(ge=1, le=9)] = field(name="Port", default=1)
    mode: Literal["a", "b"] = field(name="Mode", default="a")
    limit: int | None = field(name="Limit", default=None)


class Log(msgspec.Struct, frozen=True):
    level: str = field(name="Level", default="")


class Settings(msgspec.Struct, frozen=True):
    basic: Basic = field(name="Basic", default=Basic())
    log: Log = field(name="Log", default=Log())


class Needed(msgspec.Struct, frozen=True):
    basic: Log = field(name="Basic")


def read(
    text: str, schema: type[msgspec.Struct] = Settings
) -> tuple[msgspec.Struct | None, list[Finding]]:
    report = Report()
    ini = parse_ini(Text("m.conf", text), report)
    return decode_ini(
        schema, ini, report, ignored=[("Old", "OpenDebug"), ("Log", "OpenDebug")]
    ), list(report)


def basic(line: str) -> Basic:
    value, findings = read(f"[Basic]\n{line}")
    assert findings == []
    assert isinstance(value, Settings)
    return value.basic


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("DataPath = a/b", "path", "a/b"),
        ("datapath = a", "path", "a"),
        ("DataPath = 1", "path", "1"),
        ("Count = 7", "count", 7),
        ("Count = -7", "count", -7),
        ("Count = +7", "count", 7),
        ("Count = 0x1F", "count", 31),
        ("Count = 010", "count", 10),
        ("Share = 1", "share", 1.0),
        ("Share = -1.5e3", "share", -1500.0),
        ("On = TRUE", "is_on", True),
        ("On = yes", "is_on", True),
        ("On = on", "is_on", True),
        ("On = 1", "is_on", True),
        ("On", "is_on", True),
        ("On = off", "is_on", False),
        ("On = 0", "is_on", False),
        ("Names = a\nnames = b,c", "names", ("a", "b,c")),
        ("Names = a\nNames\nNames = b", "names", ("b",)),
        ("Names", "names", ()),
        ("Numbers = 1\nNumbers = 0x2", "numbers", [1, 2]),
        ("Port = 9", "port", 9),
        ("Mode = b", "mode", "b"),
        ("Limit = 3", "limit", 3),
    ],
)
def test_values_are_read_by_type(line: str, name: str, value: object) -> None:
    assert getattr(basic(line), name) == value


def test_what_is_not_written_has_its_default() -> None:
    assert read("")[0] == Settings()
    assert read("[basic]\n[LOG]")[0] == Settings()


@pytest.mark.parametrize(
    ("text", "code", "column", "expected", "hint"),
    [
        ("[Basic]\nCount = x", "E010", 9, "an integer", ""),
        ("[Basic]\nCount = 1.0", "E010", 9, "an integer", ""),
        ("[Basic]\nCount =", "E010", 1, "an integer", ""),
        ("[Basic]\nCount", "E010", 1, '"=" and a value', ""),
        ("[Basic]\nShare = x", "E010", 9, "a number", ""),
        ("[Basic]\nOn = maybe", "E010", 6, "true or false", ""),
        ("[Basic]\nNumbers = x", "E010", 11, "an integer", ""),
        ("[Basic]\nPort = 10", "E012", 8, "an integer <= 9", ""),
        ("[Basic]\nCount = 99999999999999999999", "E012", 9, "an integer of 64 bits", ""),
        (f"[Basic]\nCount = {'9' * 50}", "E010", 9, "an integer", ""),
        ("[Basic]\nMode = c", "E012", 8, "invalid enum value 'c'", ""),
        ("[Basic]\nDatPath = x", "E013", 1, "", 'did you mean "DataPath"?'),
        ("[Basic]\nLevel = x", "E013", 1, "", "it belongs to [Log]"),
        ("[Basc]\nDataPath = x", "E014", 1, "", 'did you mean "Basic"?'),
        ("[Nope]", "E014", 1, "", ""),
    ],
)
def test_what_is_wrong_has_its_place(
    text: str, code: str, column: int, expected: str, hint: str
) -> None:
    value, findings = read(text)
    assert value == Settings()
    (finding,) = findings
    assert (finding.severity, finding.code, finding.column) == ("error", code, column)
    assert (finding.expected, finding.hint) == (expected, hint)


def test_every_mistake_is_found_at_once() -> None:
    _, findings = read("[Basic]\nCount = x\nFoo = 1\n[Nope]\na = 1\n[Log]\nLevel")
    assert [finding.line for finding in findings] == [2, 3, 4, 7]


def test_a_repeated_key_is_doubted_and_the_last_one_counts() -> None:
    value, findings = read("[Basic]\nCount = 1\ncount = 2")
    assert value == Settings(basic=Basic(count=2))
    assert [(finding.severity, finding.code) for finding in findings] == [("warning", "W022")]


def test_known_leftovers_are_let_pass() -> None:
    value, findings = read("[Log]\nOpenDebug = true\n[Old]\nopendebug = x")
    assert value == Settings()
    assert findings == []


def test_what_must_be_there_and_is_not_is_an_error() -> None:
    value, findings = read("", Needed)
    assert value is None
    assert [finding.code for finding in findings] == ["E011"]
