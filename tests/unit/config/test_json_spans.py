import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bfe_py.config.json_spans import JsonError, JsonSpans, scan_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def shown(text: str, *path: str | int) -> str:
    start, end = JsonSpans(text).find(path)
    return text[start:end]


def test_a_value_is_scanned_up_to_its_end() -> None:
    scan = scan_json(' {"a": [1]} rest')
    assert (scan.value, scan.end, scan.is_odd) == ({"a": [1]}, 11, False)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        "[9223372036854775808]",
        "[-9223372036854775809]",
        f"[{'9' * 5000}]",
        '"\\ud800"',
        '"\\udc00\\ud800"',
    ],
)
def test_what_needs_a_closer_look_is_odd(text: str) -> None:
    assert scan_json(text).is_odd


def test_surrogate_pairs_are_not_odd() -> None:
    assert not scan_json('"\\ud83d\\ude00 \\u00e9"').is_odd


def test_the_largest_integers_are_not_odd() -> None:
    assert not scan_json("[9223372036854775807, -9223372036854775808, 1.5]").is_odd


@pytest.mark.parametrize(
    ("text", "message", "at", "expected"),
    [
        ("", "the document is empty", 0, "a value"),
        (" \n", "the document is empty", 0, "a value"),
        ('{"a": 1', "the document ends too early", 6, '"," or the end of the list or object'),
        ('{"a": }', 'unexpected "}"', 6, "a value"),
        ('{"a": nul}', 'unexpected "nul"', 6, "a value"),
        ('{"a" 1}', 'unexpected "1"', 5, '":" behind the key'),
        ('{"a": 1 "b": 2}', 'unexpected "', 8, '"," or the end of the list or object'),
        ("{a: 1}", 'unexpected "a"', 1, "a key in double quotes"),
        ('{"a": 1,}', "a comma before the end", 7, "nothing behind the last one"),
        ("[1, ]", "a comma before the end", 2, "nothing behind the last one"),
        ('["a]', "the string has no end", 1, 'a closing "'),
        ('["a\nb"]', "a control character stands in a string", 3, r"\n, \t, \u0000 …"),
        ('["\\d"]', "unknown escape in a string", 2, None),
        ('["\\u12"]', "unknown escape in a string", 3, None),
        ('{"NaN": NaN}', 'unexpected "NaN"', 8, "a value"),
        ("[-Infinity]", 'unexpected "-Infinity"', 1, "a value"),
        ("\ufeff{}", "unexpected byte order mark", 0, "a value"),
    ],
)
def test_a_mistake_has_a_place_and_what_was_expected(
    text: str, message: str, at: int, expected: str | None
) -> None:
    with pytest.raises(JsonError) as caught:
        scan_json(text)
    assert str(caught.value).startswith(message)
    assert caught.value.span[0] == at
    assert expected is None or caught.value.expected == expected


TEXT = """ {
  "Config": {"shop": [ {"Cond": "a\\u00e9\\"b", "n": 1}, {"cond": "x"} , 3 ]},
  "Empty": [], "None": {},
  "twice": 1, "twice": 2
} trailing"""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ((), "{"),
        (("Config",), '"Config"'),
        (("Config", "shop"), '"shop"'),
        (("Config", "shop", 0), "{"),
        (("Config", "shop", 0, "Cond"), '"a\\u00e9\\"b"'),
        (("Config", "shop", 1, "Cond"), '"x"'),
        (("Config", "shop", 2), "3"),
        (("Config", "shop", 7), '"shop"'),
        (("Config", "shop", -1), '"shop"'),
        (("Config", "shop", "x"), '"shop"'),
        (("Config", "shop", 2, "x"), "3"),
        (("Config", "other"), '"Config"'),
        (("twice",), "2"),
        (("TWICE",), "2"),
        (("Missing",), "{"),
        (("Empty", 0), '"Empty"'),
        (("None", "x"), '"None"'),
    ],
)
def test_a_path_leads_to_a_place(path: tuple[str | int, ...], found: str) -> None:
    assert shown(TEXT, *path) == found


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (0, 1, "a"),
        (1, 2, "\\u00e9"),
        (2, 3, '\\"'),
        (3, 4, "b"),
        (0, 4, 'a\\u00e9\\"b'),
        (4, 9, '"'),
        (9, 9, '"'),
        (1, 1, "\\"),
    ],
)
def test_offsets_in_a_string_are_places_in_the_text(start: int, end: int, found: str) -> None:
    first, last = JsonSpans(TEXT).find_inside(("Config", "shop", 0, "Cond"), start, end)
    assert TEXT[first:last] == found


def test_a_surrogate_pair_is_one_character() -> None:
    text = '["\\ud83d\\ude00x"]'
    first, last = JsonSpans(text).find_inside((0,), 1, 2)
    assert text[first:last] == "x"


def test_there_is_nothing_inside_a_number() -> None:
    text = "[12]"
    assert JsonSpans(text).find_inside((0,), 1, 2) == (1, 3)


def test_values_can_be_read_again() -> None:
    spans = JsonSpans('[{"a": 1}, 1234567890123456789012345678901234567890]')
    first, second = spans.items(spans.root)
    assert spans.value(first) == {"a": 1}
    assert spans.value(second) == 10**30
    assert spans.items(spans.root) is spans.items(spans.root)
    assert spans.members(first) is spans.members(first)


@given(VALUES, st.sampled_from([None, 1]))
def test_every_member_and_item_has_its_span(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    spans = JsonSpans(text)

    def follow(inner: object, span: tuple[int, int]) -> None:
        assert json.loads(text[span[0] : span[1]]) == inner
        if isinstance(inner, dict):
            members = spans.members(span)
            assert [member.name for member in members] == list(inner)
            for member in members:
                assert json.loads(text[member.key[0] : member.key[1]]) == member.name
                follow(inner[member.name], member.value)
        elif isinstance(inner, list):
            items = spans.items(span)
            assert len(items) == len(inner)
            for item, each in zip(items, inner, strict=True):
                follow(each, item)

    follow(value, spans.root)
