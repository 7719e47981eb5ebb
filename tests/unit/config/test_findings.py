import pytest

from bfe_py.config.findings import Finding, Names, Report, one_of, suggest

ERROR = Finding("error", "E001", "wrong", document="a.data", line=3, column=5)
WARNING = Finding("warning", "W020", "odd", document="a.data")


def test_a_report_keeps_findings_in_their_order() -> None:
    report = Report([WARNING, ERROR])
    assert list(report) == [WARNING, ERROR]
    assert (report.errors, report.warnings) == ([ERROR], [WARNING])
    assert (len(report), report.error_count, report.ok) == (2, 1, False)


def test_warnings_alone_are_fine() -> None:
    assert Report([WARNING]).ok
    assert Report().ok


def test_promoted_warnings_are_errors_and_the_report_stays_as_it_was() -> None:
    report = Report([WARNING])
    strict = report.promote_warnings()
    assert [finding.severity for finding in strict] == ["error"]
    assert not strict.ok
    assert report.ok


def test_reports_merge() -> None:
    report = Report([WARNING])
    report.merge(Report([ERROR]))
    assert list(report) == [WARNING, ERROR]
    assert not report.ok


def test_a_place_names_the_line_where_there_is_one() -> None:
    assert ERROR.place == "a.data:3:5"
    assert WARNING.place == "a.data"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("img-clustr", 'did you mean "Img-Cluster"?'),
        ("IMG-CLUSTER", 'did you mean "Img-Cluster"?'),
        ("zzz", ""),
    ],
)
def test_the_nearest_name_is_suggested_in_any_case(name: str, hint: str) -> None:
    assert suggest(name, ["Img-Cluster", "other"]) == hint


def test_a_suggestion_is_looked_for_once() -> None:
    names = Names(["alpha"])
    assert names.hint("alpah") == names.hint("alpah") == 'did you mean "alpha"?'


def test_suggestions_end_after_some_hundred_names() -> None:
    names = Names(["alpha"])
    hints = [names.hint(f"alpha{number}") for number in range(300)]
    assert hints[0]
    assert not hints[-1]


def test_nothing_is_suggested_out_of_thousands_of_names() -> None:
    assert Names(map(str, range(6000))).hint("59999") == ""


def test_options_are_listed_for_people() -> None:
    assert one_of(["a"]) == '"a"'
    assert one_of(["a", "b", "c"]) == '"a", "b" or "c"'
