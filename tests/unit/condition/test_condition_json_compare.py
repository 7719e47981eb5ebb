import pytest

from bfe_py.condition.json_compare import Comparand, fits
from bfe_py.condition.json_path import compile_wildcard
from bfe_py.condition.json_text import Type, Value

TRUE, FALSE, NULL = Value(Type.TRUE, "true"), Value(Type.FALSE, "false"), Value(Type.NULL, "null")
TREE = Value(Type.TREE, "[]")


def number(raw):
    return Value(Type.NUMBER, raw)


def string(text):
    return Value(Type.STRING, f'"{text}"')


def compare(value, operator, wanted):
    wildcard = compile_wildcard(wanted) if "%" in operator else None
    return fits(value, Comparand(operator, wanted, wildcard))


@pytest.mark.parametrize(
    ("value", "hits"),
    [
        (string("b"), "= b|!= a|< c|<= b|> a|>= b|% b*|!% a*"),
        (number("2"), "= 2.0|!= 3|< 3|<= 2|> 1|>= 2"),
        (TRUE, "= true|!= false|!= x|> false|>= x"),
        (FALSE, "= false|!= true|!= x|< true|<= x"),
    ],
)
def test_values_are_compared_by_their_type(value, hits):
    for each in hits.split("|"):
        operator, wanted = each.split(" ")
        assert compare(value, operator, wanted), each


@pytest.mark.parametrize(
    ("value", "misses"),
    [
        (string("b"), "= a|!= b|< b|<= a|> b|>= c|% a*|!% b*|! b"),
        (number("2"), "= 3|!= 2|< 2|<= 1|> 2|>= 3|% 2|!% 3|! 2"),
        (TRUE, "= false|!= true|> true|< false|<= true"),
        (FALSE, "= true|!= false|< false|> true|>= false"),
        (NULL, "= null|!= x"),
        (TREE, "= []|!= x"),
    ],
)
def test_other_comparisons_are_false(value, misses):
    for each in misses.split("|"):
        operator, wanted = each.split(" ")
        assert not compare(value, operator, wanted), each


def test_without_an_operator_a_value_is_enough():
    assert compare(NULL, "", "")
    assert compare(TREE, "", "")
    assert not compare(None, "", "")


@pytest.mark.parametrize(
    ("wanted", "hits", "misses"),
    [
        (
            "~true",
            [TRUE, string("T"), string("1"), number("5")],
            [None, FALSE, string("x"), TREE, NULL, number("0")],
        ),
        ("~false", [None, NULL, FALSE, string("FALSE"), number("0")], [TRUE, string("x"), TREE]),
        ("~null", [None, NULL], [FALSE, string("")]),
        ("~*", [NULL, FALSE], [None]),
        ("~x", [], [None, TRUE]),
    ],
)
def test_values_count_as_truths(wanted, hits, misses):
    for value in hits:
        assert compare(value, "=", wanted)
        assert not compare(value, "!=", wanted)
    for value in misses:
        assert not compare(value, "=", wanted)
