"""Pieces of a JSON text as gjson takes them: lenient, and as far as the text goes."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_NESTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\]()]', re.DOTALL)
_NUMBER = re.compile("[^\0- ,\\]}]+")
_WORD = re.compile("[a-z]+")
_ESCAPES = {
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    '"': '"',
}
_CONTROL = re.compile("[\0-\x1f]")
_HEX = re.compile("[0-9a-fA-F]{4}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPECIAL = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE)


class Type(Enum):
    """Type of a JSON value."""

    NULL = "null"
    FALSE = "false"
    TRUE = "true"
    NUMBER = "number"
    STRING = "string"
    TREE = "object or array"


@dataclass(frozen=True, slots=True)
class Value:
    """A value: its type and its source text."""

    type: Type
    raw: str

    @property
    def text(self) -> str:
        """The decoded text of a string."""
        inner = self.raw[1:-1]
        return unescape(inner) if "\\" in inner else inner


_WORDS = {"t": Type.TRUE, "f": Type.FALSE, "n": Type.NULL}


def read_string(json: str, at: int) -> tuple[int, str] | None:
    """Offset behind the string at `at`, and its decoded text; None if it does not end."""
    string = _STRING.match(json, at)
    if string is None:
        return None
    text = string[1]
    return string.end(), unescape(text) if "\\" in text else text


def read_value(json: str, at: int) -> tuple[int, Value | None]:
    """Offset behind the value at `at`, and the value; None for a string without an end."""
    first = json[at]
    if first == '"':
        string = _STRING.match(json, at)
        if string is None:
            return len(json), None
        return string.end(), Value(Type.STRING, string.group())
    if first in "{[":
        end = _skip_nested(json, at)
        return end, Value(Type.TREE, json[at:end])
    if first in "tf" or (first == "n" and json[at + 1 : at + 2] in {"u", ""}):
        word = _WORD.match(json, at)
        assert word is not None
        return word.end(), Value(_WORDS[first], word.group())
    number = _NUMBER.match(json, at)
    assert number is not None
    return number.end(), Value(Type.NUMBER, number.group())


def _skip_nested(json: str, at: int) -> int:
    """Offset behind the object or array at `at`; the end of the text if it is not closed."""
    depth = 0
    for found in _NESTED.finditer(json, at):
        token = found.group()
        if token in {"{", "[", "("}:
            depth += 1
        elif token in {"}", "]", ")"}:
            depth -= 1
            if depth == 0:
                return found.end()
        elif token == '"':
            break
    return len(json)


def unescape(text: str) -> str:
    """Text between the quotes of a JSON string, decoded up to the first thing that is wrong."""
    pieces, position = [], 0
    while True:
        slash = text.find("\\", position)
        plain = text[position:] if slash < 0 else text[position:slash]
        control = _CONTROL.search(plain)
        if control is not None:
            pieces.append(plain[: control.start()])
            break
        pieces.append(plain)
        letter = text[slash + 1 : slash + 2]
        if slash < 0 or not letter:
            break
        if letter == "u":
            if slash + 6 > len(text):
                break
            character, position = _unicode(text, slash + 2)
            pieces.append(character)
        elif letter in _ESCAPES:
            pieces.append(_ESCAPES[letter])
            position = slash + 2
        else:
            break
    return "".join(pieces)


def _unicode(text: str, at: int) -> tuple[str, int]:
    """Character for the four digits at `at`, and the offset behind its escape."""
    code, position = _code_unit(text, at), at + 4
    if not 0xD800 <= code < 0xE000:
        return chr(code), position
    if not text.startswith("\\u", position) or len(text) < position + 6:
        return "\ufffd", position
    low = _code_unit(text, position + 2)
    if code < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), position + 6
    return "\ufffd", position + 6


def _code_unit(text: str, at: int) -> int:
    digits = text[at : at + 4]
    return int(digits, 16) if _HEX.fullmatch(digits) else 0


def parse_number(raw: str) -> float:
    """Number for its source text; 0 if it is none."""
    if _DECIMAL.fullmatch(raw):
        return float(raw)
    return float(raw) if _SPECIAL.fullmatch(raw) else 0.0


def format_number(raw: str) -> str:
    """Text of a number: its source if that is only digits, else its shortest decimal."""
    digits = raw[1:] if raw.startswith("-") else raw
    if not digits or (digits.isascii() and digits.isdigit()):
        return raw
    number = parse_number(raw)
    if number != number:  # noqa: PLR0124  # only NaN differs from itself
        return "NaN"
    if number in {float("inf"), float("-inf")}:
        return "+Inf" if number > 0 else "-Inf"
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_value(value: Value) -> str:
    """Text that a value stands for in a comparison; empty for null."""
    match value.type:
        case Type.NULL:
            return ""
        case Type.STRING:
            return value.text
        case Type.NUMBER:
            return format_number(value.raw)
        case Type.TRUE | Type.FALSE:
            return "true" if value.type is Type.TRUE else "false"
        case _:
            return value.raw
