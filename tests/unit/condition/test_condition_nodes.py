import pytest

from bfe_py.condition.nodes import (
    And,
    Call,
    Kind,
    Literal,
    Not,
    Or,
    Ref,
    format_literal,
    format_node,
    reduce_tree,
    walk,
)
from bfe_py.condition.parse import parse_condition


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a||b&&c", "(a || b) && c"),
        ("a && b || c && d", "a && (b || c) && d"),
        ("(a && b) || c", "(a && b) || c"),
        ("((a)) && ((b && c))", "a && (b && c)"),
        ("!!(a||b) && !c", "!!(a || b) && !c"),
        ('f( "x" ,`y` , true,1 )', 'f("x", `y`, true, 1)'),
        ("f()", "f()"),
    ],
)
def test_the_canonical_text_writes_groups_out_and_means_the_same(text, canonical):
    node = parse_condition(text)
    assert format_node(node) == canonical
    assert parse_condition(canonical) == node


def test_literals_are_written_with_their_quotes():
    assert format_literal(Literal(Kind.STRING, "a")) == '"a"'
    assert format_literal(Literal(Kind.STRING, "a", is_raw=True)) == "`a`"
    assert format_literal(Literal(Kind.BOOL, "true")) == "true"


def test_places_and_quotes_play_no_part_in_comparison():
    assert parse_condition("(f(`a`))") == parse_condition('  f("a")')
    assert Literal(Kind.STRING, "a", 1, 2, True) == Literal(Kind.STRING, "a")


def test_places_take_in_own_parentheses():
    text = " ((a && b)) || c"
    node = parse_condition(text)
    inner = node.terms[0]
    assert (text[inner.start : inner.end], inner.parentheses) == ("((a && b))", 2)
    name = parse_condition("( a )")
    assert (name.start, name.end, name.name_at) == (0, 5, 2)


def test_a_walk_goes_through_the_text_in_order():
    node = parse_condition("a && !(b || f()) && c")
    names = [each.name for each in walk(node) if isinstance(each, Ref | Call)]
    assert names == ["a", "b", "f", "c"]
    assert [type(each) for each in walk(node)][:3] == [And, Ref, Not]


def test_a_tree_is_folded_from_its_leaves():
    node = parse_condition("a && !(b || c)")
    depth = reduce_tree(node, lambda _: 1, lambda _, below: 1 + max(below))
    names = reduce_tree(node, lambda leaf: leaf.name, lambda _, below: "".join(below))
    assert (depth, names) == (4, "abc")


def test_deep_trees_are_no_trouble():
    node = Ref("a")
    for _ in range(5000):
        node = Not(Or((node, Ref("b"))))
    assert sum(1 for _ in walk(node)) == 15_001
    assert len(format_node(node)) > 5000
