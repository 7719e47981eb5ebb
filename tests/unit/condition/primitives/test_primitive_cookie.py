import pytest

from bfe_py.condition import RequestSketch, compile_condition, explain_condition

FACTS = RequestSketch.decode({"cookies": {"a": "Abc", "e": ""}}, 0.0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('req_cookie_key_in("x|e")', True),
        ('req_cookie_key_in("A")', False),
        ('req_cookie_value_in("a", "abc", true)', True),
        ('req_cookie_value_in("none", "", true)', False),
        ('req_cookie_value_prefix_in("a", "A", false)', True),
        ('req_cookie_value_prefix_in("none", "", false)', False),
        ('req_cookie_value_suffix_in("a", "bc", false)', True),
        ('req_cookie_value_contain("a", "b", false)', True),
        ('req_cookie_value_hash_in("a", "9575", true)', True),
        ('req_cookie_value_hash_in("e", "0", true)', True),
        ('req_cookie_value_hash_in("none", "0", true)', False),
    ],
)
def test_cookies(text, wanted):
    assert compile_condition(text).matches(FACTS) is wanted


def test_the_names_that_were_sent_are_shown():
    condition = compile_condition('req_cookie_key_in("x")')
    assert explain_condition(condition, FACTS).value == "a, e"
