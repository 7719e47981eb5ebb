import json

from bfe_py.config.findings import Finding, Report
from bfe_py.config.render import render, summary, to_json

UNKNOWN = Finding(
    "error",
    "E102",
    'unknown cluster "img-clustr" in tenant "shop"',
    document="server_data_conf/route_rule.data",
    line=41,
    column=23,
    end_column=35,
    expected="a cluster of cluster_conf.data",
    hint='did you mean "img-cluster"?',
    excerpt='\t     "ClusterName": "img-clustr",',
)
WHOLE = Finding("warning", "W023", "odd", document="a.data")


def test_a_finding_is_shown_with_its_line_and_carets() -> None:
    assert render(Report([UNKNOWN])).splitlines() == [
        'error[E102]: unknown cluster "img-clustr" in tenant "shop"',
        "  --> server_data_conf/route_rule.data:41:23",
        "   |",
        '41 |       "ClusterName": "img-clustr",',
        "   |                       ^^^^^^^^^^^^",
        "   = expected: a cluster of cluster_conf.data",
        '   = did you mean "img-cluster"?',
    ]


def test_a_finding_about_a_document_has_no_line() -> None:
    assert render(Report([WHOLE])) == "warning[W023]: odd\n--> a.data"


def test_a_finding_about_nothing_in_particular_is_one_line() -> None:
    assert render(Report([Finding("error", "E001", "gone")])) == "error[E001]: gone"


def test_findings_come_document_by_document_in_the_order_of_their_lines() -> None:
    late = Finding("error", "E010", "late", document="a.data", line=9, column=1, excerpt="x")
    early = Finding("error", "E010", "early", document="a.data", line=2, column=1, excerpt="x")
    other = Finding("error", "E010", "other", document="b.data", line=1, column=1, excerpt="x")
    lines = render(Report([late, other, early])).splitlines()
    assert [line[13:] for line in lines if line.startswith("error")] == ["early", "late", "other"]


def test_colours_are_only_for_who_asks() -> None:
    assert "\x1b[" not in render(Report([UNKNOWN]))
    assert "\x1b[1;31merror[E102]\x1b[0m" in render(Report([UNKNOWN]), colour=True)


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    nasty = Finding("error", "E010", "a\x1b[31mb", document="x\r", line=1, excerpt="q\x07")
    assert not any(char in render(Report([nasty])) for char in "\x1b\x07\r")


def test_carets_stand_under_wide_and_combined_characters() -> None:
    wide = Finding("error", "E010", "x", "a", 1, 3, 4, excerpt="日e\u0301本")
    assert render(Report([wide])).splitlines()[-1] == "  |    ^"


def test_carets_count_from_where_a_cut_line_begins() -> None:
    cut = Finding("error", "E010", "x", "a", 1, 103, 105, excerpt="abcd", excerpt_column=101)
    assert render(Report([cut])).splitlines()[-1] == "  |   ^^"


def test_a_place_behind_the_line_still_gets_a_caret() -> None:
    behind = Finding("error", "E010", "x", "a", 1, 4, 5, excerpt="abc")
    assert render(Report([behind])).splitlines()[-1] == "  |    ^"


def test_a_summary_counts() -> None:
    assert summary(Report()) == "no findings"
    assert summary(Report([UNKNOWN, UNKNOWN, WHOLE])) == "2 errors, 1 warning"
    assert summary(Report([WHOLE])) == "1 warning"


def test_programs_get_every_field() -> None:
    found = json.loads(to_json(Report([UNKNOWN, WHOLE])))
    assert (found["errors"], found["warnings"]) == (1, 1)
    assert found["findings"][0]["line"] == 41
    assert found["findings"][0]["hint"] == 'did you mean "img-cluster"?'
