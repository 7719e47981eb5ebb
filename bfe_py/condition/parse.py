"""From the text of a condition to its tree: scanner, parser, and repair where it is broken.

Errors are found by the LALR parser of `grammar`; conditions without any take a shorter way to the
same tree: see `descent`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bfe_py.condition.descent import descend
from bfe_py.condition.nodes import And, Node, Or, format_node, walk
from bfe_py.condition.problems import ConditionError, Finding, locate_all
from bfe_py.condition.scanner import Scanner


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
        # Imported for the first error: a program that starts has no time for the parser's tables.
        from bfe_py.condition.grammar import parse_by_grammar

        node = parse_by_grammar(text, scanner)
    return Parsed(node, tuple(scanner.findings))


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
