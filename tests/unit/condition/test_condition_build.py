import itertools

import pytest

from bfe_py.condition.build import build
from bfe_py.condition.nodes import Call, walk
from bfe_py.condition.parse import parse_condition


def compile_over_names(text, size):
    """The condition as a function of a set of names: a call is true if its name is in the set."""
    node = parse_condition(text)
    atoms = {
        id(each): (lambda facts, name=each.name: name in facts)
        for each in walk(node)
        if isinstance(each, Call)
    }
    return build(node, atoms, size)


FORMS = [
    ("a()", lambda a, b, c, d: a),
    ("!a()", lambda a, b, c, d: not a),
    ("!!a()", lambda a, b, c, d: a),
    ("a() && b()", lambda a, b, c, d: a and b),
    ("a() && b() && c()", lambda a, b, c, d: a and b and c),
    ("a() && b() && c() && d()", lambda a, b, c, d: a and b and c and d),
    ("a() || b()", lambda a, b, c, d: a or b),
    ("a() || b() || c()", lambda a, b, c, d: a or b or c),
    ("a() || b() || c() || d()", lambda a, b, c, d: a or b or c or d),
    ("a() || b() && c() || !d()", lambda a, b, c, d: (a or b) and (c or not d)),
    ("!(a() && !(b() || c())) && d()", lambda a, b, c, d: not (a and not (b or c)) and d),
]


@pytest.mark.parametrize(("text", "wanted"), FORMS)
@pytest.mark.parametrize("depth", [0, 60])
def test_closures_and_steps_decide_alike(text, wanted, depth):
    matches = compile_over_names("!!" * depth + f"({text})", 1000)
    for values in itertools.product([True, False], repeat=4):
        names = {name for name, value in zip("abcd", values, strict=True) if value}
        assert matches(names) is wanted(*values)


@pytest.mark.parametrize("depth", [0, 60])
def test_evaluation_stops_as_soon_as_it_is_decided(depth):
    asked = []

    class Names(set):
        def __contains__(self, name):
            asked.append(name)
            return super().__contains__(name)

    matches = compile_over_names("!!" * depth + "((a() || b()) && (c() || d()))", 1000)
    assert not matches(Names())
    assert matches(Names("ad"))
    assert asked == ["a", "b", "a", "c", "d"]
