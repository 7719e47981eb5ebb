"""From a checked tree to one function: what a condition is when it runs.

Up to a modest depth the tree becomes nested closures. Deeper trees become a list of atoms, each
with the place to go on at when it is true and when it is false, so that no depth is too deep.
"""

from collections.abc import Mapping
from typing import TypeAlias

from bfe_py.condition.facts import Facts
from bfe_py.condition.matching import Matches
from bfe_py.condition.nodes import And, Node, Not, Or, reduce_tree

_DEEPEST_CLOSURE = 40
_TRUE, _FALSE, _NEXT = -1, -2, -3
_Step: TypeAlias = tuple[Matches, int, int]


def build(node: Node, atoms: Mapping[int, Matches], size: int) -> Matches:
    """Function for `node`; `atoms` has that of every call, by the call's ``id``.

    `size` is the number of nodes, or a few more.
    """
    if size > _DEEPEST_CLOSURE and _depth(node) > _DEEPEST_CLOSURE:
        return _build_steps(node, atoms)
    return reduce_tree(node, lambda leaf: atoms[id(leaf)], _combine)


def _depth(node: Node) -> int:
    return reduce_tree(node, lambda _: 1, lambda _, below: max(below) + 1)


def _combine(node: And | Or | Not, parts: list[Matches]) -> Matches:
    if isinstance(node, Not):
        return _negate(parts[0])
    return _all_of(parts) if isinstance(node, And) else _one_of(parts)


def _negate(part: Matches) -> Matches:
    return lambda facts: not part(facts)


def _all_of(parts: list[Matches]) -> Matches:
    if len(parts) == 2:
        first, second = parts
        return lambda facts: first(facts) and second(facts)
    if len(parts) == 3:
        first, second, third = parts
        return lambda facts: first(facts) and second(facts) and third(facts)
    every = tuple(parts)

    def matches(facts: Facts) -> bool:
        for part in every:  # noqa: SIM110  # a generator costs more than the loop
            if not part(facts):
                return False
        return True

    return matches


def _one_of(parts: list[Matches]) -> Matches:
    if len(parts) == 2:
        first, second = parts
        return lambda facts: first(facts) or second(facts)
    if len(parts) == 3:
        first, second, third = parts
        return lambda facts: first(facts) or second(facts) or third(facts)
    every = tuple(parts)

    def matches(facts: Facts) -> bool:
        for part in every:  # noqa: SIM110  # a generator costs more than the loop
            if part(facts):
                return True
        return False

    return matches


def _build_steps(node: Node, atoms: Mapping[int, Matches]) -> Matches:
    steps, start = _lay_out(node, atoms)

    def matches(facts: Facts) -> bool:
        at = start
        while at >= 0:
            atom, if_true, if_false = steps[at]
            at = if_true if atom(facts) else if_false
        return at == _TRUE

    return matches


def _lay_out(node: Node, atoms: Mapping[int, Matches]) -> tuple[list[_Step], int]:
    """Steps for `node`, and the first of them."""
    steps: list[_Step] = []
    # Terms are laid out from the last to the first, so the step to go on at is always there:
    # it is the one that was laid out before, which _NEXT stands for.
    pending: list[tuple[Node, int, int]] = [(node, _TRUE, _FALSE)]
    while pending:
        current, if_true, if_false = pending.pop()
        last = len(steps) - 1
        if_true = last if if_true == _NEXT else if_true
        if_false = last if if_false == _NEXT else if_false
        match current:
            case Not(operand):
                pending.append((operand, if_false, if_true))
            case And(terms):
                pending.extend([(each, _NEXT, if_false) for each in terms[:-1]])
                pending.append((terms[-1], if_true, if_false))
            case Or(terms):
                pending.extend([(each, if_true, _NEXT) for each in terms[:-1]])
                pending.append((terms[-1], if_true, if_false))
            case _:
                steps.append((atoms[id(current)], if_true, if_false))
    return steps, len(steps) - 1
