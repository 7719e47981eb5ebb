"""The LALR parser of conditions, made of `grammar.lark`: slower than `descent`, but it knows which
tokens it would take.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedToken
from lark.lexer import Lexer

from bfe_py.condition.nodes import And, Call, Literal, Node, Not, Or, Ref
from bfe_py.condition.repair import Repair, finish
from bfe_py.condition.scanner import Lexeme, Scanner


def parse_by_grammar(text: str, scanner: Scanner) -> Node:
    """Tree of `text` whose tokens `scanner` found; it takes the findings where they do not fit."""
    state = _PARSER.parse_interactive()
    feed = state.parser_state.feed_token
    try:
        for lexeme in scanner.lexemes:
            # The parser asks a token for nothing but its type.
            feed(cast(Token, lexeme))
        return finish(state)
    except UnexpectedToken:
        return Repair(text, scanner.lexemes, scanner.findings).parse(_PARSER.parse_interactive())


class _Builder(Transformer[Lexeme, Node]):
    """What the parser calls at every reduction, with the parts of the rule in order."""

    def conjunction(self, parts: list[Node]) -> Node:
        terms = tuple(parts[::2])
        return And(terms, terms[0].start, terms[-1].end)

    def disjunction(self, parts: list[Node]) -> Node:
        terms = tuple(parts[::2])
        return Or(terms, terms[0].start, terms[-1].end)

    def negation(self, parts: tuple[Lexeme, Node]) -> Node:
        sign, operand = parts
        return Not(operand, sign.start, operand.end)

    def group(self, parts: tuple[Lexeme, Node, Lexeme]) -> Node:
        opening, inner, closing = parts
        depth = inner.parentheses + 1
        return replace(inner, start=opening.start, end=closing.end, parentheses=depth)

    def bare_call(self, parts: list[Lexeme]) -> Node:
        name = parts[0]
        return Call(name.text, (), name.start, parts[-1].end, 0, name.start)

    def call(self, parts: list[Lexeme]) -> Node:
        name = parts[0]
        arguments = [
            Literal(each.kind, each.text, each.start, each.end, each.type == "RAW")
            for each in parts[2:-1:2]
        ]
        return Call(name.text, tuple(arguments), name.start, parts[-1].end, 0, name.start)

    def reference(self, parts: list[Lexeme]) -> Node:
        name = parts[0]
        return Ref(name.text, name.start, name.end, 0, name.start)


class _Unused(Lexer):
    """The parser is fed token by token; there is nothing to lex."""

    def __init__(self, _configuration: object) -> None:
        """Terminals are only declared, so there is nothing to configure."""

    def lex(self, _text: object, _parser_state: object = None) -> Iterator[Token]:
        """No tokens."""
        return iter(())


def _build_parser() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, start="condition", parser="lalr", lexer=_Unused, transformer=_Builder())


_PARSER = _build_parser()
