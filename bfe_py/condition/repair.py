"""Going on behind a syntax error, so that one compile reports all of them.

The parser says which tokens it would take; from that follows what is missing or too much. What is
missing is made up (an operand without a name, an argument that is BROKEN), what is too much is
left out. An error directly behind another is a consequence of it and is not reported.
"""

from typing import TypeAlias, cast

from lark import Token
from lark.parsers.lalr_interactive_parser import InteractiveParser

from bfe_py.condition.hints import bool_for, operator_for
from bfe_py.condition.nodes import Node
from bfe_py.condition.problems import Finding
from bfe_py.condition.scanner import Lexeme

_END = "$END"
_LITERALS = frozenset({"STRING", "RAW", "BOOL", "INT"})
_SIGNS = {"&&": "AND", "||": "OR"}
_Repaired: TypeAlias = tuple[tuple[Lexeme, ...], bool]


def finish(state: InteractiveParser) -> Node:
    """Tree of the tokens that `state` was fed.

    Raises:
        UnexpectedToken: they are no whole condition.
    """
    return cast(Node, state.feed_eof())  # type: ignore[no-untyped-call]  # lark leaves it bare


def _accepts(state: InteractiveParser) -> set[str]:
    return cast(set[str], state.accepts())  # type: ignore[no-untyped-call]  # lark leaves it bare


class Repair:
    """Parses tokens that do not fit the grammar, and reports why to `findings`."""

    __slots__ = ("_findings", "_lexemes", "_open", "_previous", "_shifted", "_skipping", "_text")

    def __init__(self, text: str, lexemes: list[Lexeme], findings: list[Finding]) -> None:
        """`findings` holds those of the scanner and takes those of the grammar."""
        self._text = text
        self._lexemes = lexemes
        self._findings = findings
        self._open: list[Lexeme] = []
        self._previous: Lexeme | None = None
        self._shifted = 1
        self._skipping = 0

    def parse(self, state: InteractiveParser) -> Node:
        """The tree, with made-up parts where something was missing."""
        for lexeme in self._lexemes:
            if self._skipping:
                self._skipping += {"OPEN": 1, "CLOSE": -1}.get(lexeme.type, 0)
            else:
                self._feed(state, lexeme)
            self._previous = lexeme
        end = Lexeme(_END, "", len(self._text), len(self._text))
        while _END not in (accepted := _accepts(state)):
            made_up, _ = self._repair(end, accepted)
            for each in made_up:
                state.feed_token(cast(Token, each))
        return finish(state)

    def _feed(self, state: InteractiveParser, lexeme: Lexeme) -> None:
        # Asked before it is fed: a refused token may already have closed what it stood behind.
        while lexeme.type not in (accepted := _accepts(state)):
            made_up, is_kept = self._repair(lexeme, accepted)
            for each in made_up:
                state.feed_token(cast(Token, each))
            if not is_kept:
                return
        state.feed_token(cast(Token, lexeme))
        self._shifted += 1
        if lexeme.type == "OPEN":
            self._open.append(lexeme)
        elif lexeme.type == "CLOSE":
            self._open.pop()

    def _repair(self, lexeme: Lexeme, accepted: set[str]) -> _Repaired:
        """Tokens to put before `lexeme`, and whether `lexeme` itself is kept."""
        if "NOT" in accepted:
            return self._want_operand(lexeme)
        if "STRING" in accepted:
            return self._want_argument(lexeme, is_first="CLOSE" in accepted)
        if "COMMA" in accepted:
            return self._want_comma(lexeme)
        return self._want_operator(lexeme)

    def _want_operand(self, lexeme: Lexeme) -> _Repaired:
        expected = "a primitive with its arguments in parentheses, such as default_t()"
        made_up = self._make("NAME", lexeme)
        if lexeme.type == "COMMA":
            self._report(lexeme, "a comma separates arguments, nothing else", "a condition")
            return (), False
        if lexeme.type in _LITERALS:
            self._report(lexeme, f"{self._shown(lexeme)} alone is no condition", expected)
            return (made_up,), False
        self._report(lexeme, f"a condition is missing before {self._shown(lexeme)}", expected)
        return (made_up,), True

    def _want_argument(self, lexeme: Lexeme, *, is_first: bool) -> _Repaired:
        made_up = self._make("STRING", lexeme)
        match lexeme.type:
            case "NAME":
                self._name_as_argument(lexeme)
                return (made_up,), False
            case "COMMA":
                self._report(lexeme, "an argument is missing before the comma", "an argument")
                return (made_up,), True
            case "CLOSE":
                message = "a comma before the closing parenthesis"
                place = self._previous or lexeme
                self._report_at(place, lexeme, message, "no comma behind the last argument")
                return (made_up,), True
            case "AND" | "OR" | "$END":
                closing = self._close(lexeme)
                return ((closing,) if is_first else (made_up, closing)), True
            case _:
                message = f"{self._shown(lexeme)} cannot be an argument"
                self._report(lexeme, message, "text, true or false")
                return (), False

    def _name_as_argument(self, lexeme: Lexeme) -> None:
        truth = bool_for(lexeme.text)
        expected = 'text in quotes "..." or `...`, true or false'
        if truth:
            expected = "true and false are written in small letters"
        message = f"`{lexeme.text}` is no argument"
        self._report(lexeme, message, expected, truth or f'"{lexeme.text}"')

    def _want_comma(self, lexeme: Lexeme) -> _Repaired:
        match lexeme.type:
            case "AND" | "OR" | "$END":
                return (self._close(lexeme),), True
            case "STRING" | "RAW" | "BOOL" | "INT" | "NAME":
                self._report(lexeme, "a comma is missing between two arguments", "a comma")
                return (self._make("COMMA", lexeme),), True
            case "OPEN":
                self._report(lexeme, "arguments cannot be nested", "a comma or )")
                self._skipping = 1
            case _:
                self._report(lexeme, f"{self._shown(lexeme)} inside of arguments", "a comma or )")
        return (), False

    def _want_operator(self, lexeme: Lexeme) -> _Repaired:
        shown = self._shown(lexeme)
        previous = self._previous or lexeme
        made_up = self._make("AND", lexeme)
        match lexeme.type:
            case "NAME" if (sign := operator_for(lexeme.text)) in _SIGNS:
                self._report(lexeme, f"`{lexeme.text}` is no operator", "", sign)
                return (self._make(_SIGNS[sign], lexeme),), False
            case "NAME" | "NOT" | "OPEN":
                if operator_for(previous.text) == "!":
                    self._report_at(previous, lexeme, f"`{previous.text}` is no operator", "", "!")
                else:
                    self._report(lexeme, f"an operator is missing before {shown}", "&& or ||")
                return (made_up,), True
            case "CLOSE":
                self._report(lexeme, "a closing parenthesis too many", "&&, || or the end")
            case "$END":
                return (self._close(lexeme),), True
            case _ if lexeme.type in _LITERALS and previous.type == "NAME":
                expected = f"{previous.text}({shown.strip('`')})"
                self._report(lexeme, "arguments stand in parentheses", expected)
            case _:
                self._report(lexeme, f"{shown} behind a condition", "&& or ||")
        return (), False

    def _close(self, lexeme: Lexeme) -> Lexeme:
        opening = self._open.pop()
        before = self._text[: opening.start]
        line = before.count("\n") + 1
        column = opening.start - before.rfind("\n")
        self._report(
            lexeme,
            f"the parenthesis opened at {line}:{column} is not closed",
            f") before {self._shown(lexeme)}",
        )
        return self._make("CLOSE", lexeme)

    def _make(self, kind: str, place: Lexeme) -> Lexeme:
        return Lexeme(kind, "", place.start, place.start)

    def _shown(self, lexeme: Lexeme) -> str:
        if lexeme.type == _END:
            return "the end"
        return f"`{self._text[lexeme.start : lexeme.end]}`"

    def _report(self, lexeme: Lexeme, message: str, expected: str, suggestion: str = "") -> None:
        self._report_at(lexeme, lexeme, message, expected, suggestion)

    def _report_at(
        self, place: Lexeme, lexeme: Lexeme, message: str, expected: str, suggestion: str = ""
    ) -> None:
        if self._shifted and not self._is_explained(lexeme):
            reference = "syntax error"
            self._findings.append(
                Finding(
                    message, place.start, place.end, expected, suggestion, reference, lexeme.start
                )
            )
        self._shifted = 0

    def _is_explained(self, lexeme: Lexeme) -> bool:
        # The scanner left something out directly before this token, or text ran into it.
        before = self._previous.end if self._previous else 0
        for each in self._findings:
            if each.reference == "syntax error":
                continue
            if before <= each.start < lexeme.start:
                return True
            if each.end == before and each.reference.endswith("literal not terminated"):
                return True
        return False
