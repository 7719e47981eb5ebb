"""Access-log templates, compiled once into functions that answer one line.

A template is text with ``$name`` and ``${KEY}name``. Behind ``$`` (or ``}``) stands the name of a
variable; whatever follows the name is text again, so that ``$host_x`` is the host and then ``_x``.
There is no way to write a dollar sign. Three words stand for whole templates: ``COMMON`` and
``COMBINED`` for requests, ``JSON`` for requests and connections.

Nothing that a peer sent can be taken for anything but a value: in such values ``"`` and ``\\`` get
a backslash in front, and what is no printable ASCII is written ``\\xHH``. With ``--compat bfe``
control characters alone are.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bfe_py.model.exchange import Exchange
from bfe_py.model.session import Session
from bfe_py.observe.generated import Part, generate_line
from bfe_py.observe.json_lines import json_request_line, json_session_line
from bfe_py.observe.variables import (
    NO_CONTROLS,
    PLAIN,
    REQUEST_VARIABLES,
    SESSION_VARIABLES,
    Environment,
    Variable,
    escape_controls,
    escape_foreign,
)

S = TypeVar("S")

_COMMON = '$host - - $request_time "$request_line" $status_code $res_len'
_COMBINED = f'{_COMMON} "${{Referer}}req_header" "${{User-Agent}}req_header"'
_NAMED_TEMPLATES = {"COMMON": _COMMON, "COMBINED": _COMBINED}
_JSON = "JSON"

_Escape = Callable[[bytes], bytes]

_WORD = re.compile(r"\w+")


class TemplateError(Exception):
    """A template that cannot be used; `offset` counts its characters from 0."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(offset, message)
        self.offset = offset
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} (at character {self.offset + 1})"


@dataclass(frozen=True, slots=True)
class _Reference(Generic[S]):
    variable: Variable[S]
    key: str


@dataclass(frozen=True, slots=True)
class _Domain(Generic[S]):
    """The variables a template may name, and those that belong to the other kind of line."""

    variables: Mapping[str, Variable[S]]
    others: Mapping[str, object]
    elsewhere: str


_REQUEST = _Domain(REQUEST_VARIABLES, SESSION_VARIABLES, "is a variable of SessionTemplate")
_SESSION = _Domain(SESSION_VARIABLES, REQUEST_VARIABLES, "is a variable of RequestTemplate")


def compile_request_line(template: str, environment: Environment) -> Callable[[Exchange], bytes]:
    """Function that answers the line of an exchange, line end included.

    Raises:
        TemplateError: `template` is not one.
    """
    if template == _JSON:
        return json_request_line(environment)
    return _compile(_NAMED_TEMPLATES.get(template, template), _REQUEST, environment)


def compile_session_line(template: str, environment: Environment) -> Callable[[Session], bytes]:
    """Function that answers the line of a connection, line end included.

    Raises:
        TemplateError: `template` is not one.
    """
    if template == _JSON:
        return json_session_line(environment)
    return _compile(template, _SESSION, environment)


def check_request_template(template: str) -> None:
    """Raises TemplateError if `template` is none of an exchange."""
    if template != _JSON:
        _parse(_NAMED_TEMPLATES.get(template, template), _REQUEST)


def check_session_template(template: str) -> None:
    """Raises TemplateError if `template` is none of a connection."""
    if template != _JSON:
        _parse(template, _SESSION)


def _compile(template: str, domain: _Domain[S], environment: Environment) -> Callable[[S], bytes]:
    """The line that the readers of the variables make, made for less where that can be."""
    escape_peer = escape_controls if environment.is_compatible else escape_foreign
    plain = NO_CONTROLS if environment.is_compatible else PLAIN
    layout = b""
    parts: list[Part[S]] = []
    readers: list[Callable[[S], bytes]] = []
    escapes: list[_Escape] = []
    for part in _parse(template, domain):
        if isinstance(part, str):
            text = part.encode("utf-8", "surrogateescape").replace(b"%", b"%%")
            layout += text
            parts.append(text)
            continue
        variable = part.variable
        read = variable.make(part.key, environment)
        layout += b"%b"
        readers.append(read)
        escapes.append(escape_peer if variable.is_foreign else escape_controls)
        inline = variable.inline
        parts.append(read if inline is None else inline(part.key, environment))
    line = _line(layout + b"\n", tuple(readers), tuple(escapes), plain)
    return generate_line([*parts, b"\n"], line, environment, plain)


def _line(
    layout: bytes,
    readers: tuple[Callable[[S], bytes], ...],
    escapes: tuple[_Escape, ...],
    plain: bytes,
) -> Callable[[S], bytes]:
    """One ``%`` operation: the text is the format, the variables are its arguments."""
    own = layout.translate(None, plain)

    def line(subject: S) -> bytes:
        values = tuple([read(subject) for read in readers])
        made = layout % values
        # The fastest way to see that there is nothing to escape: what is not plain in the line is
        # what the layout has of it.
        if made.translate(None, plain) == own:
            return made
        return layout % tuple([escape(one) for escape, one in zip(escapes, values, strict=True)])

    return line


def _parse(template: str, domain: _Domain[S]) -> list[str | _Reference[S]]:
    """Texts and references in order."""
    parts: list[str | _Reference[S]] = []
    start = 0
    while (dollar := template.find("$", start)) != -1:
        if dollar > start:
            parts.append(template[start:dollar])
        name_start, key = _read_key(template, dollar)
        variable = _find_variable(template, name_start, domain)
        start = name_start + len(variable.name)
        parts.append(_Reference(variable, variable.name if key is None else key))
    if start < len(template):
        parts.append(template[start:])
    return parts


def _read_key(template: str, dollar: int) -> tuple[int, str | None]:
    """Where the name begins, and what stands in braces before it."""
    if dollar + 1 == len(template):
        raise TemplateError(dollar, "$ has no variable behind it")
    if template[dollar + 1] != "{":
        return dollar + 1, None
    end = template.find("}", dollar + 2)
    if end == -1:
        raise TemplateError(dollar + 1, "{ has no } behind it")
    if end + 1 == len(template):
        raise TemplateError(end, "} has no variable behind it")
    return end + 1, template[dollar + 2 : end]


def _find_variable(template: str, start: int, domain: _Domain[S]) -> Variable[S]:
    for name, variable in domain.variables.items():
        if template.startswith(name, start):
            return variable
    for name in domain.others:
        if template.startswith(name, start):
            raise TemplateError(start, f"${name} {domain.elsewhere}")
    word = _WORD.match(template, start)
    if word is None:
        raise TemplateError(start, "there is no variable behind $")
    near = difflib.get_close_matches(word[0], domain.variables, 1)
    hint = f"; did you mean ${near[0]}?" if near else ""
    raise TemplateError(start, f"there is no variable ${word[0]}{hint}")
