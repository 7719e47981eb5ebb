"""From the text of a condition to its tree: scanner, parser, and repair where it is broken.

The grammar is in `grammar.lark`, and the LALR parser made of it is what errors are found with.
Conditions without any take a shorter way to the same tree: see `descent`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedToken
from lark.lexer import Lexer

from bfe_py.condition.descent import descend
from bfe_py.condition.nodes import And, Call, Literal, Node, Not, Or, Ref, format_node, walk
from bfe_py.condition.problems import ConditionError, Finding, locate_all
from bfe_py.condition.repair import Repair, finish
from bfe_py.condition.scanner import Lexeme, Scanner


@dataclass(frozen=True, slots=True)
class Parsed:
    """A tree and what was wrong with its text; with findings, parts of the tree are made up."""

    node: Node
    findings: tuple[Finding, ...]


def parse_condition(text: str) -> Node:
    """Tree of `text`; primitives and arguments are not looked at.

    Raises:
        ConditionError: the text is not a condition; all errors in it.
    """
    parsed = parse(text)
    if parsed.findings:
        raise ConditionError(locate_all(text, parsed.findings))
    return parsed.node


def parse(text: str) -> Parsed:
    """Tree of `text` with everything that is wrong with its tokens and its grammar."""
    scanner = Scanner(text)
    node = descend(scanner.lexemes)
    if node is None:
        node = _parse_by_grammar(text, scanner)
    return Parsed(node, tuple(scanner.findings))


def _parse_by_grammar(text: str, scanner: Scanner) -> Node:
    state = _PARSER.parse_interactive()
    feed = state.parser_state.feed_token
    try:
        for lexeme in scanner.lexemes:
            # The parser asks a token for nothing but its type.
            feed(cast(Token, lexeme))
        return finish(state)
    except UnexpectedToken:
        return Repair(text, scanner.lexemes, scanner.findings).parse(_PARSER.parse_interactive())


def find_mixes(node: Node) -> Iterator[Finding]:
    """One finding for every ``&&`` that stands beside ``||`` without parentheses."""
    for each in walk(node):
        if not isinstance(each, And):
            continue
        if any(isinstance(term, Or) and not term.parentheses for term in each.terms):
            yield Finding(
                "&& and || are mixed without parentheses; || binds tighter here",
                each.start,
                each.end,
                expected=f"this reads as {format_node(each)}; with && tighter it would be"
                f" {format_node(_with_and_tighter(each))}",
                suggestion=format_node(each),
            )


def _with_and_tighter(node: And) -> Node:
    """The other reading of a mix: split at every bare ``||`` first."""
    groups: list[list[Node]] = [[]]
    for term in node.terms:
        if isinstance(term, Or) and not term.parentheses:
            groups[-1].append(term.terms[0])
            groups.extend([[each] for each in term.terms[1:]])
        else:
            groups[-1].append(term)
    return Or(tuple([group[0] if len(group) == 1 else And(tuple(group)) for group in groups]))


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
