import pytest

from bfe_py.condition import RequestSketch, compile_condition

FACTS = RequestSketch.decode({"query": "a=Abc&utm_x=1&e="}, 0.0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("req_query_exist()", True),
        ('req_query_key_in("e")', True),
        ('req_query_key_in("E")', False),
        ('req_query_key_in("x|a")', True),
        ('req_query_key_in("x|y")', False),
        ('req_query_key_prefix_in("utm_|z")', True),
        ('req_query_key_prefix_in("z")', False),
        ('req_query_value_in("a", "abc", false)', False),
        ('req_query_value_in("a", "abc", true)', True),
        ('req_query_value_in("none", "", false)', True),
        ('req_query_value_prefix_in("a", "A", false)', True),
        ('req_query_value_suffix_in("a", "BC", true)', True),
        ('req_query_value_contain("a", "b", false)', True),
        ("req_query_value_regmatch(`a`, `^A`)", True),
        ("req_query_value_regmatch(`none`, `^$`)", True),
        ('req_query_value_hash_in("a", "9575", true)', True),
        ('req_query_value_hash_in("none", "0", true)', True),
    ],
)
def test_parameters(text, wanted):
    assert compile_condition(text).matches(FACTS) is wanted


def test_no_parameters_are_no_query():
    assert not compile_condition("req_query_exist()").matches(RequestSketch())
