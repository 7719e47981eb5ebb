"""The condition language: BFE's expressions over requests, sessions and responses.

`compile_condition` makes a `Condition` of a text, whose `matches` decides about `Facts`.
"""

from bfe_py.condition.catalogue import primitives
from bfe_py.condition.condition import Condition, compile_condition
from bfe_py.condition.explain import Trace, explain_condition
from bfe_py.condition.facts import Facts
from bfe_py.condition.index import Index, index_conditions, index_steps
from bfe_py.condition.nodes import And, Call, Kind, Literal, Node, Not, Or, Ref, format_node, walk
from bfe_py.condition.parse import parse_condition
from bfe_py.condition.problems import ConditionError, Problem, render
from bfe_py.condition.reading import (
    TargetError,
    authority_of,
    decode_path,
    parse_cookies,
    parse_query,
    split_host,
    split_target,
)
from bfe_py.condition.registry import PrimitiveDoc
from bfe_py.condition.sketch import RequestSketch, SketchError

__all__ = [
    "And",
    "Call",
    "Condition",
    "ConditionError",
    "Facts",
    "Index",
    "Kind",
    "Literal",
    "Node",
    "Not",
    "Or",
    "PrimitiveDoc",
    "Problem",
    "Ref",
    "RequestSketch",
    "SketchError",
    "TargetError",
    "Trace",
    "authority_of",
    "compile_condition",
    "decode_path",
    "explain_condition",
    "format_node",
    "index_conditions",
    "index_steps",
    "parse_condition",
    "parse_cookies",
    "parse_query",
    "primitives",
    "render",
    "split_host",
    "split_target",
    "walk",
]
