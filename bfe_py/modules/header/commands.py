"""What a command is, and what its parameters are checked with."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bfe_py.model import Exchange, Headers, ResponseHead
from bfe_py.modules.header.values import FieldValueError, Value, compile_value
from bfe_py.pipeline import Findings, Path

Change = Callable[[Exchange], None]
"""What an action does to an exchange."""

Select = Callable[[Exchange], Headers]
"""Which fields an action is about."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

_CONNECTION = frozenset(
    {b"connection", b"content-length", b"keep-alive", b"te", b"trailer", b"transfer-encoding"}
    | {b"upgrade"}
)


@dataclass(frozen=True, slots=True)
class Side:
    """Requests or responses: where their fields are, and which of them no rule can change.

    Those say how the message is framed and where it goes; they are written from what the proxy
    knows, not from the fields.
    """

    is_request: bool
    select: Select
    fixed: frozenset[bytes]


def _request_headers(exchange: Exchange) -> Headers:
    return exchange.request.headers


def response_of(exchange: Exchange) -> ResponseHead:
    """The response that a handler of the RESPONSE phase is called for."""
    response = exchange.response
    assert response is not None
    return response


def _response_headers(exchange: Exchange) -> Headers:
    return response_of(exchange).headers


REQUEST = Side(True, _request_headers, _CONNECTION | {b"host", b"expect"})
RESPONSE = Side(False, _response_headers, _CONNECTION)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one action, with what takes their problems."""

    texts: list[str]
    path: Path
    findings: Findings

    def error(self, index: int, message: str, *, expected: str = "") -> None:
        """Parameter `index` cannot be used."""
        self.findings.error((*self.path, "params", index), message, expected=expected)

    def warning(self, index: int, message: str, *, expected: str = "") -> None:
        """Parameter `index` is likely not meant."""
        self.findings.warning((*self.path, "params", index), message, expected=expected)

    def name(self, index: int) -> bytes | None:
        """Field name, each word with a capital; None if it is not one (RFC 9110 section 5.1)."""
        text = self.texts[index]
        if not _TOKEN.fullmatch(text):
            self.error(index, f'"{text}" is no field name', expected="letters, digits and -")
            return None
        return "-".join([word.capitalize() for word in text.split("-")]).encode("ascii")

    def changeable_name(self, index: int, side: Side) -> bytes | None:
        """Field name that rules can change; None if it is no name, or one that they cannot."""
        name = self.name(index)
        if name is not None and name.lower() in side.fixed:
            self.warning(index, f"{name.decode()} cannot be changed by a rule: this has no effect")
            return None
        return name

    def value(self, index: int) -> Value | None:
        """Value with its variables; None if it cannot be used."""
        try:
            return compile_value(self.texts[index])
        except FieldValueError as problem:
            self.error(index, str(problem))
            return None


Make = Callable[[Side, Parameters], Change | None]
"""Makes the change of an action; None if a parameter is wrong, which was then reported."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: how many parameters it takes, and what it does."""

    counts: tuple[int, ...]
    make: Make
