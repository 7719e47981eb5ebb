"""Expressions against requests: JSON lines in, JSON lines out."""

import json
import time
from collections.abc import Callable, Iterable

from bfe_py.condition import ConditionError, RequestSketch, SketchError, compile_condition

_MALFORMED = 2


def run_eval(lines: Iterable[bytes], write: Callable[[str], None]) -> int:
    """Evaluate one expression a line; exit code 0, or 2 if a line was malformed.

    A line is an object with ``id``, ``expr`` and ``request`` (see `RequestSketch.decode`); more
    keys are ignored, and so are empty lines. For each, one line is written: an object with ``id``,
    ``result`` (true, false, ``compile_error`` or ``input_error``) and ``error`` (text or null).
    """
    code = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            answer = _answer(json.loads(line))
        except (SketchError, ValueError, RecursionError) as error:
            answer = {"id": None, "result": "input_error", "error": str(error)}
            code = _MALFORMED
        write(json.dumps(answer) + "\n")
    return code


def _answer(case: object) -> dict[str, object]:
    if not isinstance(case, dict):
        raise SketchError("the line is no object")
    expression, request = case.get("expr"), case.get("request")
    if not isinstance(expression, str):
        raise SketchError("expr is no text")
    if not isinstance(request, dict):
        raise SketchError("request is no object")
    facts = RequestSketch.decode(request, time.time())
    try:
        condition = compile_condition(expression)
    except ConditionError as error:
        return {"id": case.get("id"), "result": "compile_error", "error": str(error)}
    return {"id": case.get("id"), "result": condition.matches(facts), "error": None}
