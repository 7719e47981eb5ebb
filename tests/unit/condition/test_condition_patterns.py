import pytest

from bfe_py.condition.patterns import PatternError, compile_pattern, compile_re2


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("ample", "example", True),
        ("^/a$", "/a", True),
        ("^/a$", "/a\n", False),
        ("^/a", "/ab", True),
        ("b$", "/ab", True),
        ("b$", "/ab\n", False),
        ("(x|b)", "abc", True),
        ("(x|y)", "abc", False),
        ("^/[a-c]+$", "/abc", True),
        ("^/[a-c]+$", "/abc\n", False),
        ("(?i)^EX", "example", True),
        ("a(?i)B", "aB", True),
        (r"\bfoo\b", "x-foo-y", True),
        (r"^/\s$", "/\v", False),
        (r"^\d$", "١", False),
        ("^/.$", "/\udcff", True),
        ("^/\ufffd$", "/\udcff", True),
        ("(?i)k", "K", True),
        ("é", "É", False),
        ("a|b$", "b", True),
        (r"\QC\E\\C", "C\\C", True),
        ("(?<name>a)(?P<other>b)", "ab", True),
    ],
)
def test_patterns_mean_what_they_mean_to_re2(pattern, text, wanted):
    assert compile_pattern(pattern)(text) is wanted
    assert compile_re2(pattern)(text) is wanted


@pytest.mark.parametrize(
    ("pattern", "reference", "advice"),
    [
        ("(", "missing closing ): `(`", ""),
        ("a(", "missing closing ): `a(`", ""),
        (")", "unexpected ): `)`", ""),
        ("[", "missing closing ]: `[`", ""),
        ("a**", "invalid nested repetition operator: `**`", ""),
        ("a++", "invalid nested repetition operator: `++`", "possessive"),
        ("*", "missing argument to repetition operator: `*`", ""),
        ("a{1001}", "invalid repeat count: `{1001}`", ""),
        ("x{2,1}", "invalid repeat count: `{2,1}`", ""),
        (r"(a)\1", r"invalid escape sequence: `\1`", "back-references"),
        (r"\Z", r"invalid escape sequence: `\Z`", r"\z"),
        (r"\u0061", r"invalid escape sequence: `\u`", r"\x"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`", "look-around"),
        ("(?!a)", "invalid or unsupported Perl syntax: `(?!`", "look-around"),
        ("(?<=a)", "invalid or unsupported Perl syntax: `(?<=`", "look-behind"),
        ("(?>a)", "invalid or unsupported Perl syntax: `(?>`", "atomic"),
        ("(?#c)a", "invalid or unsupported Perl syntax: `(?#`", "comments"),
        ("a\\", "trailing backslash at end of expression: ``", ""),
        (r"a\C", r"invalid escape sequence: `\C`", "bytes"),
        ("(?P<é>a)", "invalid named capture: `(?P<é>`", "ASCII"),
    ],
)
def test_what_re2_refuses_is_told_in_the_words_of_bfe(pattern, reference, advice):
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert caught.value.reference == f"error parsing regexp: {reference}"
    assert advice in caught.value.expected
