import pytest

from bfe_py.condition.escapes import check_escapes


def check(inner):
    text = f'"{inner}"'
    return check_escapes(text, 0, len(text) - 1)


@pytest.mark.parametrize(
    "inner",
    [
        "",
        "abc",
        r"\a\b\f\n\r\t\v\.\\",
        r"\"",
        r"\101\377\000",
        r"\x7f\xFF",
        r"\u4e2d",
        r"\U0010FFFF",
    ],
)
def test_known_escapes_are_accepted(inner):
    assert check(inner) == []


@pytest.mark.parametrize(
    ("inner", "reference", "at"),
    [
        (r"\d", "unknown escape sequence", 2),
        (r"ab\8", "unknown escape sequence", 4),
        ("\\'", "unknown escape sequence", 2),
        (r"\777", "escape sequence is invalid Unicode code point", 2),
        (r"\ud800", "escape sequence is invalid Unicode code point", 2),
        (r"\U00110000", "escape sequence is invalid Unicode code point", 2),
        (r"\xg0", "illegal character U+0067 'g' in escape sequence", 3),
        (r"\x4", "illegal character U+0022 '\"' in escape sequence", 4),
        (r"\u12", "illegal character U+0022 '\"' in escape sequence", 5),
        (r"\1", "illegal character U+0022 '\"' in escape sequence", 3),
        ("\\1\t", "illegal character U+0009 in escape sequence", 3),
        ("\\x\u0661\u0661", "illegal character U+0661 '\u0661' in escape sequence", 3),
    ],
)
def test_other_escapes_are_reported_as_bfe_does(inner, reference, at):
    (finding,) = check(inner)
    assert (finding.reference, finding.reference_at) == (reference, at)


def test_back_quotes_are_suggested_for_the_whole_text():
    findings = check(r"^\d+\"\w$")
    assert [each.suggestion for each in findings] == ['`^\\d+"\\w$`', ""]
    assert "back-quotes" in findings[0].expected


def test_text_with_a_back_quote_cannot_be_suggested_raw():
    assert check(r"`\d")[0].suggestion == ""
