"""How a file is cut into statements: lines, comments, blocks, and what goes on in the next line."""

import pytest

from bfe_py.config.findings import Report
from bfe_py.config.rules_file import parse_rules
from bfe_py.config.rules_file.remarks import Remarks
from bfe_py.config.rules_file.scan import Kind, scan
from bfe_py.config.rules_file.statements import Statement, read_statements
from bfe_py.config.text import Text
from tests.kit.rules_files import read, read_served


def cut(text: str) -> list[object]:
    """Statements as lists of texts; a block is a list behind its opening brace."""
    report = Report()
    statements = read_statements(text, Remarks(Text("x.rules", text), report))
    assert report.ok, report.findings
    return [shape(statement) for statement in statements]


def shape(statement: Statement) -> list[object]:
    texts: list[object] = [piece.text for piece in statement.pieces]
    if statement.body is not None:
        texts.append([shape(inner) for inner in statement.body])
    return texts


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a b\tc\r\n", [("WORD", "a"), ("WORD", "b"), ("WORD", "c"), ("LINE", "\n")]),
        ("\ufeffhosts", [("WORD", "hosts")]),
        ("a\ufeff", [("WORD", "a\ufeff")]),
        (
            "*.shop.example,[::1]:80",
            [("WORD", "*.shop.example"), ("SIGN", ","), ("WORD", "[::1]:80")],
        ),
        ("a # b\n", [("WORD", "a"), ("COMMENT", "# b"), ("LINE", "\n")]),
        ("a//b", [("WORD", "a"), ("COMMENT", "//b")]),
        ("a/b /c", [("WORD", "a/b"), ("WORD", "/c")]),
        ('"# \\" //"', [("STRING", '"# \\" //"')]),
        ('`# " \\`', [("STRING", '`# " \\`')]),
        ('x "y\nz', [("WORD", "x"), ("UNCLOSED", '"y'), ("LINE", "\n"), ("WORD", "z")]),
        (
            "x `y\nz`",
            [("WORD", "x"), ("UNCLOSED", "`y"), ("LINE", "\n"), ("WORD", "z"), ("UNCLOSED", "`")],
        ),
        ("a->b", [("WORD", "a"), ("SIGN", "->"), ("WORD", "b")]),
        ("a-b - c", [("WORD", "a-b"), ("WORD", "-"), ("WORD", "c")]),
        (
            "!a&&b||(c)",
            [
                ("SIGN", "!"),
                ("WORD", "a"),
                ("SIGN", "&&"),
                ("WORD", "b"),
                ("SIGN", "||"),
                ("SIGN", "("),
                ("WORD", "c"),
                ("SIGN", ")"),
            ],
        ),
        ("a&b|c", [("WORD", "a&b|c")]),
        ("{x}=", [("SIGN", "{"), ("WORD", "x"), ("SIGN", "}"), ("SIGN", "=")]),
        ("a\u00a0b\x00", [("WORD", "a"), ("STRAY", "\u00a0"), ("WORD", "b"), ("STRAY", "\x00")]),
        ("\u00fcber", [("WORD", "\u00fcber")]),
    ],
)
def test_text_is_cut_into_pieces(text: str, pieces: list[tuple[str, str]]) -> None:
    found = list(scan(text))

    assert [(piece.kind.name, piece.text) for piece in found] == pieces
    assert all(text[slice(*piece.span)] == piece.text for piece in found)


def test_a_sign_is_told_from_a_word_of_the_same_text() -> None:
    sign, text = scan('{ "{"')

    assert sign.is_sign("}", "{")
    assert not sign.is_sign("}")
    assert text.kind is Kind.STRING
    assert not text.is_sign('"{"')


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("", []),
        ("\n# nothing\n\n", []),
        ("default\nhosts a, b\n", [["default"], ["hosts", "a", ",", "b"]]),
        ("default", [["default"]]),
        # a statement goes on
        ("hosts a,\n  b\n", [["hosts", "a", ",", "b"]]),
        ("hosts a, # one\n\n// two\n  b", [["hosts", "a", ",", "b"]]),
        ("let x =\n a", [["let", "x", "=", "a"]]),
        ("route a\n -> b", [["route", "a", "->", "b"]]),
        ("route a ->\n b", [["route", "a", "->", "b"]]),
        ("let x = a\n&& b ||\nc && !\nd", [["let", "x", "=", "a\n&& b ||\nc && !\nd"]]),
        ("let x = (a\n\nb\n)\ndefault", [["let", "x", "=", "(a\n\nb\n)"], ["default"]]),
        ("cluster x\n{\n}", [["cluster", "x", "{", []]]),
        # an open parenthesis ends with the next statement of the file
        ("let x = (a\nlet y = b", [["let", "x", "=", "(a"], ["let", "y", "=", "b"]]),
        ("hosts a,\nroute -> b", [["hosts", "a", ","], ["route", "->", "b"]]),
        # blocks
        ("cluster x {\n}", [["cluster", "x", "{", []]]),
        ("cluster x { a b }", [["cluster", "x", "{", [["a", "b"]]]]),
        ("cluster x { a\n b\n\n}\ndefault", [["cluster", "x", "{", [["a"], ["b"]]], ["default"]]),
        (
            "cluster x {\nsub y { a }\nsub z {\n b } }",
            [["cluster", "x", "{", [["sub", "y", "{", [["a"]]], ["sub", "z", "{", [["b"]]]]]],
        ),
        ("what x { a { b } }", [["what", "x", "{", [["a", "{", [["b"]]]]]]),
        # braces open nothing in a statement without a block
        ("hosts { a", [["hosts", "{", "a"]]),
        # conditions are one piece
        ("let x = a(1) && b", [["let", "x", "=", "a(1) && b"]]),
        ("let x y = a", [["let", "x", "y", "=", "a"]]),
        ("let x a", [["let", "x", "a"]]),
        ("let x =", [["let", "x", "="]]),
        ("route a || b -> c d", [["route", "a || b", "->", "c", "d"]]),
        ("route -> c", [["route", "->", "c"]]),
        ("route a b", [["route", "a b"]]),
        ("route", [["route"]]),
        ('let x = "->"', [["let", "x", "=", '"->"']]),
        ('route a("b) -> c', [["route", "a(", '"b) -> c']]),
        ('let x = "b', [["let", "x", "=", '"b']]),
    ],
)
def test_pieces_make_statements(text: str, statements: list[object]) -> None:
    assert cut(text) == statements


def test_comments_in_a_condition_become_blanks_of_the_same_length() -> None:
    text = "let x = (a ||  # one ( \n  // two\n b)"
    statements = read_statements(text, Remarks(Text("x.rules", text), Report()))
    condition = statements[0].pieces[-1]

    assert condition.kind is Kind.CONDITION
    assert condition.text == "(a ||          \n        \n b)"
    assert condition.span == (text.index("("), len(text))


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("cluster x {\n", 11, "`}` at the end of the file"),
        ("cluster x { sub y { a }\n", 11, "`}` at the end of the file"),
        ("cluster x {\ncluster y {\n}\n", 11, "`}` before `cluster` on line 2"),
        ("cluster  x {\n\n  default\n", 12, "`}` before `default` on line 3"),
    ],
)
def test_a_block_that_is_not_closed_is_reported_where_it_opens(
    text: str, column: int, expected: str
) -> None:
    report = Report()
    read_statements(text, Remarks(Text("x.rules", text), report))

    assert [(one.message, one.expected, one.line, one.column) for one in report] == [
        ("this block is not closed", expected, 1, column)
    ]


def test_every_block_around_a_missing_brace_is_reported() -> None:
    text = "cluster x {\nsub y {\nroute -> x"
    report = Report()
    statements = read_statements(text, Remarks(Text("x.rules", text), report))

    assert [(one.line, one.column) for one in report] == [(1, 11), (2, 7)]
    assert [statement.pieces[0].text for statement in statements] == ["cluster", "route"]


def test_a_brace_that_closes_nothing_is_reported() -> None:
    found = read_served("default\n⟦}⟧\n")

    assert found.only.message == "`}` closes nothing"
    assert found.marked.startswith("default\n⟦}⟧\n")


def test_a_file_that_is_not_utf_8_is_not_looked_at() -> None:
    report = Report()

    assert parse_rules("shop", b"hosts \xff\n nonsense", "x.rules", report) is None
    assert [(one.code, one.line, one.column) for one in report] == [("E002", 1, 7)]


@pytest.mark.parametrize("tenant", ["", "a/b", ".x", "two words", "global"])
def test_a_file_whose_name_cannot_name_a_tenant_is_refused(tenant: str) -> None:
    found = read("", tenant)

    assert found.group is None
    assert f'"{tenant}" cannot be the name of a tenant' in found.messages
