import pytest

from bfe_py.condition.parse import parse
from bfe_py.condition.problems import locate_all

A_CONDITION = "a primitive with its arguments in parentheses, such as default_t()"

TABLE = [
    # text, [(BFE's words, part of the message, expected, suggestion)]
    ("", [("1:1 syntax error", "missing before the end", A_CONDITION, "")]),
    ("()", [("1:2 syntax error", "missing before `)`", A_CONDITION, "")]),
    ("a &&", [("1:5 syntax error", "missing before the end", A_CONDITION, "")]),
    ("&& a", [("1:1 syntax error", "missing before `&&`", A_CONDITION, "")]),
    ("a && || b", [("1:6 syntax error", "missing before `||`", A_CONDITION, "")]),
    ("!true", [("1:2 syntax error", "`true` alone", A_CONDITION, "")]),
    ("true()", [("1:1 syntax error", "`true` alone", A_CONDITION, "")]),
    (", a", [("1:1 syntax error", "a comma separates arguments", "a condition", "")]),
    ("a b", [("1:3 syntax error", "an operator is missing before `b`", "&& or ||", "")]),
    ("a !b", [("1:3 syntax error", "an operator is missing before `!`", "&& or ||", "")]),
    ("f() (g())", [("1:5 syntax error", "an operator is missing before `(`", "&& or ||", "")]),
    ("a and b", [("1:3 syntax error", "`and` is no operator", "", "&&")]),
    ("a or b", [("1:3 syntax error", "`or` is no operator", "", "||")]),
    ("not a", [("1:5 syntax error", "`not` is no operator", "", "!")]),
    ("a) || b", [("1:2 syntax error", "too many", "&&, || or the end", "")]),
    ("a, b", [("1:2 syntax error", "`,` behind a condition", "&& or ||", "")]),
    ('f() "x"', [("1:5 syntax error", "behind a condition", "&& or ||", "")]),
    ('f "x"', [("1:3 syntax error", "stand in parentheses", 'f("x")', "")]),
    ("(a", [("1:3 syntax error", "opened at 1:1 is not closed", ") before the end", "")]),
    ("((a", [("1:4 syntax error", "opened at 1:2 is not closed", ") before the end", "")]),
    ("f(", [("1:3 syntax error", "opened at 1:2 is not closed", ") before the end", "")]),
    ("\n f(", [("2:4 syntax error", "opened at 2:3 is not closed", ") before the end", "")]),
    ('f("x"', [("1:6 syntax error", "opened at 1:2 is not closed", ") before the end", "")]),
    ('f("x",', [("1:7 syntax error", "opened at 1:2 is not closed", ") before the end", "")]),
    ('f("x" && a', [("1:7 syntax error", "opened at 1:2 is not closed", ") before `&&`", "")]),
    ("f(&& a", [("1:3 syntax error", "opened at 1:2 is not closed", ") before `&&`", "")]),
    ('f("x",)', [("1:7 syntax error", "a comma before", "no comma behind the last argument", "")]),
    ('f(,"x")', [("1:3 syntax error", "missing before the comma", "an argument", "")]),
    ('f("x" "y")', [("1:7 syntax error", "a comma is missing", "a comma", "")]),
    (
        "f(True)",
        [
            (
                "1:3 syntax error",
                "`True` is no",
                "true and false are written in small letters",
                "true",
            )
        ],
    ),
    (
        "f(x)",
        [
            (
                "1:3 syntax error",
                "`x` is no argument",
                'text in quotes "..." or `...`, true or false',
                '"x"',
            )
        ],
    ),
    ("f(!)", [("1:3 syntax error", "`!` cannot be an argument", "text, true or false", "")]),
    ('f("x"!)', [("1:6 syntax error", "`!` inside of arguments", "a comma or )", "")]),
    ('f("x"(y, (z)), "w")', [("1:6 syntax error", "cannot be nested", "a comma or )", "")]),
    # an error of the scanner explains what follows it
    ("f(@)", [("1:3 unrecognized token 57361", "`@`", "", "")]),
    (
        'f("x',
        [("1:3 string literal not terminated", "not closed", 'a closing " on the same line', "")],
    ),
    # several
    (
        "f(True) and (a || ) b",
        [
            ("1:3 syntax error", "`True`", "true and false are written in small letters", "true"),
            ("1:9 syntax error", "`and`", "", "&&"),
            ("1:19 syntax error", "missing before `)`", A_CONDITION, ""),
            ("1:21 syntax error", "an operator is missing", "&& or ||", ""),
        ],
    ),
]


@pytest.mark.parametrize(("text", "wanted"), TABLE)
def test_errors_of_grammar_are_told_and_passed(text, wanted):
    problems = locate_all(text, parse(text).findings)
    assert [each.reference for each in problems] == [each[0] for each in wanted]
    for problem, (_, part, expected, suggestion) in zip(problems, wanted, strict=True):
        assert part in problem.message
        assert (problem.expected, problem.suggestion) == (expected, suggestion)


def test_an_error_directly_behind_another_is_its_consequence():
    assert len(parse("a && ) )").findings) == 1
