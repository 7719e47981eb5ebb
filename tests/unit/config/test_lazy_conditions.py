"""Conditions that compile at their first use."""

import pytest

from bfe_py.condition import ConditionError, Ref, RequestSketch, parse_condition, primitives
from bfe_py.config.lazy_conditions import LazyConditions

HOST = 'req_host_in("a.example")'
A, B = RequestSketch(host="a.example"), RequestSketch(host="b.example")


@pytest.mark.parametrize("is_eager", [False, True])
def test_a_condition_decides(is_eager: bool) -> None:
    condition = LazyConditions(is_eager=is_eager).get(HOST)

    assert condition.text == HOST
    assert [condition.matches(A), condition.matches(B), condition.matches(A)] == [True, False, True]


def test_the_same_text_is_the_same_condition() -> None:
    conditions = LazyConditions()

    assert conditions.get(HOST) is conditions.get(HOST)
    assert conditions.get(HOST) is not conditions.get("default_t()")
    assert len(conditions) == 2


def test_nothing_is_compiled_before_the_first_use() -> None:
    condition = LazyConditions().get("nonsense(")

    assert condition.node == Ref("nonsense(")
    with pytest.raises(ConditionError):
        condition.matches(A)


def test_an_eager_condition_is_compiled_at_once() -> None:
    conditions = LazyConditions(is_eager=True)

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
    condition = LazyConditions(is_eager=True).get('req_path_in("/req_body_json", false)')

    assert not condition.reads_body


def test_what_nobody_asked_for_is_forgotten() -> None:
    conditions = LazyConditions()
    kept, dropped = conditions.get(HOST), conditions.get("default_t()")
    conditions.forget_unused()

    assert conditions.get(HOST) is kept
    conditions.forget_unused()

    assert len(conditions) == 1
    assert conditions.get(HOST) is kept
    assert conditions.get("default_t()") is not dropped


@pytest.mark.parametrize(
    ("reads", "part"), [("request body", "req_body_json"), ("response", "res_")]
)
def test_every_primitive_that_reads_them_has_a_name_that_tells(reads: str, part: str) -> None:
    names = [primitive.name for primitive in primitives() if primitive.reads == reads]

    assert names
    assert [name for name in names if part not in name] == []
