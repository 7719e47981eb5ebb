"""That both ways of parsing agree is a property; here is where one leaves it to the other."""

import pytest

from bfe_py.condition import And, Call, Ref, parse_condition
from bfe_py.condition.descent import descend
from bfe_py.condition.scanner import Scanner


def test_a_condition_is_parsed():
    node = descend(Scanner("a() && b").lexemes)
    assert node == And((Call("a", ()), Ref("b")))
    assert (node.start, node.end) == (0, 8)


@pytest.mark.parametrize("text", ["", "&&", "a &&", "(a", "a b", 'a("x"', 'a("x",)', "a(b)"])
def test_what_is_no_condition_is_left_to_who_knows_what_to_say(text: str):
    assert descend(Scanner(text).lexemes) is None


@pytest.mark.parametrize("text", ["(" * 200 + "a" + ")" * 200, "!" * 200 + "a"])
def test_what_is_nested_deeply_is_left_to_who_knows_no_depth(text: str):
    assert descend(Scanner(text).lexemes) is None
    assert parse_condition(text) is not None
