"""Expressions and requests with the answer of BFE's own condition package."""

import json
from pathlib import Path

import pytest

from bfe_py.condition import ConditionError, RequestSketch, compile_condition, explain_condition

NOW = 1_790_000_000.0
# BFE crashes on these, or says nothing of its own; its wording is not to be had.
WITHOUT_WORDING = frozenset({"lex-052"})


def load_vectors():
    lines = Path(__file__).with_name("condition_vectors.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in lines.splitlines()]


VECTORS = load_vectors()
VALID = [each for each in VECTORS if each["expect"] != "compile_error"]
INVALID = [each for each in VECTORS if each["expect"] == "compile_error"]


def name(vector):
    return vector["id"]


def test_there_are_959_vectors():
    assert (len(VECTORS), len({each["id"] for each in VECTORS})) == (959, 959)


@pytest.mark.parametrize("vector", VALID, ids=name)
def test_a_condition_decides_as_bfe_does(vector):
    condition = compile_condition(vector["expr"])
    assert condition.matches(RequestSketch.decode(vector["request"], NOW)) is vector["expect"]


@pytest.mark.parametrize("vector", VALID, ids=name)
def test_a_trace_comes_to_the_same_result(vector):
    condition = compile_condition(vector["expr"])
    facts = RequestSketch.decode(vector["request"], NOW)
    assert explain_condition(condition, facts).result is vector["expect"]


@pytest.mark.parametrize("vector", INVALID, ids=name)
def test_what_bfe_refuses_is_refused_and_bfes_wording_is_given(vector):
    with pytest.raises(ConditionError) as caught:
        compile_condition(vector["expr"])
    if name(vector) not in WITHOUT_WORDING:
        assert vector["error"] in [each.reference for each in caught.value.problems]
