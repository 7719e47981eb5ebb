import pytest

from bfe_py.condition.json_text import (
    Type,
    Value,
    format_number,
    format_value,
    parse_number,
    read_string,
    read_value,
    unescape,
)


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("abc", "abc"),
        (r"\"\\\/\b\f\n\r\t", '"\\/\b\f\n\r\t'),
        (r"\u4e2d\u0041", "中A"),
        (r"\ud83d\ude00!", "😀!"),
        (r"\ud83dx", "\ufffdx"),
        (r"\ud83d\u0041x", "\ufffdx"),
        (r"\ude00\ude00x", "\ufffdx"),
        (r"\u12", ""),
        (r"\uzzzzx", "\0x"),
        (r"a\qb", "a"),
        ("a\\", "a"),
        ("a\\nb\x01c", "a\nb"),
    ],
)
def test_strings_are_decoded_as_far_as_they_go(text, decoded):
    assert unescape(text) == decoded


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("1", "1"),
        ("-7", "-7"),
        ("-", "-"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("1.0", "1"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("1e20", "100000000000000000000"),
        ("1e-7", "0.0000001"),
        ("-0.0", "-0"),
        ("+5", "5"),
        ("1e999", "+Inf"),
        ("-1e999", "-Inf"),
        ("nan", "NaN"),
        ("1x", "0"),
        ("Infinity", "+Inf"),
    ],
)
def test_numbers_are_written_without_exponent(raw, text):
    assert format_number(raw) == text


def test_what_is_no_number_is_zero():
    assert parse_number("0x10") == 0
    assert parse_number("-2.5e1") == -25


@pytest.mark.parametrize(
    ("json", "end", "value"),
    [
        ('"a\\"b" ', 6, Value(Type.STRING, '"a\\"b"')),
        ('"a', 2, None),
        ("true,", 4, Value(Type.TRUE, "true")),
        ("false", 5, Value(Type.FALSE, "false")),
        ("null]", 4, Value(Type.NULL, "null")),
        ("n", 1, Value(Type.NULL, "n")),
        ("nan}", 3, Value(Type.NUMBER, "nan")),
        ("-1.5e3 ", 6, Value(Type.NUMBER, "-1.5e3")),
        ('{"a":[1,"}"]} x', 13, Value(Type.TREE, '{"a":[1,"}"]}')),
        ('[1,"', 4, Value(Type.TREE, '[1,"')),
        ("[[1]", 4, Value(Type.TREE, "[[1]")),
    ],
)
def test_values_are_read_whole(json, end, value):
    assert read_value(json, 0) == (end, value)


def test_strings_are_read_and_decoded():
    assert read_string('"a\\n"', 0) == (5, "a\n")
    assert read_string('"a"', 0) == (3, "a")
    assert read_string('"a', 0) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Value(Type.NULL, "null"), ""),
        (Value(Type.STRING, '"a\\n"'), "a\n"),
        (Value(Type.STRING, '"a"'), "a"),
        (Value(Type.NUMBER, "1.0"), "1"),
        (Value(Type.TRUE, "t"), "true"),
        (Value(Type.FALSE, "f"), "false"),
        (Value(Type.TREE, "[ 1 ]"), "[ 1 ]"),
    ],
)
def test_values_stand_for_texts(value, text):
    assert format_value(value) == text
