import pytest

from bfe_py.condition.nodes import Kind
from bfe_py.condition.scanner import KEYWORDS, Scanner


def types(text):
    return [each.type for each in Scanner(text).lexemes]


def references(text):
    return [each.reference for each in Scanner(text).findings]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        (" \t\r\n", []),
        ("// nothing\n", []),
        ("a && b || !c", ["NAME", "AND", "NAME", "OR", "NOT", "NAME"]),
        (
            'f("a", `b`, true, false, 7)',
            [
                "NAME",
                "OPEN",
                "STRING",
                "COMMA",
                "RAW",
                "COMMA",
                "BOOL",
                "COMMA",
                "BOOL",
                "COMMA",
                "INT",
                "CLOSE",
            ],
        ),
        ("-5 a-b _ 变量 é", ["NAME"] * 5),
        ("TRUE True", ["NAME", "NAME"]),
        ("x²", ["NAME"]),
        ("0 12 017 0x1F 0X1f", ["INT"] * 5),
        ("\ufeffa", ["NAME"]),
        ("a// c\n&& // d\nb", ["NAME", "AND", "NAME"]),
        ("a٣", ["NAME"]),
    ],
)
def test_text_becomes_tokens(text, wanted):
    assert types(text) == wanted


def test_places_are_code_points_and_values_are_source_text():
    scanner = Scanner('变("a\\"b", `c\r\nd`)')
    name, opening, quoted, comma, raw, closing = scanner.lexemes
    assert (name.text, name.start, name.end) == ("变", 0, 1)
    assert (opening.start, comma.start, closing.start) == (1, 8, 16)
    assert (quoted.text, quoted.start, quoted.end, quoted.kind) == ('a\\"b', 2, 8, Kind.STRING)
    assert (raw.text, raw.start, raw.end, raw.kind) == ("c\nd", 10, 16, Kind.STRING)
    assert scanner.findings == []


@pytest.mark.parametrize(
    ("text", "reference", "at"),
    [
        ("a\0", "illegal character NUL", 1),
        ("// \0", "illegal character NUL", 3),
        ("a\ufeff", "illegal byte order mark", 1),
        ("a\udcff", "illegal UTF-8 encoding", 1),
        ("\xa0a", "unrecognized token 57361", 0),
        ("\x0ba", "unrecognized token 57361", 0),
        ("\x0ca", "unrecognized token 57361", 0),
        ("²a", "unrecognized token 57361", 0),
        ("a;", "syntax error", 1),
        ("a & b", "unrecognized token 57361", 2),
        ("a | b", "unrecognized token 57361", 2),
        ("#", "unrecognized token 57361", 0),
        ("a()()", "", None),
        ("1.5", "unrecognized token 57358", 0),
        ("1e3", "unrecognized token 57358", 0),
        ("1.5i", "unrecognized token 57359", 0),
        ("1i", "unrecognized token 57359", 0),
        ("08", "illegal octal number", 0),
        ("0x", "illegal hexadecimal number", 0),
        ('"abc', "string literal not terminated", 0),
        ('"abc\\', "string literal not terminated", 0),
        ('"ab\ncd', "string literal not terminated", 0),
        ('"', "string literal not terminated", 0),
        ("`abc", "raw string literal not terminated", 0),
        ("'abc'", "unrecognized token 57361", 0),
        ("'abc", "unrecognized token 57361", 0),
        ("'ab\nc'", "unrecognized token 57361", 0),
        ("“abc”", "unrecognized token 57361", 0),
        ('\\"abc\\"', "unrecognized token 57361", 0),
    ],
)
def test_what_cannot_be_read_is_reported_as_bfe_does(text, reference, at):
    findings = Scanner(text).findings
    if at is None:
        assert findings == []
    else:
        assert (findings[0].reference, findings[0].reference_at) == (reference, at)
        assert findings[0].start <= at <= findings[0].end


def test_every_keyword_is_refused_behind_its_last_letter():
    assert len(KEYWORDS) == 25
    for word in KEYWORDS:
        finding = Scanner(f"{word}()").findings[0]
        assert (finding.reference, finding.reference_at) == ("keyword can't be used", len(word))
    assert Scanner("default()").findings[0].suggestion == "default_t"


def test_all_lexical_errors_are_found():
    text = "f('x', 08, \"\\q\", @) & \0 ;"
    assert len(Scanner(text).findings) == 7


def test_a_lone_sign_behind_an_operand_is_taken_for_the_operator():
    assert types("a() & b()")[3] == "AND"
    assert types("a() | b()")[3] == "OR"
    assert types("a() ||| b()")[3:5] == ["OR", "NAME"]


def test_a_run_of_the_same_unknown_character_is_one_error():
    findings = Scanner("???").findings
    assert [(each.start, each.end) for each in findings] == [(0, 3)]


def test_odd_quotes_become_text_and_a_suggestion():
    scanner = Scanner("f('a', 'b\"c', ‘d’)")
    assert [each.suggestion for each in scanner.findings] == ['"a"', '`b"c`', '"d"']
    assert [each.text for each in scanner.lexemes if each.type == "STRING"] == ["a", 'b"c', "d"]
    assert "escapes" in Scanner('\\"a\\"').findings[0].expected
    assert references("'a") == ["unrecognized token 57361"]


def test_flawed_text_is_broken():
    assert [each.kind for each in Scanner('"\\q" 0x "x').lexemes] == [Kind.BROKEN] * 3


def test_illegal_characters_are_read_as_blanks():
    assert types("a\0b") == ["NAME", "NAME"]
