import pytest

from bfe_py.config.findings import Finding, Report
from bfe_py.config.text import Text, read_text

FINDING = Finding("error", "E010", "x")


@pytest.mark.parametrize(
    ("offset", "position"), [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (4, (2, 2)), (9, (4, 1))]
)
def test_offsets_have_lines_and_columns(offset: int, position: tuple[int, int]) -> None:
    assert Text("a", "ab\ncdef\n\n").position(offset) == position


def test_a_line_has_a_span_without_its_end() -> None:
    text = Text("a", "ab\ncd")
    assert (text.line_span(1), text.line_span(2), text.line_span(9)) == ((0, 2), (3, 5), (3, 5))


def test_a_finding_gets_place_and_line() -> None:
    found = Text("a.data", "ab\r\ncdé\r\n").locate(FINDING, (5, 7))
    assert (found.document, found.line, found.column, found.end_column) == ("a.data", 2, 2, 4)
    assert found.excerpt == "cdé"


def test_a_span_over_lines_is_marked_in_its_first() -> None:
    found = Text("a", "ab\ncd").locate(FINDING, (1, 5))
    assert (found.line, found.column, found.end_column) == (1, 2, 3)


def test_an_empty_span_marks_one_character() -> None:
    found = Text("a", "").locate(FINDING, (0, 0))
    assert (found.line, found.column, found.end_column) == (1, 1, 2)


def test_a_long_line_is_cut_around_the_place() -> None:
    text = Text("a", "x" * 500 + "here" + "y" * 500)
    found = text.locate(FINDING, (500, 1000))
    start = found.column - found.excerpt_column
    assert len(found.excerpt) == 160
    assert found.excerpt[start : start + 4] == "here"
    assert found.end_column == found.excerpt_column + 160


@pytest.mark.parametrize("at", [0, 998])
def test_a_long_line_is_cut_at_its_ends(at: int) -> None:
    found = Text("a", "z" * 1000).locate(FINDING, (at, at + 1))
    assert len(found.excerpt) == 160
    assert 0 <= found.column - found.excerpt_column < 160


def test_utf8_is_read() -> None:
    report = Report()
    text = read_text("é".encode(), "a", report)
    assert text is not None
    assert (text.text, len(report)) == ("é", 0)


def test_other_encodings_are_refused_with_the_place() -> None:
    report = Report()
    assert read_text(b"ok\n\xc3\xa9\xff!", "a.data", report) is None
    (finding,) = report
    assert (finding.code, finding.line, finding.column) == ("E002", 2, 2)
    assert "0xff" in finding.message
