"""Why a condition came out as it did: an evaluation that keeps what every part of it saw."""

import json
from dataclasses import dataclass

from bfe_py.condition.condition import Condition
from bfe_py.condition.facts import Facts
from bfe_py.condition.nodes import And, Call, Node, Not, Or, format_pieces
from bfe_py.condition.reasons import Observed, observe

_DEEPEST = 40  # steps of indentation
_LONGEST = 500  # characters of a part's text
_MARKS = {True: "true ", False: "false", None: "-    "}


@dataclass(frozen=True, slots=True)
class Trace:
    """One part of a condition: its text, how it came out, what it read, and why.

    `result` is None for a part that was not evaluated because the parts before it had decided.
    `value` is what a primitive read, as text; None if there was nothing, or for other parts.
    """

    text: str
    result: bool | None
    value: str | None
    why: str
    children: tuple["Trace", ...] = ()

    def to_text(self) -> str:
        """A line for each part, indented by depth."""
        lines = []
        pending = [(self, 0)]
        while pending:
            trace, depth = pending.pop()
            why = f"  ({trace.why})" if trace.why else ""
            indent = "  " * min(depth, _DEEPEST)
            lines.append(f"{_MARKS[trace.result]} {indent}{trace.text}{why}")
            pending.extend([(child, depth + 1) for child in reversed(trace.children)])
        return "\n".join(lines)

    def to_json(self) -> str:
        """The tree as one JSON object; the parts of a part are its ``children``."""
        pieces: list[str] = []
        pending: list[Trace | str] = [self]
        while pending:
            current = pending.pop()
            if isinstance(current, str):
                pieces.append(current)
                continue
            own = {
                "text": current.text,
                "result": current.result,
                "value": current.value,
                "why": current.why,
            }
            pieces.append(json.dumps(own)[:-1] + ', "children": [')
            pending.append("]}")
            for index in range(len(current.children) - 1, -1, -1):
                pending.append(current.children[index])
                if index:
                    pending.append(", ")
        return "".join(pieces)


def explain_condition(condition: Condition, facts: Facts) -> Trace:
    """Evaluate `condition` as it is evaluated when it runs, and tell what happened.

    Values of cookies and of fields with credentials are not shown.
    """
    done: list[Trace] = []
    pending: list[_Step] = [_Step(condition.node)]
    while pending:
        step = pending.pop()
        node = step.node
        match node:
            case Call():
                done.append(_trace_call(node, observe(node, facts)))
            case Not(operand) if step.count < 0:
                pending.extend((_Step(node, 1), _Step(operand)))
            case And(terms) | Or(terms) if step.count < len(terms) and not _is_decided(step, done):
                count = max(step.count, 0)
                pending.extend((_Step(node, count + 1), _Step(terms[count])))
            case _:
                children = done[len(done) - step.count :]
                del done[len(done) - step.count :]
                done.append(_trace_branch(node, children))
    return done[0]


@dataclass(frozen=True, slots=True)
class _Step:
    """A node to evaluate; `count` is how many of its terms were begun."""

    node: Node
    count: int = -1


def _is_decided(step: _Step, done: list[Trace]) -> bool:
    return step.count > 0 and done[-1].result is isinstance(step.node, Or)


def _trace_call(call: Call, observed: Observed) -> Trace:
    return Trace(_outline(call), observed.result, observed.value, observed.why)


def _trace_branch(node: Node, children: list[Trace]) -> Trace:
    match node:
        case Not():
            child = children[0]
            why = f"{child.text} is {'true' if child.result else 'false'}"
            return Trace(_outline(node), not child.result, None, why, tuple(children))
        case And(terms) | Or(terms):
            result = children[-1].result
            is_early = result is isinstance(node, Or)
            skipped = [_unevaluated(each) for each in terms[len(children) :]]
            why = "every part is false" if isinstance(node, Or) else "every part is true"
            if is_early:
                why = f"{children[-1].text} is {'true' if result else 'false'}"
            every = (*children, *skipped)
            return Trace(_outline(node), result, None, why, every)
        case _:
            raise AssertionError(node)


def _unevaluated(node: Node) -> Trace:
    return Trace(_outline(node), None, None, "not evaluated")


def _outline(node: Node) -> str:
    """Text of a node, cut where a deep tree would repeat itself line after line."""
    pieces, length = [], 0
    for piece in format_pieces(node):
        if length > _LONGEST:
            pieces.append("...")
            break
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces)
