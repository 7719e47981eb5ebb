import pytest
from lark import UnexpectedToken

from bfe_py.condition import grammar
from bfe_py.condition.nodes import And, Call, Kind, Literal, Not, Or, Ref
from bfe_py.condition.parse import find_mixes, parse, parse_condition
from bfe_py.condition.problems import ConditionError


def test_or_binds_tighter_than_and():
    a, b, c, d = Ref("a"), Ref("b"), Ref("c"), Ref("d")
    assert parse_condition("a || b && c || d") == And((Or((a, b)), Or((c, d))))
    assert parse_condition("a && b || c && d") == And((a, Or((b, c)), d))
    assert parse_condition("!a || b") == Or((Not(a), b))
    assert parse_condition("!(a || b)") == Not(Or((a, b)))


def test_calls_keep_their_literals_and_places():
    call = parse_condition(' f("a", `b`, true, 07) ')
    assert call == Call(
        "f",
        (
            Literal(Kind.STRING, "a"),
            Literal(Kind.STRING, "b"),
            Literal(Kind.BOOL, "true"),
            Literal(Kind.INT, "07"),
        ),
    )
    assert (call.start, call.end, call.name_at) == (1, 22, 1)
    assert [(each.start, each.end, each.is_raw) for each in call.arguments] == [
        (3, 6, False),
        (8, 11, True),
        (13, 17, False),
        (19, 21, False),
    ]


def test_a_text_that_is_no_condition_raises_all_its_errors():
    with pytest.raises(ConditionError) as caught:
        parse_condition("f('a') && && g(,) )")
    assert len(caught.value.problems) == 5


def test_parsing_goes_on_to_a_tree_when_there_are_errors():
    parsed = parse("f(@) && g()")
    assert isinstance(parsed.node, And)
    assert len(parsed.findings) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a && b", 0),
        ("a || b", 0),
        ("(a || b) && c", 0),
        ("a || (b && c)", 0),
        ("a || b && c", 1),
        ("(a || b && c) || (d && e || f)", 2),
        ("!(a || b) && c", 0),
    ],
)
def test_mixes_without_parentheses_are_found(text, count):
    assert len(list(find_mixes(parse_condition(text)))) == count


def test_a_mix_is_told_with_both_readings():
    (finding,) = find_mixes(parse_condition("a || b && c || d && e"))
    assert "(a || b) && (c || d) && e" in finding.expected
    assert "a || (b && c) || (d && e)" in finding.expected
    assert finding.suggestion == "(a || b) && (c || d) && e"


@pytest.mark.parametrize(
    "text",
    [
        " && ".join(["f()"] * 500),
        "!" * 300 + "f()",
        "(" * 200 + "f()" + ")" * 200,
        "!(" * 3000 + "f()" + ")" * 3000,
    ],
)
def test_length_and_depth_have_no_limit(text):
    assert parse(text).findings == ()


def test_the_parser_is_fed_and_reads_no_text_itself():
    with pytest.raises(UnexpectedToken, match="END"):
        grammar._PARSER.parse("f()")
