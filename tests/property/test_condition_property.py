"""Properties of whole conditions: parsing, printing, deciding, explaining, refusing."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from bfe_py.condition import (
    And,
    Call,
    ConditionError,
    Kind,
    Literal,
    Not,
    Or,
    RequestSketch,
    compile_condition,
    explain_condition,
    format_node,
    parse_condition,
    render,
)

NAMES = "abcd"
LEAVES = st.sampled_from(NAMES).map(
    lambda name: Call(
        "req_query_key_in",
        (Literal(Kind.STRING, name),),
    )
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=4).map(lambda terms: And(tuple(terms))),
        st.lists(inner, min_size=2, max_size=4).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=12,
)


def decide(node, present):
    match node:
        case Call():
            return node.arguments[0].text in present
        case Not(operand):
            return not decide(operand, present)
        case And(terms):
            return all(decide(each, present) for each in terms)
        case Or(terms):
            return any(decide(each, present) for each in terms)


@given(TREES)
def test_the_canonical_text_has_the_same_tree(node):
    text = format_node(node)
    assert parse_condition(text) == node
    assert format_node(parse_condition(text)) == text


@given(TREES)
def test_the_canonical_text_has_no_mixes(node):
    assert compile_condition(format_node(node), mixed="error").warnings == ()


@given(TREES, st.integers(0, 60))
def test_a_condition_decides_as_its_tree_says(node, depth):
    condition = compile_condition("!!" * depth + f"({format_node(node)})")
    for values in itertools.product([True, False], repeat=len(NAMES)):
        present = {name: "" for name, value in zip(NAMES, values, strict=True) if value}
        facts = RequestSketch(query=present)
        wanted = decide(node, present)
        assert condition.matches(facts) is wanted
        assert explain_condition(condition, facts).result is wanted


TOKENS = st.sampled_from(
    [
        *(
            "&&",
            "||",
            "!",
            "(",
            ")",
            ",",
            '"a"',
            "`b`",
            "true",
            "True",
            "1",
            "0x",
            "08",
            "1.5",
            "x",
        ),
        *(
            "default_t()",
            "default_t",
            'req_path_in("/a", false)',
            "req_host_in",
            "and",
            "not",
            "if",
        ),
        *("&", "|", "'q'", '"\\d"', '"x', "`y", "// c\n", "\n", "#", "==", ";", "\0", "\ufeff"),
        *("\udc80", "$", "²", "変", 'req_cip_range("1.1.1.1/8", "x")', 'req_path_regmatch("(")'),
    ]
)
TEXTS = st.builds(
    lambda glue, tokens: glue.join(tokens),
    st.sampled_from(["", " "]),
    st.lists(TOKENS, max_size=14),
)


def problems_of(text):
    try:
        compile_condition(text)
    except ConditionError as error:
        return error.problems
    return ()


@settings(max_examples=500)
@given(TEXTS)
def test_every_text_compiles_or_is_refused_with_places(text):
    problems = problems_of(text)
    assert [each.start for each in problems] == sorted(each.start for each in problems)
    for each in problems:
        assert 0 <= each.start <= each.end <= len(text)
        assert each.line == text.count("\n", 0, each.start) + 1
        assert each.message.partition("\n")[0] in render(text, each)
    if not problems:
        node = compile_condition(text).node
        assert compile_condition(format_node(node)).node == node


@given(TEXTS.filter(lambda text: not (text.count('"') % 2 or "`y" in text or "//" in text)))
def test_errors_of_one_place_do_not_hide_those_of_another(text):
    problems = problems_of(f'(req_hots_in("a")) && ({text}) && default_t()')
    assert "req_hots_in" in problems[0].message
