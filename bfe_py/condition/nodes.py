"""The tree of a condition, and its canonical text.

Positions, parentheses and the kind of quotes play no part when two nodes are compared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias, TypeVar

_Value = TypeVar("_Value")


class Kind(Enum):
    """Kind of a literal, in BFE's words; BROKEN stands where a text could not be read."""

    STRING = "STRING"
    BOOL = "BOOL"
    INT = "INT"
    BROKEN = "BROKEN"


@dataclass(frozen=True, slots=True)
class Literal:
    """One argument: the value as written (escapes are checked, never decoded)."""

    kind: Kind
    text: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    is_raw: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A primitive with its arguments."""

    name: str
    arguments: tuple[Literal, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    parentheses: int = field(default=0, compare=False)
    name_at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Ref:
    """The name of a condition that is defined elsewhere."""

    name: str
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    parentheses: int = field(default=0, compare=False)
    name_at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """True when `operand` is false."""

    operand: "Node"
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    parentheses: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """True when all of `terms` are; two or more."""

    terms: tuple["Node", ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    parentheses: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """True when one of `terms` is; two or more."""

    terms: tuple["Node", ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    parentheses: int = field(default=0, compare=False)


Node: TypeAlias = And | Or | Not | Call | Ref
"""A condition.

`start` and `end` take in the node's own parentheses, which `parentheses` counts; `name_at` is
where the name itself begins.
"""


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it, parents first, in the order of the text, however deep."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        match current:
            case And(terms) | Or(terms):
                pending.extend(reversed(terms))
            case Not(operand):
                pending.append(operand)
            case _:
                pass


def reduce_tree(
    node: Node,
    leaf: Callable[[Call | Ref], _Value],
    branch: Callable[[And | Or | Not, list[_Value]], _Value],
) -> _Value:
    """Fold the tree from its leaves up, without recursion."""
    done: list[_Value] = []
    pending: list[tuple[Node, bool]] = [(node, False)]
    while pending:
        current, is_ready = pending.pop()
        if isinstance(current, Call | Ref):
            done.append(leaf(current))
            continue
        below = (current.operand,) if isinstance(current, Not) else current.terms
        if is_ready:
            values = done[len(done) - len(below) :]
            del done[len(done) - len(below) :]
            done.append(branch(current, values))
        else:
            pending.append((current, True))
            pending.extend([(each, False) for each in reversed(below)])
    return done[0]


def format_node(node: Node) -> str:
    """Canonical text of `node`, with every grouping written out so that BFE reads the same."""
    return "".join(format_pieces(node))


def format_pieces(node: Node) -> Iterator[str]:
    """The text of `format_node` piece by piece, for those who do not want all of it."""
    pending: list[Node | str] = [node]
    while pending:
        current = pending.pop()
        match current:
            case str():
                yield current
            case Ref(name):
                yield name
            case Call(name, arguments):
                yield f"{name}({', '.join([format_literal(each) for each in arguments])})"
            case Not(operand):
                yield "!"
                _push(pending, operand)
            case _:
                terms = current.terms
                sign = " && " if isinstance(current, And) else " || "
                for index in range(len(terms) - 1, -1, -1):
                    _push(pending, terms[index])
                    if index:
                        pending.append(sign)


def format_literal(literal: Literal) -> str:
    """The literal as it is written in a condition."""
    if literal.kind is not Kind.STRING:
        return literal.text
    return f"`{literal.text}`" if literal.is_raw else f'"{literal.text}"'


def _push(pending: list[Node | str], node: Node) -> None:
    if isinstance(node, And | Or):
        pending.extend((")", node, "("))
    else:
        pending.append(node)
