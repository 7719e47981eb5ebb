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
    pending = [_Step(condition.node)]
    while pending:
        step = pending.pop()
        node = step.node
        match node:
            case Not(operand):
                if step.count:
                    done.append(_trace_not(node, done.pop()))
                else:
                    pending.extend((_Step(node, 1), _Step(operand)))
            case And(terms) | Or(terms):
                if step.count < len(terms) and not _is_decided(step, done):
                    pending.extend((_Step(node, step.count + 1), _Step(terms[step.count])))
                else:
                    children = done[len(done) - step.count :]
                    del done[len(done) - step.count :]
                    done.append(_trace_terms(node, children))
            case _:
                assert isinstance(node, Call), "names have been replaced"
                done.append(_trace_call(node, observe(node, facts)))
    return done[0]


@dataclass(frozen=True, slots=True)
class _Step:
    """A node to evaluate; `count` is how many of its terms were begun."""

    node: Node
    count: int = 0


def _is_decided(step: _Step, done: list[Trace]) -> bool:
    return step.count > 0 and done[-1].result is isinstance(step.node, Or)


def _trace_call(call: Call, observed: Observed) -> Trace:
    return Trace(_outline(call), observed.result, observed.value, observed.why)


def _trace_not(node: Not, child: Trace) -> Trace:
    why = f"{child.text} is {'true' if child.result else 'false'}"
    return Trace(_outline(node), not child.result, None, why, (child,))


def _trace_terms(node: And | Or, children: list[Trace]) -> Trace:
    last = children[-1]
    skipped = [_unevaluated(each) for each in node.terms[len(children) :]]
    word = "true" if last.result else "false"
    is_decided = last.result is isinstance(node, Or)
    why = f"{last.text} is {word}" if is_decided else f"every part is {word}"
    return Trace(_outline(node), last.result, None, why, (*children, *skipped))


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
