import pytest

from bfe_py.condition import RequestSketch, compile_condition

FACTS = RequestSketch.decode(
    {"headers": [["X-A", "Abc"], ["X-Empty", ""], ["X-Empty", "1"], ["User-Agent", "Bot/1"]]}, 0.0
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('req_header_key_in("x-b|x-A")', True),
        ('req_header_key_in("X-Empty")', False),
        ('req_header_key_in("X-A ")', False),
        ('req_header_value_in("x-a", "abc", true)', True),
        ('req_header_value_in("X-A", "abc", false)', False),
        ('req_header_value_in("none", "", false)', True),
        ('req_header_value_prefix_in("X-A", "A", false)', True),
        ('req_header_value_suffix_in("X-A", "bc", false)', True),
        ('req_header_value_contain("X-A", "b", false)', True),
        ("req_header_value_regmatch(`X-A`, `^Abc$`)", True),
        ('req_header_value_hash_in("X-A", "9575", true)', True),
        ('req_header_value_hash_in("none", "0-99", false)', True),
        ("req_ua_regmatch(`^Bot`)", True),
        ("req_ua_regmatch(`^bot`)", False),
    ],
)
def test_fields(text, wanted):
    assert compile_condition(text).matches(FACTS) is wanted
