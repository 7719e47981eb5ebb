"""Hosts as a tenant claims them: a name, ``*.suffix`` for any depth below it, or ``*``."""

import re

from lark import Token

from bfe_py.config.rules_file.remarks import Remarks, span_of

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST = 253


def is_host_name(text: str) -> bool:
    """Whether `text` (in lower case) is a host name or an IPv4 address."""
    labels = text.split(".")
    return len(text) <= _LONGEST and all(_LABEL.fullmatch(label) for label in labels)


def read_host(token: Token, remarks: Remarks) -> str | None:
    """Host in lower case, without the dot of the root."""
    text = token.lower()
    name = text.removesuffix(".")
    if text == "*" or is_host_name(name.removeprefix("*.")):
        return name
    code, message, expected, hint = _describe(text)
    remarks.error(code, span_of(token), f"`{token}` {message}", expected, hint)
    return None


def _describe(text: str) -> tuple[str, str, str, str]:
    """Code, message, what is expected and a hint for a host that is none."""
    if text.startswith("["):
        return "E700", "is an IPv6 address: requests for it are found by `vips` only", "a name", ""
    if text in ("http:", "https:"):
        return "E700", "is a scheme, and `//` begins a comment", "a host alone", ""
    if "/" in text:
        return "E700", "has a path: hosts have none", "a host", _instead(text.partition("/")[0])
    if ":" in text:
        return "E700", "has a port: hosts have none", "a host", _instead(text.partition(":")[0])
    if "*" in text:
        return "E107", "has a star in it that is not in front", "`*` or `*.` and a name", ""
    if not text.isascii():
        return "E700", "is not in ASCII: requests carry the form with xn--", "a name", _ascii(text)
    return "E700", "is not a host name", "labels of letters, digits, `-` and `_` between dots", ""


def _instead(text: str) -> str:
    return f'did you mean "{text}"?' if is_host_name(text.removeprefix("*.")) else ""


def _ascii(text: str) -> str:
    try:
        return f'did you mean "{text.encode("idna").decode()}"?'
    except UnicodeError:
        return ""
