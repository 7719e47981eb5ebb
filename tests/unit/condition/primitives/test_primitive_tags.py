import pytest

from bfe_py.condition import RequestSketch, compile_condition

FACTS = RequestSketch.decode(
    {"tags": {"t": ["w", "v:600"]}, "context": {"k": "Abc", "n": 1, "": "x"}}, 0.0
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('req_tag_match("t", "v")', True),
        ('req_tag_match("t", "v:600")', False),
        ('req_tag_match("t", "w|v")', False),
        ('req_tag_match("none", "")', False),
        ('req_context_value_in("k", "abc", true)', True),
        ('req_context_value_in("k", "abc", false)', False),
        ('req_context_value_in("n", "1", false)', False),
        ('req_context_value_in("", "x", false)', False),
        ('req_context_value_in("none", "", false)', False),
    ],
)
def test_what_modules_noted(text, wanted):
    assert compile_condition(text).matches(FACTS) is wanted
