"""How the parts of a request are read, so that conditions see what BFE's would.

Text is bytes decoded as UTF-8 with ``surrogateescape``.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# The blanks of Unicode; str.strip() takes four control characters more.
_BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


class TargetError(ValueError):
    """A request target whose path has a bad percent escape."""


def split_host(host: str) -> tuple[str, str]:
    """Host up to its first colon, and port behind it; ``80`` without one or if it comes first."""
    name, colon, port = host.partition(":")
    return (name, port) if colon and name else (name, "80")


def split_target(target: str) -> tuple[str, str]:
    """Path and query of a request target, both still encoded; empty if it has none.

    ``#`` is an ordinary character. Of the absolute form, scheme and authority are left out; the
    authority form has no path.
    """
    path, _, query = target.partition("?")
    if path[:1] == "/" or path == "*":
        return path, query
    if not _SCHEME.match(path):
        return "", query
    _, slashes, rest = path.partition("://")
    _, slash, path = rest.partition("/")
    return (slash + path if slashes else ""), query


def authority_of(target: str) -> str | None:
    """Authority of a request target in absolute form, without user information; else None."""
    if target[:1] == "/":
        return None
    scheme, slashes, rest = target.partition("?")[0].partition("://")
    if not slashes or not _SCHEME.fullmatch(scheme + ":"):
        return None
    return rest.partition("/")[0].rpartition("@")[2]


def decode_path(target: str) -> str:
    """Path of a request target, percent-decoded once; nothing else is changed.

    Raises:
        TargetError: a bad escape; such a request is refused before any condition sees it.
    """
    path = split_target(target)[0]
    if "%" not in path:
        return path
    if _BAD_ESCAPE.search(path):
        raise TargetError(f"bad percent escape in {path!r}")
    return _decode(path)


def parse_query(query: str) -> dict[str, str]:
    """First value of each parameter of an encoded query, decoded; ``+`` is a blank.

    Parts that are empty, hold a ``;`` or have a bad escape are dropped.
    """
    found: dict[str, str] = {}
    if not query:
        return found
    is_plain = "%" not in query and "+" not in query
    for part in query.split("&"):
        if not part or ";" in part:
            continue
        name, _, value = part.partition("=")
        if not is_plain:
            if "+" in part:
                name, value = name.replace("+", " "), value.replace("+", " ")
            if "%" in part:
                if _BAD_ESCAPE.search(part):
                    continue
                name, value = _decode(name), _decode(value)
        if name not in found:
            found[name] = value
    return found


def parse_cookies(values: Iterable[str]) -> dict[str, str]:
    """First value of each cookie, from the values of all Cookie fields in order.

    A ``;`` ends a cookie unless it comes first in what is left: then all of that is one cookie.
    Values are kept as they are; names that are no tokens are dropped, the empty name is kept.
    """
    found: dict[str, str] = {}
    for line in values:
        rest = line.strip(_BLANKS)
        while rest:
            end = rest.find(";")
            if end > 0:
                part, rest = rest[:end], rest[end + 1 :]
            else:
                part, rest = rest, ""
            part = part.strip(_BLANKS)
            if not part:
                continue
            name, _, value = part.partition("=")
            if name not in found and _TOKEN.fullmatch(name):
                found[name] = value
    return found


def _decode(text: str) -> str:
    encoded = text.encode("utf-8", "surrogateescape")
    return unquote_to_bytes(encoded).decode("utf-8", "surrogateescape")
