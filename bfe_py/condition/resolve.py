"""Named conditions: putting definitions in the place of their names."""

from collections.abc import Mapping
from dataclasses import replace

from bfe_py.condition.check import unresolved
from bfe_py.condition.nodes import And, Call, Node, Not, Or, Ref, reduce_tree, walk
from bfe_py.condition.problems import Finding

MOST_PARTS = 100_000
"""Parts that a condition may have with all definitions in their places."""


def resolve_names(node: Node, names: Mapping[str, Node]) -> tuple[Node, list[Finding]]:
    """`node` with every name replaced by its definition, and what is wrong with the names.

    Definitions may use names themselves, but not each other in a circle. A name that cannot be
    replaced stays.
    """
    findings: list[Finding] = []
    resolved: dict[str, Node] = {}
    known = list(names)
    for each in walk(node):
        if not isinstance(each, Ref) or not each.name or each.name in resolved:
            continue
        if each.name not in names:
            findings.append(unresolved(each, known))
            continue
        message = _define(each.name, names, resolved)
        if message:
            findings.append(Finding(message, each.name_at, each.name_at + len(each.name)))
    return (_substitute(node, resolved) if resolved else node), findings


def _define(name: str, names: Mapping[str, Node], resolved: dict[str, Node]) -> str:
    """Put `name` and all that it needs into `resolved`, or tell why that cannot be."""
    path: list[str] = []
    sizes: dict[str, int] = {}
    pending: list[tuple[str, bool]] = [(name, False)]
    while pending:
        current, is_ready = pending.pop()
        if is_ready:
            path.pop()
            sizes[current] = sum([_size(each, sizes) for each in walk(names[current])])
            if sizes[current] > MOST_PARTS:
                return f"`{name}` grows beyond {MOST_PARTS} parts"
            resolved[current] = _substitute(names[current], resolved)
            continue
        if current in sizes:
            continue
        if current in path:
            circle = [*path[path.index(current) :], current]
            return f"`{name}` is defined by itself: {' -> '.join(circle)}"
        if current not in names:
            return f"`{name}` needs `{current}`, which is defined nowhere"
        path.append(current)
        pending.append((current, True))
        needed = [each.name for each in walk(names[current]) if isinstance(each, Ref)]
        pending.extend([(each, False) for each in dict.fromkeys(needed)])
    return ""


def _size(node: Node, sizes: Mapping[str, int]) -> int:
    return sizes[node.name] if isinstance(node, Ref) else 1


def _substitute(node: Node, resolved: Mapping[str, Node]) -> Node:
    def leaf(current: Call | Ref) -> Node:
        if isinstance(current, Ref):
            return resolved.get(current.name, current)
        return current

    def branch(current: And | Or | Not, below: list[Node]) -> Node:
        if isinstance(current, Not):
            return current if below[0] is current.operand else replace(current, operand=below[0])
        terms = tuple(below)
        if all(map(_is_same, terms, current.terms)):
            return current
        return replace(current, terms=terms)

    return reduce_tree(node, leaf, branch)


def _is_same(left: Node, right: Node) -> bool:
    return left is right
