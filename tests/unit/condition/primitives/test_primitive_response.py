import pytest

from bfe_py.condition import RequestSketch, compile_condition, explain_condition

DONE = RequestSketch.decode(
    {"response": {"status": 404, "headers": [["X-A", "V"], ["X-Empty", ""]]}}, 0.0
)
NOT_YET = RequestSketch()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('res_code_in("200|404")', True),
        ('res_code_in("4xx|0404")', False),
        ('res_header_key_in("x-b|x-a")', True),
        ('res_header_key_in("X-Empty")', False),
        ('res_header_value_in("x-a", "v", true)', True),
        ('res_header_value_in("x-a", "v", false)', False),
        ('res_header_value_in("none", "", false)', True),
    ],
)
def test_responses(text, wanted):
    condition = compile_condition(text)
    assert condition.matches(DONE) is wanted
    assert condition.matches(NOT_YET) is False
    assert condition.reads_response


def test_what_was_read_is_shown():
    condition = compile_condition('res_header_key_in("x-a|x-b")')
    assert explain_condition(condition, DONE).value == "x-a"
    assert explain_condition(condition, NOT_YET).value is None
