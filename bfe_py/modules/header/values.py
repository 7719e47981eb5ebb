"""Values of header rules: text with ``%variables``."""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass

from bfe_py.model import Exchange
from bfe_py.observe import RULE_VARIABLES

Value = Callable[[Exchange], bytes]
"""What to write for an exchange."""

_PART = re.compile(r"[^%]+|%%|%[a-z0-9_]*")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class FieldValueError(Exception):
    """A value that cannot be used; `str` says why."""


def compile_value(text: str) -> Value:
    """Value of `text`: ``%name`` is a variable, ``%%`` a percent sign.

    Raises:
        FieldValueError: a variable is unknown, or `text` holds a control character, which could end
            the field (RFC 9110 section 5.5).
    """
    if _FORBIDDEN.search(text):
        raise FieldValueError("a control character stands in it")
    layout = b""
    readers: list[Value] = []
    for part in _PART.findall(text.strip(" \t")):
        if part[0] != "%":
            layout += part.encode("utf-8", "surrogateescape")
        elif part == "%%":
            layout += b"%%"
        else:
            layout += b"%b"
            readers.append(find_variable(part[1:]))
    if not readers:
        return Constant(layout % ())
    return readers[0] if layout == b"%b" else _filled(layout, tuple(readers))


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for every exchange."""

    value: bytes

    def __call__(self, _exchange: Exchange) -> bytes:
        """The value."""
        return self.value


def _filled(layout: bytes, readers: tuple[Value, ...]) -> Value:
    def read(exchange: Exchange) -> bytes:
        return layout % tuple([each(exchange) for each in readers])

    return read


def find_variable(name: str) -> Value:
    """What reads ``%name``.

    Raises:
        FieldValueError: there is none of that name.
    """
    found = RULE_VARIABLES.get(name)
    if found is not None:
        return found.read
    if not name:
        raise FieldValueError("% has no variable behind it; write %% for a percent sign")
    near = difflib.get_close_matches(name, RULE_VARIABLES, 1)
    hint = f"; did you mean %{near[0]}?" if near else ""
    raise FieldValueError(f"there is no variable %{name}{hint}")
