"""What people meant: advice for the errors that authors of conditions make."""

import difflib
import unicodedata
from collections.abc import Iterable

ODD_QUOTES = {
    "'": "'",
    '\\"': '\\"',
    "\u2018": "\u2019",
    "\u201c": "\u201d",
    "\u00ab": "\u00bb",
}
"""Opening quotes that the language does not know, and what closes them."""

_OPERATORS = {"and": "&&", "AND": "&&", "or": "||", "OR": "||", "not": "!", "NOT": "!"}
_COMPARISONS = frozenset("=<>")


def nearest(name: str, names: Iterable[str]) -> str:
    """The one of `names` that is most like `name`; empty if none is like it."""
    found = difflib.get_close_matches(name.lower(), list(names), n=1, cutoff=0.6)
    return found[0] if found else ""


def operator_for(word: str) -> str:
    """Operator that a word such as ``and`` was meant for, or empty."""
    return _OPERATORS.get(word, "")


def bool_for(word: str) -> str:
    """``true`` or ``false`` if `word` is one of them in other letters, or empty."""
    folded = word.lower()
    return folded if folded in {"true", "false"} else ""


def advise_characters(text: str, start: int, end: int) -> tuple[str, str]:
    """Message and advice for the characters at `start`, which start no token."""
    first = text[start]
    shown = text[start:end]
    message = f"`{shown}` has no meaning in a condition"
    if first == "\\":
        return message, "outside of quotes there are no escapes: undo those of the file around it"
    if first == "#" or text.startswith("/*", start):
        return message, "a comment starts with // and ends with its line"
    if first in _COMPARISONS:
        return message, "values are compared by primitives, such as req_host_in and req_path_in"
    if first == ";":
        return message, "a condition ends without a sign"
    if first.isspace() or unicodedata.category(first).startswith("Z"):
        name = unicodedata.name(first, "control character")
        return f"U+{ord(first):04X} ({name}) is not a blank here", "use a space"
    if not first.isprintable():
        return f"U+{ord(first):04X} has no meaning in a condition", ""
    return message, ""
