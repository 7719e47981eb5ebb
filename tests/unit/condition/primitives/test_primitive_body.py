from types import MappingProxyType

import pytest

from bfe_py.condition import RequestSketch, compile_condition


def body(text, **notes):
    return RequestSketch(body_prefix=text, context=notes)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('req_body_json_in("model", "x|gpt-5", false)', True),
        ('req_body_json_in("model", "GPT-5", false)', False),
        ('req_body_json_in("model", "GPT-5", true)', True),
        ('req_body_json_in("none", "", false)', True),
        ('req_body_json_prefix_in("model", "gpt-", false)', True),
        ('req_body_json_prefix_in("model", "GPT-", true)', True),
        ('req_body_json_prefix_in("none", "x|", false)', True),
        ('req_body_json_prefix_in("none", "x", false)', False),
    ],
)
def test_values_of_the_body(text, wanted):
    condition = compile_condition(text)
    assert condition.matches(body(b'{"model":"gpt-5"}')) is wanted
    assert condition.reads_body


def test_a_value_is_noted_where_others_see_it():
    facts = body(b'{"m":"x"}')
    looked_up, noted = (
        'req_body_json_in("m", "x", false)',
        'req_context_value_in("jsoncache.m", "x", false)',
    )
    assert not compile_condition(f"{noted} && {looked_up}").matches(facts)
    assert facts.context == {}
    assert compile_condition(f"{looked_up} && {noted}").matches(facts)
    assert facts.context == {"jsoncache.m": "x"}


def test_a_noted_value_is_not_looked_up_again():
    condition = compile_condition('req_body_json_in("m", "noted", false)')
    assert condition.matches(body(b'{"m":"x"}', **{"jsoncache.m": "noted"}))
    assert not condition.matches(body(b'{"m":"x"}', **{"jsoncache.m": 1}))


def test_notes_that_cannot_be_written_are_left_alone():
    facts = RequestSketch(body_prefix=b'{"m":"x"}', context=MappingProxyType({}))
    assert compile_condition('req_body_json_in("m", "x", false)').matches(facts)
