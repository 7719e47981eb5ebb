"""Paths into a JSON text, in the notation of gjson, read once when the condition is compiled.

A part means one thing to an object (a key) and another to an array (an index, ``#``, a query), and
even ends at different places; so each stretch of a path is read both ways and the text decides.
Keys, ``*`` and ``?``, ``\\`` escapes, indexes, ``#``, ``#.x``, ``#(...)``, ``#(...)#`` and ``|``
are understood; modifiers, multipaths, literals and JSON lines are refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from bfe_py.condition.arguments import ArgumentError
from bfe_py.condition.json_compare import Comparand, Wildcard
from bfe_py.condition.json_search import ArrayStep, ObjectStep, Path, Query, find_text
from bfe_py.condition.json_text import unescape
from bfe_py.condition.nodes import Kind
from bfe_py.condition.patterns import compile_re2
from bfe_py.condition.problems import Finding

_MODIFIERS = frozenset(
    {
        *("reverse", "this", "keys", "values", "flatten", "join", "valid", "ugly", "pretty"),
        *("tostr", "fromstr", "group", "dig"),
    }
)
_OPERATORS = ("!=", "!%", "<=", ">=", "==", "<", ">", "=", "%")
_MOST_PARTS = 100
_LONGEST_INDEX = 9
_QUERY_SIGN = re.compile(r"[\\\[\]()\"!=<>%]")


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path to a value inside of a JSON text."""

    KIND: ClassVar[Kind] = Kind.STRING
    LABEL: ClassVar[str] = "JSON path"
    text: str
    path: Path

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it.

        Raises:
            ArgumentError: it uses what is not supported.
        """
        return cls(text, _Reader(text).read(text))

    def find(self, body: bytes) -> str:
        """Text of the value in `body`; empty if there is none, it is null, or this is no JSON."""
        return find_text(body.decode("utf-8", "surrogateescape"), self.path)


class _Reader:
    """Reads one path; equal stretches are read once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._read: dict[str, Path] = {}
        self._depth = 0

    def read(self, text: str) -> Path:
        """`text` as the start of a path: here modifiers and the like would begin."""
        if len(text) > 1 and (text[0] in "![{" or text.startswith("..") or _is_modifier(text)):
            raise self._refusal(text)
        return self._part(text)

    def _part(self, text: str) -> Path:
        known = self._read.get(text)
        if known is not None:
            return known
        self._depth += 1
        if self._depth > _MOST_PARTS:
            raise self._refusal(text, f"a path has at most {_MOST_PARTS} parts")
        path = Path(self._object_step(text), self._array_step(text))
        self._depth -= 1
        self._read[text] = path
        return path

    def _object_step(self, text: str) -> ObjectStep:
        if text.startswith(("#(", "#[")):
            return _NO_KEY
        part, is_wild, index = [], False, 0
        while index < len(text) and text[index] not in ".|":
            letter = text[index]
            if letter == "\\":
                index += 1
                part.append(text[index : index + 1])
            else:
                is_wild = is_wild or letter in "*?"
                part.append(letter)
            index += 1
        key = "".join(part)
        rest, pipe = self._behind(text, index)
        return ObjectStep(key, compile_wildcard(key) if is_wild else None, rest, pipe)

    def _behind(self, text: str, index: int) -> tuple[Path | None, Path | None]:
        """What follows the part that ends at `index`: the rest of the path, or a pipe."""
        if index >= len(text):
            return None, None
        following = text[index + 1 :]
        if text[index] == "|":
            return None, self.read(following)
        if following[:1] in {"[", "{"} or _is_modifier(following):
            raise self._refusal(following)
        return self._part(following), None

    def _array_step(self, text: str) -> ArrayStep:
        if text.startswith(("#(", "#[")):
            return self._query_step(text)
        if text.startswith("#."):
            left, right = split_at_pipe(text[2:])
            pipe = None if right is None else self.read(right)
            return ArrayStep(collect=self.read(left), pipe=pipe)
        index = 0
        while index < len(text) and text[index] not in ".|":
            index += 1
        part = text[:index]
        if part == "#":
            return ArrayStep(is_count=True, pipe=self._behind(text, index)[1])
        if not (part.isascii() and part.isdigit()) or len(part) > _LONGEST_INDEX:
            return ArrayStep()
        rest, pipe = self._behind(text, index)
        return ArrayStep(index=int(part), rest=rest, pipe=pipe)

    def _query_step(self, text: str) -> ArrayStep:
        end, query = self._query(text)
        is_all = text.startswith("#", end)
        index = end + 1 if is_all else end
        while index < len(text) and text[index] not in ".|":
            index += 1
        if index < len(text) and text[index] == ".":
            left, right = split_at_pipe(text[index + 1 :])
            pipe = None if right is None else self.read(right)
            return ArrayStep(query=query, is_all=is_all, rest=self.read(left), pipe=pipe)
        pipe = self.read(text[index + 1 :]) if index < len(text) else None
        return ArrayStep(query=query, is_all=is_all, pipe=pipe)

    def _query(self, text: str) -> tuple[int, Query]:
        """Offset behind the closing parenthesis of ``#(...)`` at the start, and the query."""
        depth, operator_at, index = 1, 0, 2
        unquote: Callable[[str], str] = str
        while found := _QUERY_SIGN.search(text, index):
            index = found.end()
            match found.group():
                case "\\":
                    index += 1
                case "(" | "[":
                    depth += 1
                case ")" | "]":
                    depth -= 1
                    if depth == 0:
                        query = self._comparison(text[: found.start()], operator_at, unquote)
                        return index, query
                case '"':
                    index, escaped = _behind_string(text, index)
                    unquote = unescape if escaped else unquote
                case "!" | "=" | "<" | ">" | "%" if depth == 1 and not operator_at:
                    operator_at = found.start()
        raise self._refusal(text, "the query is not closed")

    def _comparison(self, text: str, operator_at: int, unquote: Callable[[str], str]) -> Query:
        if not operator_at:
            return self._query_of(text[2:].strip(_BLANKS), "", "")
        path = text[2:operator_at].strip(_BLANKS)
        condition = text[operator_at:].strip(_BLANKS)
        no_operator = condition if len(condition) == 1 else ""
        operator = next((each for each in _OPERATORS if condition.startswith(each)), no_operator)
        value = condition[len(operator) :].strip(_BLANKS)
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = unquote(value[1:-1])
        return self._query_of(path, "=" if operator == "==" else operator, value)

    def _query_of(self, path: str, operator: str, value: str) -> Query:
        wildcard = compile_wildcard(value) if operator in {"%", "!%"} else None
        return Query(self.read(path), path == "", Comparand(operator, value, wildcard))

    def _refusal(self, part: str, why: str = "") -> ArgumentError:
        start = len(self._text) - len(part) if self._text.endswith(part) else 0
        message = f"`{part}` is not supported in a JSON path"
        expected = why or "keys, indexes, #, #.key, #(query), #(query)#, wildcards and |"
        return ArgumentError([Finding(message, start, len(self._text), expected)])


_NO_KEY = ObjectStep("", lambda _key: False, None, None)
_BLANKS = "".join([chr(code) for code in range(0x21)])


def compile_wildcard(pattern: str) -> Wildcard:
    """Test for a key against a pattern with ``*`` and ``?``; ``\\`` takes both literally."""
    pieces, letters = [], iter(pattern)
    for letter in letters:
        if letter == "*":
            pieces.append(".*")
        elif letter == "?":
            pieces.append(".")
        elif letter == "\\":
            pieces.append(_quoted(next(letters, "\\")))
        else:
            pieces.append(_quoted(letter))
    return compile_re2(f"(?s)^{''.join(pieces)}$")


def _quoted(letter: str) -> str:
    return letter if letter.isalnum() or ord(letter) >= 0x80 else f"\\x{{{ord(letter):x}}}"


def _behind_string(text: str, index: int) -> tuple[int, bool]:
    """Offset behind the string whose quote is before `index`, and whether it has escapes."""
    has_escape = False
    while index < len(text):
        if text[index] == "\\":
            has_escape = True
            index += 1
        elif text[index] == '"':
            return index + 1, has_escape
        index += 1
    return index, has_escape


def _is_modifier(text: str) -> bool:
    if text[:1] != "@":
        return False
    return re.split(r"[.|:]", text[1:], maxsplit=1)[0] in _MODIFIERS


def split_at_pipe(path: str) -> tuple[str, str | None]:
    """The parts before and behind the first ``|`` that stands neither escaped nor in a query."""
    index = 0
    while index < len(path):
        if path[index] == "\\":
            index += 1
        elif path[index] == "|":
            return path[:index], path[index + 1 :]
        elif path.startswith((".#(", ".#["), index):
            index = _behind_query(path, index + 3, path[index + 2])
        index += 1
    return path, None


def _behind_query(path: str, index: int, opening: str) -> int:
    """Offset of the bracket that closes a query, or the end."""
    closing = ")" if opening == "(" else "]"
    depth = 1
    while index < len(path):
        letter = path[index]
        if letter == "\\":
            index += 1
        elif letter == '"':
            index = _behind_string(path, index + 1)[0] - 1
        elif letter == opening:
            depth += 1
        elif letter == closing:
            depth -= 1
            if not depth:
                return index
        index += 1
    return index
