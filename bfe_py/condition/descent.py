"""The common way from tokens to a tree: by descent, without the tables of the LALR parser.

It takes what the grammar takes and makes the same tree, several times as fast. Where tokens are no
condition, or are nested deeper than anybody writes by hand, it makes none, and `parse` goes the
other way, which knows what to say about them.
"""

from dataclasses import replace

from bfe_py.condition.nodes import And, Call, Literal, Node, Not, Or, Ref
from bfe_py.condition.scanner import Lexeme

_DEEPEST = 60
_END = Lexeme("$END", "", 0, 0)
_LITERALS = frozenset({"STRING", "RAW", "BOOL", "INT"})


def descend(lexemes: list[Lexeme]) -> Node | None:
    """Tree of `lexemes`; None where they are not one condition, or a deep one."""
    descent = _Descent([*lexemes, _END])
    try:
        node = descent.condition(0)
    except _OtherWayError:
        return None
    return node if descent.is_at_end else None


class _OtherWayError(Exception):
    """The other parser has to see these tokens."""


class _Descent:
    """Reads tokens from the left, each once."""

    __slots__ = ("_at", "_lexemes")

    def __init__(self, lexemes: list[Lexeme]) -> None:
        self._lexemes = lexemes
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        """Every token was read."""
        return self._lexemes[self._at] is _END

    def condition(self, depth: int) -> Node:
        first = self._alternative(depth)
        if self._lexemes[self._at].type != "AND":
            return first
        terms = [first]
        while self._lexemes[self._at].type == "AND":
            self._at += 1
            terms.append(self._alternative(depth))
        return And(tuple(terms), first.start, terms[-1].end)

    def _alternative(self, depth: int) -> Node:
        first = self._term(depth)
        if self._lexemes[self._at].type != "OR":
            return first
        terms = [first]
        while self._lexemes[self._at].type == "OR":
            self._at += 1
            terms.append(self._term(depth))
        return Or(tuple(terms), first.start, terms[-1].end)

    def _term(self, depth: int) -> Node:
        lexeme = self._lexemes[self._at]
        self._at += 1
        if lexeme.type == "NAME":
            return self._name(lexeme)
        if depth == _DEEPEST:
            raise _OtherWayError
        if lexeme.type == "NOT":
            operand = self._term(depth + 1)
            return Not(operand, lexeme.start, operand.end)
        if lexeme.type != "OPEN":
            raise _OtherWayError
        inner = self.condition(depth + 1)
        closing = self._lexemes[self._at]
        if closing.type != "CLOSE":
            raise _OtherWayError
        self._at += 1
        parentheses = inner.parentheses + 1
        return replace(inner, start=lexeme.start, end=closing.end, parentheses=parentheses)

    def _name(self, name: Lexeme) -> Node:
        lexemes, at = self._lexemes, self._at
        if lexemes[at].type != "OPEN":
            return Ref(name.text, name.start, name.end, 0, name.start)
        at += 1
        arguments: list[Literal] = []
        lexeme = lexemes[at]
        while lexeme.type in _LITERALS:
            is_raw = lexeme.type == "RAW"
            arguments.append(Literal(lexeme.kind, lexeme.text, lexeme.start, lexeme.end, is_raw))
            at += 1
            if lexemes[at].type == "COMMA":
                lexeme = lexemes[at + 1]
                at += 1
                if lexeme.type not in _LITERALS:
                    raise _OtherWayError
            else:
                lexeme = lexemes[at]
                break
        if lexeme.type != "CLOSE":
            raise _OtherWayError
        self._at = at + 1
        return Call(name.text, tuple(arguments), name.start, lexeme.end, 0, name.start)
