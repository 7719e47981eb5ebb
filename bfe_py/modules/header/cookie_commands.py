"""Commands for cookies."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

from bfe_py.model import Exchange
from bfe_py.modules.header.commands import Change, Command, Parameters, Side, response_of
from bfe_py.modules.header.cookies import (
    CookieIdentity,
    ResponseCookie,
    cookie_path,
    cookie_value,
    remove_request_cookie,
    remove_response_cookie,
    set_request_cookie,
    set_response_cookie,
)
from bfe_py.modules.header.values import Constant, Value
from bfe_py.observe import RULE_VARIABLES

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d?) "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d\d):(\d\d):(\d\d) [A-Z]{3,4}"
)
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_WHOLE_NUMBER = re.compile(r"[+-]?\d+")
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def _name(parameters: Parameters) -> bytes | None:
    text = parameters.texts[0]
    if not _TOKEN.fullmatch(text):
        parameters.error(0, f'"{text}" is no name of a cookie', expected="letters, digits and -")
        return None
    return text.encode("ascii")


def _value(parameters: Parameters) -> Value:
    """A variable if it is all of the parameter; text otherwise."""
    text = parameters.texts[1]
    if text.startswith("%") and text[1:] in RULE_VARIABLES:
        return RULE_VARIABLES[text[1:]].read
    if "%" in text:
        parameters.warning(1, "a cookie's value is a variable as a whole or not at all")
    return Constant(_allowed(parameters, 1, cookie_value))


def _allowed(parameters: Parameters, index: int, clean: Callable[[bytes], bytes]) -> bytes:
    """Parameter `index` without what `clean` leaves out."""
    raw = parameters.texts[index].encode("utf-8", "surrogateescape")
    kept = clean(raw)
    if kept != raw:
        parameters.warning(index, "characters that cannot stand in a cookie are left out")
    return kept


def _set_in_request(_side: Side, parameters: Parameters) -> Change | None:
    name = _name(parameters)
    if name is None:
        return None
    value = _value(parameters)

    def change(exchange: Exchange) -> None:
        set_request_cookie(exchange, name, value(exchange))

    return change


def _remove_from_request(_side: Side, parameters: Parameters) -> Change | None:
    name = _name(parameters)
    if name is None:
        return None

    def change(exchange: Exchange) -> None:
        remove_request_cookie(exchange, name)

    return change


def _identity(parameters: Parameters, domain: int, path: int) -> CookieIdentity | None:
    name = _name(parameters)
    if name is None:
        return None
    domain_text = parameters.texts[domain].lower().removeprefix(".")
    if not re.fullmatch(r"[a-z0-9.-]+", domain_text):
        parameters.warning(domain, f'"{domain_text}" is no domain: the attribute is left out')
        domain_text = ""
    return CookieIdentity(
        name, domain_text.encode("ascii"), _allowed(parameters, path, cookie_path)
    )


def _set_in_response(_side: Side, parameters: Parameters) -> Change | None:
    identity = _identity(parameters, 2, 3)
    expires, age = _expires(parameters, 4), _max_age(parameters, 5)
    http_only, secure = _flag(parameters, 6, b"; HttpOnly"), _flag(parameters, 7, b"; Secure")
    value = _value(parameters)
    if identity is None or None in (expires, age, http_only, secure):
        return None
    attributes = b"; Path=" + identity.path if identity.path else b""
    attributes += b"; Domain=" + identity.domain if identity.domain else b""
    for each in (expires, age, http_only, secure):
        attributes += each or b""
    cookie = ResponseCookie(identity, value, attributes)

    def change(exchange: Exchange) -> None:
        set_response_cookie(exchange, response_of(exchange), cookie)

    return change


def _remove_from_response(_side: Side, parameters: Parameters) -> Change | None:
    identity = _identity(parameters, 1, 2)
    if identity is None:
        return None

    def change(exchange: Exchange) -> None:
        remove_response_cookie(exchange, response_of(exchange), identity)

    return change


def _expires(parameters: Parameters, index: int) -> bytes | None:
    text = parameters.texts[index]
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        month = _MONTHS.index(found[2]) // 3 + 1
        day, year, hour, minute, second = [int(found[group]) for group in (1, 3, 4, 5, 6)]
        when = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        parameters.error(
            index, f'expires "{text}" is no date', expected="Wed, 21 Oct 2037 07:28:00 GMT"
        )
        return None
    return b"; Expires=" + format_datetime(when, usegmt=True).encode("ascii")


def _max_age(parameters: Parameters, index: int) -> bytes | None:
    """Attribute of a number of seconds: a negative one means now, 0 leaves the attribute out."""
    text = parameters.texts[index]
    if not _WHOLE_NUMBER.fullmatch(text):
        parameters.error(index, f'max-age "{text}" is no number', expected="whole seconds")
        return None
    seconds = int(text)
    return b"; Max-Age=%d" % max(seconds, 0) if seconds else b""


def _flag(parameters: Parameters, index: int, attribute: bytes) -> bytes | None:
    text = parameters.texts[index]
    if text in _TRUE:
        return attribute
    if text in _FALSE:
        return b""
    what = attribute.decode()[2:]
    parameters.error(index, f'{what} "{text}" is neither', expected="true or false")
    return None


REQUEST_COOKIE_COMMANDS = {
    "COOKIE_SET": Command((2,), _set_in_request),
    "COOKIE_DEL": Command((1,), _remove_from_request),
}
"""Commands for the cookies of a request."""

RESPONSE_COOKIE_COMMANDS = {
    "COOKIE_SET": Command((8,), _set_in_response),
    "COOKIE_DEL": Command((3,), _remove_from_response),
}
"""Commands for the cookies of a response."""
