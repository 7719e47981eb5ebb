import pytest

from bfe_py.condition.json_compare import Comparand
from bfe_py.condition.json_search import ArrayStep, ObjectStep, Path, Query, find_text, find_value
from bfe_py.condition.json_text import Type, Value

NOWHERE = ObjectStep("\0", None, None, None)


def key(name, rest=None, pipe=None, wildcard=None):
    return Path(ObjectStep(name, wildcard, rest, pipe), ArrayStep())


def items(**step):
    return Path(NOWHERE, ArrayStep(**step))


IS_TWO = Query(key(""), True, Comparand("=", "2", None))
HAS_A = Query(key("a"), False, Comparand("", "", None))


@pytest.mark.parametrize(
    ("json", "path", "text"),
    [
        ('{"a":1,"b":2}', key("b"), "2"),
        ('{"a":{"b":3}}', key("a", key("b")), "3"),
        ('{"a":[5,6]}', key("a", items(index=1)), "6"),
        ('{"a":1}', key("a", key("b")), ""),
        ('{"ax":1}', key("", wildcard=lambda name: name.startswith("a")), "1"),
        ('{"a":{"b":3}}', key("a", pipe=key("b")), "3"),
        ('{"x":{"b":3}}', key("a", pipe=key("b")), ""),
        ("[[7]]", items(index=0, rest=items(index=0)), "7"),
        ("[[],{}]", items(index=0, rest=items(index=0)), ""),
        ('[{"x":1}]', items(index=0, rest=key("x")), "1"),
        ("[1,2]", items(is_count=True), "2"),
        ('[{"a":1},{"b":2},{"a":"3"}]', items(collect=key("a")), '[1,"3"]'),
        ('[{"a":1},{"a":2}]', items(collect=key("a"), pipe=items(index=1)), "2"),
        ("[1,2,2]", items(query=IS_TWO), "2"),
        ("[1,2,2]", items(query=IS_TWO, is_all=True), "[2,2]"),
        ("[1,3]", items(query=IS_TWO, is_all=True), "[]"),
        ('[1,{"a":5}]', items(query=HAS_A, rest=key("a")), "5"),
        ('[1,{"a":5}]', items(query=HAS_A, rest=key("b")), ""),
        ('[{"a":5},{"a":6}]', items(query=HAS_A, is_all=True, rest=key("a")), "[5,6]"),
        ('["cut', items(is_count=True), ""),
        ("no json", key("a"), ""),
        ('{"a":null}', key("a"), ""),
    ],
)
def test_values_are_found_in_one_pass(json, path, text):
    assert find_text(json, path) == text


def test_null_is_a_value_and_nothing_is_none():
    assert find_value('{"a":null}', key("a")) == Value(Type.NULL, "null")
    assert find_value('{"a":null}', key("b")) is None


def test_the_values_of_an_array_that_was_gathered_stay_when_a_later_key_has_none():
    json = '{"a":[2],"a":[3]}'
    path = key("a", items(query=IS_TWO, is_all=True))
    assert find_text(json, path) == "[2]"
