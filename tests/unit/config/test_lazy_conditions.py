"""Conditions that compile at their first use."""

import pytest

from bfe_py.condition import ConditionError, Ref, RequestSketch, parse_condition, primitives
from bfe_py.config.lazy_conditions import Conditions, EagerConditions, LazyConditions

HOST = 'req_host_in("a.example")'
A, B = RequestSketch(host="a.example"), RequestSketch(host="b.example")


@pytest.mark.parametrize("conditions", [LazyConditions(), EagerConditions()])
def test_a_condition_decides(conditions: Conditions) -> None:
    condition = conditions.get(HOST)

    assert condition.text == HOST
    assert [condition.matches(A), condition.matches(B), condition.matches(A)] == [True, False, True]


@pytest.mark.parametrize("conditions", [LazyConditions(), EagerConditions()])
def test_equal_texts_are_compiled_once(conditions: Conditions) -> None:
    one, same = conditions.get(HOST), conditions.get("".join(list(HOST)))

    assert one.matches is same.matches
    assert one.text is same.text
    assert conditions.get("default_t()").matches is not one.matches


def test_nothing_is_compiled_before_the_first_use() -> None:
    condition = LazyConditions().get("nonsense(")

    assert condition.node == Ref("nonsense(")
    with pytest.raises(ConditionError):
        condition.matches(A)


def test_an_eager_condition_is_compiled_at_once() -> None:
    conditions = EagerConditions()

    assert conditions.get(HOST).node == parse_condition(HOST)
    with pytest.raises(ConditionError):
        conditions.get("nonsense(")


@pytest.mark.parametrize(
    ("text", "body", "response"),
    [
        (HOST, False, False),
        ('req_body_json_in("a", "b", false)', True, False),
        ('res_code_in("200")', False, True),
        # a mention is enough
        ('req_path_in("/req_body_json", false)', True, False),
    ],
)
def test_what_a_condition_reads_is_known_from_its_text(
    text: str, body: bool, response: bool
) -> None:
    condition = LazyConditions().get(text)

    assert (condition.reads_body, condition.reads_response) == (body, response)


def test_what_an_eager_condition_reads_is_exact() -> None:
    condition = EagerConditions().get('req_path_in("/req_body_json", false)')

    assert not condition.reads_body


def test_what_nobody_has_any_more_is_forgotten() -> None:
    conditions = LazyConditions()
    kept, dropped = conditions.get(HOST).matches, conditions.get("default_t()").matches
    assert len(conditions) == 2
    del dropped

    assert len(conditions) == 1
    assert conditions.get(HOST).matches is kept


@pytest.mark.parametrize(
    ("reads", "part"), [("request body", "req_body_json"), ("response", "res_")]
)
def test_every_primitive_that_reads_them_has_a_name_that_tells(reads: str, part: str) -> None:
    names = [primitive.name for primitive in primitives() if primitive.reads == reads]

    assert names
    assert [name for name in names if part not in name] == []
