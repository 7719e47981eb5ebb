import pytest

from bfe_py.config.conditions import ConditionCache
from bfe_py.config.findings import Report
from bfe_py.config.places import JsonPlaces
from bfe_py.config.positioned import PositionedFindings
from bfe_py.config.text import Text

TEXT = """{
 "Config": {"shop": [
  {"Cond": "req_host_in(\\"a.com\\") && req_nope()", "File": "users"},
  {"Cond": "req_path_in(\\"/a\\", false) || default_t() && default_t()"}
 ]}
}"""


@pytest.fixture
def findings() -> PositionedFindings:
    files = {"users": b"a:b"}
    return PositionedFindings(
        JsonPlaces(Text("m.data", TEXT)), Report(), ConditionCache(), files.get
    )


def test_an_error_gets_its_place(findings: PositionedFindings) -> None:
    findings.error(("Config", "shop", 0, "File"), "bad", expected="good", code="E401", hint="try")
    (found,) = findings.report
    assert (found.severity, found.code, found.message) == ("error", "E401", "bad")
    assert (found.expected, found.hint) == ("good", "try")
    assert (found.document, found.line, found.column) == ("m.data", 3, 60)


def test_findings_of_modules_have_codes_of_their_own(findings: PositionedFindings) -> None:
    findings.error((), "bad")
    findings.warning((), "odd")
    assert [(found.severity, found.code) for found in findings.report] == [
        ("error", "E300"),
        ("warning", "W300"),
    ]


def test_a_bad_condition_is_marked_inside_the_string_and_never_matches(
    findings: PositionedFindings,
) -> None:
    path = ("Config", "shop", 0, "Cond")
    condition = findings.condition(path, 'req_host_in("a.com") && req_nope()')
    (found,) = findings.report
    assert (found.severity, found.code, found.line) == ("error", "E201", 3)
    start = found.column - 1
    assert found.excerpt[start : found.end_column - 1] == "req_nope"
    assert not condition.reads_body


def test_a_mix_without_parentheses_is_doubted(findings: PositionedFindings) -> None:
    path = ("Config", "shop", 1, "Cond")
    text = 'req_path_in("/a", false) || default_t() && default_t()'
    assert findings.condition(path, text) is findings.condition(path, text)
    assert {(found.severity, found.code, found.line) for found in findings.report} == {
        ("warning", "W201", 4)
    }


def test_a_suggestion_becomes_a_hint(findings: PositionedFindings) -> None:
    findings.condition(("Config", "shop", 0, "Cond"), "req_host_inn()")
    assert any(found.hint.startswith("did you mean ") for found in findings.report)


def test_files_are_read_and_remembered(findings: PositionedFindings) -> None:
    assert findings.file(("Config",), "users") == b"a:b"
    assert findings.files == {"users": b"a:b"}
    assert findings.report.ok


def test_a_file_that_is_not_there_is_reported(findings: PositionedFindings) -> None:
    assert findings.file(("Config",), "none") is None
    assert [found.code for found in findings.report] == ["E001"]
    assert findings.files == {}
