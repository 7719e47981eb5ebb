from bfe_py.condition.nodes import format_node
from bfe_py.condition.parse import parse_condition
from bfe_py.condition.resolve import resolve_names


def resolve(text, **names):
    trees = {name: parse_condition(each) for name, each in names.items()}
    node, findings = resolve_names(parse_condition(text), trees)
    return format_node(node), [each.message for each in findings]


def test_definitions_take_the_place_of_names():
    assert resolve("a && !b || c()", a="x() || y()", b="a && z()") == (
        "(x() || y()) && (!((x() || y()) && z()) || c())",
        [],
    )


def test_a_tree_without_names_stays_the_same():
    node = parse_condition("a() && !b()")
    assert resolve_names(node, {"a": node})[0] is node


def test_untouched_parts_are_shared():
    node = parse_condition("(x() && !y()) || a")
    resolved, _ = resolve_names(node, {"a": parse_condition("z()")})
    assert resolved.terms[0] is node.terms[0]


def test_a_name_without_definition_stays_and_is_told_once():
    text, messages = resolve("a && b && a", b="c()")
    assert text == "a && c() && a"
    assert messages == ["`a` is defined nowhere"] * 2


def test_a_definition_may_lack_what_it_needs():
    assert resolve("a", a="b && c()")[1] == ["`a` needs `b`, which is defined nowhere"]


def test_circles_are_told():
    assert resolve("a", a="b", b="!a")[1] == ["`a` is defined by itself: a -> b -> a"]
    assert resolve("x", x="a", a="a")[1] == ["`x` is defined by itself: a -> a"]


def test_a_definition_used_twice_is_no_circle():
    assert resolve("a && b", a="c", b="c || a", c="d()") == ("d() && (d() || d())", [])


def test_definitions_cannot_double_without_end():
    names = {f"n{each}": f"n{each + 1} || n{each + 1}" for each in range(40)}
    (message,) = resolve("n0", **names, n40="x()")[1]
    assert "grows beyond 100000 parts" in message
