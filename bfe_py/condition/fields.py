"""Names of fields: looked up in any case, and never found unless they are tokens."""

import re

from bfe_py.condition.arguments import Name, Patterns
from bfe_py.condition.facts import Facts
from bfe_py.condition.matching import Source

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NAMES = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


def field_names(names: Patterns) -> tuple[str, ...]:
    """Those of `names` that a field can have, in small letters."""
    return tuple([each.lower() for each in names.values if _TOKEN.fullmatch(each)])


def request_field(name: Name) -> Source:
    """Source of the first value of a field of the request."""
    if not _TOKEN.fullmatch(name.value):
        return _nothing
    key = name.value.lower()
    return lambda facts: facts.header(key)


def response_field(name: Name) -> Source:
    """Source of the first value of a field of the response."""
    if not _TOKEN.fullmatch(name.value):
        return _nothing
    key = name.value.lower()
    return lambda facts: facts.response_header(key)


def is_secret_field(name: str) -> bool:
    """The field carries credentials, so its value is shown to nobody."""
    return name.lower() in _NAMES


def _nothing(_facts: Facts) -> str | None:
    return None
