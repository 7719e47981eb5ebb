"""Both ways from tokens to a tree agree: by descent, and by the tables of the LALR parser."""

from hypothesis import example, given
from hypothesis import strategies as st
from lark import UnexpectedToken

from bfe_py.condition.descent import descend
from bfe_py.condition.grammar import _PARSER
from bfe_py.condition.nodes import Node
from bfe_py.condition.repair import finish
from bfe_py.condition.scanner import Scanner

PIECES = ("&&", "||", "!", "(", ")", ",", "a", "b(", '"x"', "`y`", "true", "1", " ", '("x", 2)')
TOKENS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
TERMS = st.sampled_from(("a", "b()", 'c("x", `y`, true, 1)', "!d"))
CONDITIONS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(lambda each: f"!({each})"),
        inner.map(lambda each: f"(({each}))"),
        st.tuples(inner, st.sampled_from((" && ", "||", " || ")), inner).map("".join),
    ),
    max_leaves=12,
)


def by_grammar(text: str) -> Node | None:
    """What the other way makes of it; None where it is no condition."""
    state = _PARSER.parse_interactive()
    try:
        for lexeme in Scanner(text).lexemes:
            state.parser_state.feed_token(lexeme)
        return finish(state)
    except UnexpectedToken:
        return None


@given(st.one_of(TOKENS, CONDITIONS))
@example("")
@example("a b")
@example('a("x",)')
@example('a("x" "y")')
@example("a(,)")
@example("(a")
@example("a)")
@example("!")
def test_both_make_the_same_tree_with_the_same_places(text):
    # Places play no part when nodes are compared; they do in what is printed of them.
    assert repr(descend(Scanner(text).lexemes)) == repr(by_grammar(text))
