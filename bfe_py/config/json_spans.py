"""JSON with places: the span of every key and value, found when somebody asks for it.

The C scanner of the standard library reads the document once and says whether it is well-formed.
Spans are worked out from the outside in, one object or list at a time, and remembered: to point at
one rule of a large file costs one pass over it, and the next rule of the same list next to nothing.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from bfe_py.config.text import Span

_BLANK = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[\w.+-]+|.", re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..", re.DOTALL)
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u.{4}|\\.|.", re.DOTALL
)
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN)', re.DOTALL)
INT64 = range(-(2**63), 2**63)

_EXPECTATIONS = {
    "Expecting value": ("", "a value"),
    "Expecting property name enclosed in double quotes": ("", "a key in double quotes"),
    "Expecting ':' delimiter": ("", '":" behind the key'),
    "Expecting ',' delimiter": ("", '"," or the end of the list or object'),
    "Unterminated string starting at": ("the string has no end", 'a closing "'),
    "Invalid control character at": ("a control character stands in a string", r"\n, \t, \u0000 …"),
    "Invalid \\escape": (
        "unknown escape in a string",
        r"\" \\ \/ \b \f \n \r \t or \u and 4 digits",
    ),
    "Invalid \\uXXXX escape": ("unknown escape in a string", r"\u and 4 hexadecimal digits"),
}


class JsonError(Exception):
    """The text is not one JSON value; `span` is where, `expected` what could stand there."""

    def __init__(self, message: str, span: Span, expected: str) -> None:
        super().__init__(message)
        self.span = span
        self.expected = expected


class Scan(NamedTuple):
    """A JSON value as Python objects, and what was seen on the way.

    `end` is where it ends; `is_odd`: keys stand twice, numbers are larger than 64 bits or halves of
    surrogate pairs occur, so that a closer look is needed.
    """

    value: object
    end: int
    is_odd: bool


class Member(NamedTuple):
    """One member of an object."""

    name: str
    key: Span
    value: Span


def scan_json(text: str) -> Scan:
    """The JSON value at the start of `text`.

    Raises:
        JsonError: there is none.
        RecursionError: it is nested too deeply.
    """
    oddities: list[bool] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            oddities.append(True)
        return found

    def integer(digits: str) -> int:
        value = int(digits) if len(digits) < 30 else 0
        if len(digits) >= 30 or value not in INT64:
            oddities.append(True)
        return value

    decoder = json.JSONDecoder(
        object_pairs_hook=members, parse_int=integer, parse_constant=_refuse_constant
    )
    start = _skip(text, 0)
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _explain(text, error.msg, error.pos) from None
    except _ConstantError:
        at = next(one.start(1) for one in _CONSTANT.finditer(text, start) if one[1])
        raise _explain(text, "Expecting value", at) from None
    return Scan(value, end, bool(oddities) or ("\\u" in text and _has_half_pair(text)))


class JsonSpans:
    """Where the parts of `text` stand; `text` begins with a well-formed JSON value."""

    __slots__ = ("_items", "_members", "end", "root", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._members: dict[int, tuple[Member, ...]] = {}
        self._items: dict[int, tuple[Span, ...]] = {}
        start = _skip(text, 0)
        self.end = _end_of(text, start)
        self.root: Span = (start, self.end)

    def kind(self, span: Span) -> str:
        """First character of the value at `span`: ``{``, ``[``, ``"``, ``t``, ``n``, ``1`` ..."""
        return self.text[span[0]]

    def value(self, span: Span) -> object:
        """The value at `span` as Python objects."""
        return json.loads(self.text[span[0] : span[1]], parse_int=_integer)

    def members(self, span: Span) -> tuple[Member, ...]:
        """Members of the object at `span`, in their order, repeated ones too."""
        start = span[0]
        if start not in self._members:
            self._members[start] = self._read_members(start)
        return self._members[start]

    def items(self, span: Span) -> tuple[Span, ...]:
        """Elements of the list at `span`."""
        start = span[0]
        if start not in self._items:
            self._items[start] = self._read_items(start)
        return self._items[start]

    def find(self, path: Sequence[str | int]) -> Span:
        """What `path` leads to, or the innermost part of the way that is there.

        A key stands for an object or list that it holds, an opening bracket for one in a list.
        Names match in any case; of several members with one name the last one counts.
        """
        value = shown = self.root
        for step in path:
            found = self._step(value, step)
            if found is None:
                break
            shown, value = found
        if shown == value and self.kind(value) in "{[":
            return value[0], value[0] + 1
        return shown

    def find_inside(self, path: Sequence[str | int], start: int, end: int) -> Span:
        """Where the code points `start` to `end` of the string at `path` stand in the text."""
        span = self.find(path)
        if self.kind(span) != '"':
            return span
        offsets = [match.start() for match in _ESCAPE.finditer(self.text, span[0] + 1, span[1] - 1)]
        offsets.append(span[1] - 1)
        last = len(offsets) - 1
        first = offsets[min(start, last)]
        return first, max(offsets[min(end, last)], first + 1)

    def _step(self, value: Span, step: str | int) -> tuple[Span, Span] | None:
        """What to show, and where to go on, for one `step` into `value`."""
        kind = self.kind(value)
        if kind == "[" and isinstance(step, int):
            items = self.items(value)
            return (items[step], items[step]) if 0 <= step < len(items) else None
        if kind != "{":
            return None
        member = self._member(value, str(step))
        if member is None:
            return None
        shown = member.key if self.kind(member.value) in "{[" else member.value
        return shown, member.value

    def _member(self, value: Span, name: str) -> Member | None:
        folded = name.lower()
        exact = near = None
        for member in self.members(value):
            if member.name == name:
                exact = member
            elif member.name.lower() == folded:
                near = member
        return exact or near

    def _read_members(self, start: int) -> tuple[Member, ...]:
        text, found = self.text, []
        at = _skip(text, start + 1)
        while text[at] != "}":
            name, behind = _SKIPPER.raw_decode(text, at)
            first = _skip(text, _skip(text, behind) + 1)
            last = _end_of(text, first)
            found.append(Member(name, (at, behind), (first, last)))
            at = _skip(text, last)
            if text[at] == ",":
                at = _skip(text, at + 1)
        return tuple(found)

    def _read_items(self, start: int) -> tuple[Span, ...]:
        text, found = self.text, []
        at = _skip(text, start + 1)
        while text[at] != "]":
            last = _end_of(text, at)
            found.append((at, last))
            at = _skip(text, last)
            if text[at] == ",":
                at = _skip(text, at + 1)
        return tuple(found)


class _ConstantError(Exception):
    """NaN or Infinity, which the scanner would let pass."""


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


def _integer(digits: str) -> int:
    """A number of any length; one beyond 64 bits stays beyond them."""
    return int(digits) if len(digits) < 30 else 10**30


_SKIPPER = json.JSONDecoder(object_pairs_hook=len, parse_int=len, parse_float=len)
"""Reads and drops: only where a value ends matters."""


def _has_half_pair(text: str) -> bool:
    return any(match.end() - match.start() == 6 for match in _SURROGATE.finditer(text))


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    assert match is not None
    return match.end()


def _end_of(text: str, start: int) -> int:
    end: int = _SKIPPER.raw_decode(text, start)[1]
    return end


def _explain(text: str, message: str, at: int) -> JsonError:
    said, expected = _EXPECTATIONS.get(message, (message, ""))
    if at >= len(text):
        place = len(text.rstrip())
        said = "the document ends too early" if place else "the document is empty"
        return JsonError(said, (max(place - 1, 0), max(place, 1)), expected)
    word = _WORD.match(text, at)
    assert word is not None
    before = text[:at].rstrip()[-1:] if not said else ""
    if before == "," and word[0] in "}]":
        comma = text.rindex(",", 0, at)
        return JsonError(
            "a comma before the end", (comma, comma + 1), "nothing behind the last one"
        )
    return JsonError(said or f"unexpected {_shown(word[0])}", (at, at + len(word[0])), expected)


def _shown(word: str) -> str:
    if word == "\ufeff":
        return "byte order mark"
    return word if word.startswith('"') else f'"{word}"'
