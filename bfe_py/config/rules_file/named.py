"""Conditions of a file: those with a name, and names replaced by what they stand for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lark import Token

from bfe_py.condition import (
    Call,
    Condition,
    ConditionError,
    Node,
    Problem,
    Ref,
    compile_condition,
    format_node,
    parse_condition,
    primitives,
    walk,
)
from bfe_py.config.conditions import ConditionCache
from bfe_py.config.rules_file.remarks import Remarks, span_of
from bfe_py.config.rules_file.statements import FILE_WORDS
from bfe_py.config.text import Span

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS = re.compile(r"[\w-]+")
_MOST_CALLS = 10_000
"""With names replaced; definitions of definitions grow fast."""

_BROKEN: Node = Call("default_t", ())
"""Stands for a definition that was reported, so that its uses are not reported as well."""


@dataclass(slots=True)
class _Definition:
    node: Node
    calls: int
    span: Span
    is_used: bool = False


class NamedConditions:
    """Definitions in order; each may use those above it.

    Args:
        remarks: takes what is wrong.
        lines: line of every definition in the file, by name.
        cache: conditions without names that were read before.
    """

    def __init__(self, remarks: Remarks, lines: Mapping[str, int], cache: ConditionCache) -> None:
        self._cache = cache
        self._remarks = remarks
        self._lines = lines
        self._known: dict[str, _Definition] = {}
        self._nodes: dict[str, Node] = {}

    def define(self, name: Token, condition: Token) -> None:
        """``let NAME = CONDITION``."""
        self._check_name(name)
        compiled = self._compile(condition, str(name))
        node = _BROKEN if compiled is None else compiled.node
        if name not in self._known:
            self._known[str(name)] = _Definition(node, _count_calls(node), span_of(name))
            self._nodes[str(name)] = node

    def inline(self, condition: Token) -> str | None:
        """Canonical text of a route's condition, without names; None if it was reported."""
        if not self._known or not any(word in self._known for word in _WORDS.findall(condition)):
            plain = self._cache.canonical(str(condition))
            if plain is not None:
                return plain
        compiled = self._compile(condition, "")
        if compiled is None:
            return None
        if compiled.reads_response:
            message = "there is no response yet when a route is chosen"
            self._remarks.warning("W201", span_of(condition), message)
        return format_node(compiled.node)

    def doubt(self) -> None:
        """Doubt definitions that nothing uses."""
        for name, definition in self._known.items():
            if not definition.is_used:
                message = f"nothing uses the condition {name}"
                self._remarks.warning("W700", definition.span, message)

    def _check_name(self, name: Token) -> None:
        known = self._known.get(name)
        message = ""
        expected = "letters, digits, `_` and `-`, beginning with a letter or `_`"
        if known is not None:
            line = self._remarks.line(known.span[0])
            message, expected = f"{name} is defined twice; line {line} has it too", ""
        elif any(name == primitive.name for primitive in primitives()):
            message, expected = f"`{name}` is a primitive of the language", "a name of its own"
        elif not _NAME.fullmatch(name) or name in FILE_WORDS or not _is_name(name):
            message = f"`{name}` cannot be the name of a condition"
        if message:
            self._remarks.error("E700", span_of(name), message, expected)

    def _compile(self, condition: Token, own_name: str) -> Condition | None:
        text, start = str(condition), span_of(condition)[0]
        if any(word in self._known for word in _WORDS.findall(text)):
            calls = self._count_uses(text)
            if calls > _MOST_CALLS:
                message = f"with names replaced this condition has more than {_MOST_CALLS} calls"
                self._remarks.error("E201", span_of(condition), message)
                return None
        try:
            compiled = compile_condition(text, names=self._nodes, mixed="error")
        except ConditionError:
            self._report_all(text, start, own_name)
            return None
        return compiled

    def _count_uses(self, text: str) -> int:
        """Mark the definitions that `text` uses; how many calls they bring."""
        try:
            node = parse_condition(text)
        except ConditionError:
            uses = [word for word in _WORDS.findall(text) if word in self._known]
        else:
            uses = [each.name for each in walk(node) if isinstance(each, Ref)]
        calls = 0
        for name in uses:
            definition = self._known.get(name)
            if definition is not None:
                definition.is_used = True
                calls += definition.calls
        return calls

    def _report_all(self, text: str, start: int, own_name: str) -> None:
        """Compile once more with the text where it stands, so that places in messages are right."""
        line, column = self._remarks.position(start)
        padding = "\n" * (line - 1) + " " * (column - 1)
        try:
            compile_condition(padding + text, names=self._nodes, mixed="error")
        except ConditionError as error:
            for problem in error.problems:
                self._report(problem, padding + text, start - len(padding), own_name)

    def _report(self, problem: Problem, text: str, start: int, own_name: str) -> None:
        span = start + problem.start, start + problem.end
        message, expected = problem.message, problem.expected
        hint = f"did you mean {problem.suggestion}" if problem.suggestion else ""
        name = text[problem.start : problem.end]
        if name and name == own_name:
            message, expected, hint = f"`{name}` is defined by itself", "", ""
        elif name in self._lines and name not in self._known:
            message = f"`{name}` is defined below its use, on line {self._lines[name]}"
            expected, hint = "definitions above their uses", ""
        self._remarks.error("E201", span, message, expected, hint)


def _is_name(text: str) -> bool:
    try:
        return isinstance(parse_condition(text), Ref)
    except ConditionError:
        return False


def _count_calls(node: Node) -> int:
    return sum(isinstance(each, Call) for each in walk(node))
