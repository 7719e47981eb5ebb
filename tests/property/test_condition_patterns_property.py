"""Whatever runs without RE2 means what it means to RE2."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bfe_py.condition.patterns import compile_pattern, compile_re2
from bfe_py.condition.subset import read_subset

LITERALS = st.sampled_from(["a", "b", "/", r"\.", "-", "0", " ", "ab", r"\|", r"\$", "#"])
ATOMS = st.sampled_from(
    ["a", "b", "/", r"\.", ".", r"\d", "[a-c]", "[^/]", "[0-9_.-]", "[^a-z0-9]"]
)
TIMES = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0}"])
LITERAL = st.lists(LITERALS, max_size=3).map("".join)


def _grouped(head, alternatives, tail):
    return f"{head}({'|'.join(alternatives)}){tail}"


BODIES = st.one_of(
    LITERAL,
    st.builds(_grouped, LITERAL, st.lists(LITERAL, min_size=2, max_size=3), LITERAL),
    st.lists(st.tuples(ATOMS, TIMES).map("".join), min_size=1, max_size=5).map("".join),
)
PATTERNS = st.builds(
    lambda start, body, end: start + body + end,
    st.sampled_from(["", "^"]),
    BODIES,
    st.sampled_from(["", "$"]),
)
TEXTS = st.text(alphabet="aabbc/.-_0123 \n|$#é\udcff٣", max_size=12)


@settings(max_examples=600)
@given(
    PATTERNS.filter(lambda pattern: read_subset(pattern) is not None), st.lists(TEXTS, max_size=8)
)
def test_the_subset_agrees_with_re2(pattern, texts):
    fast, exact = compile_pattern(pattern), compile_re2(pattern)
    for text in texts:
        assert fast(text) is exact(text), (pattern, text)


@settings(max_examples=300)
@given(st.text(alphabet="ab/.[]()|^$*+?{}0,1-\\d", max_size=8))
def test_whatever_the_subset_takes_re2_takes_too(pattern):
    if read_subset(pattern) is not None:
        exact, fast = compile_re2(pattern), compile_pattern(pattern)
        for text in ("", "a", "ab", "/a.b", "0-1", "a\n"):
            assert fast(text) is exact(text), (pattern, text)


@settings(deadline=None, max_examples=20)
@given(
    st.sampled_from(["^[a-c]+0", "^[^/]*/[a-z]+$", r"^/\d+x[0-9]*$", "^.*", "b{9}", "[a-c]x?y?0"]),
    st.sampled_from(["a", "/1", "/", "ab", "b"]),
)
def test_long_texts_are_matched_without_backtracking(pattern, unit):
    text = unit * 200_000
    assert compile_pattern(pattern)(text) is compile_re2(pattern)(text)
