from bfe_py.condition.problems import (
    OFFSET,
    ConditionError,
    Finding,
    Problem,
    locate,
    locate_all,
    render,
)


def test_lines_and_columns_count_code_points_from_one():
    text = "变\n  变x"
    problem = locate(text, Finding("m", 4, 5))
    assert (problem.line, problem.column, problem.start, problem.end) == (2, 3, 4, 5)


def test_places_beyond_the_text_are_its_end():
    problem = locate("ab", Finding("m", 9, 12))
    assert (problem.start, problem.end, problem.line, problem.column) == (2, 2, 1, 3)


def test_references_count_bytes_as_bfe_does():
    text = "\ufeff变\n变x"
    finding = Finding("m", 4, 5, reference="syntax error", reference_at=4)
    assert locate(text, finding).reference == "2:4 syntax error"
    offset = Finding("m", 1, 2, reference=f"found x {OFFSET}", reference_at=1)
    assert locate(text, offset).reference == "found x 4"
    assert locate(text, Finding("m", 0, 1, reference="plain")).reference == "plain"
    assert locate(text, Finding("m", 0, 1, reference_at=3)).reference == ""


def test_problems_come_in_text_order_and_once():
    found = locate_all("abc", [Finding("b", 1, 2), Finding("a", 0, 1), Finding("b", 1, 2)])
    assert [each.message for each in found] == ["a", "b"]


def test_the_error_says_all_problems():
    error = ConditionError([Problem("one", 0, 1, 1, 1), Problem("two", 2, 3, 1, 3)])
    assert str(error) == "1:1 one\n1:3 two"
    assert len(error.problems) == 2


def test_a_problem_is_shown_with_its_line_a_caret_and_advice():
    text = "a(\n\tbc)\r\nd"
    problem = Problem("wrong", 4, 6, 2, 2, "better", "xy")
    assert render(text, problem) == "\n".join(
        ["2:2: wrong", "  \tbc)", "  \t^^", "  better", "  did you mean xy"]
    )


def test_the_end_of_the_text_has_a_caret_too():
    assert render("ab", Problem("wrong", 2, 2, 1, 3)) == "1:3: wrong\n  ab\n    ^"


def test_long_lines_are_cut_round_the_place():
    text = "x" * 300 + "yz" + "x" * 300
    lines = render(text, Problem("wrong", 300, 302, 1, 301)).splitlines()
    assert len(lines[1]) == 98
    assert lines[1][lines[2].index("^")] == "y"
    assert lines[2].count("^") == 2


def test_a_finding_can_be_moved():
    assert Finding("m", 1, 2).between(3, 4) == Finding("m", 3, 4)
