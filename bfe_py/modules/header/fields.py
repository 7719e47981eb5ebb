"""Commands for header fields."""

from dataclasses import dataclass

from bfe_py.model import Exchange, Line, field_line
from bfe_py.modules.header.commands import Change, Command, Parameters, Select, Side
from bfe_py.modules.header.references import with_query_pair, with_scheme
from bfe_py.modules.header.values import Constant, FieldValueError, compile_value

_REFERENCES = (b"Referer", b"Location")
_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class SetLine:
    """Change that sets a field to the same value each time."""

    select: Select
    line: Line

    def __call__(self, exchange: Exchange) -> None:
        """Set it."""
        _, name, value, _ = self.line
        self.select(exchange).set(name, value)


def _noticing_cookies(side: Side, name: bytes, change: Change) -> Change:
    """`change`, after which the cookies are read again if it is about them."""
    if not side.is_request or name.lower() != b"cookie":
        return change

    def change_cookies(exchange: Exchange) -> None:
        change(exchange)
        exchange.forget_cookies()

    return change_cookies


def _set(side: Side, parameters: Parameters) -> Change | None:
    name, value = parameters.changeable_name(0, side), parameters.value(1)
    if name is None or value is None:
        return None
    select = side.select
    if isinstance(value, Constant):
        return _noticing_cookies(side, name, SetLine(select, field_line(name, value.value)))

    def change(exchange: Exchange) -> None:
        select(exchange).set(name, value(exchange))

    return _noticing_cookies(side, name, change)


def _add(side: Side, parameters: Parameters) -> Change | None:
    name, value = parameters.changeable_name(0, side), parameters.value(1)
    if name is None or value is None:
        return None
    select = side.select

    def change(exchange: Exchange) -> None:
        select(exchange).add(name, value(exchange))

    return _noticing_cookies(side, name, change)


def _remove(side: Side, parameters: Parameters) -> Change | None:
    name = parameters.changeable_name(0, side)
    if name is None:
        return None
    lower, select = name.lower(), side.select

    def change(exchange: Exchange) -> None:
        select(exchange).remove(lower)

    return _noticing_cookies(side, name, change)


def _rename(side: Side, parameters: Parameters) -> Change | None:
    old, new = parameters.changeable_name(0, side), parameters.changeable_name(1, side)
    if old is None or new is None:
        return None
    old_lower, new_lower, select = old.lower(), new.lower(), side.select

    def change(exchange: Exchange) -> None:
        headers = select(exchange)
        first = headers.get(old_lower)
        if not first or headers.get(new_lower):
            return
        headers.remove(new_lower)
        if exchange.compatible:  # BFE keeps the first of several values only
            headers.set(old, first)
        headers.rename(old_lower, new)

    return _noticing_cookies(side, old, _noticing_cookies(side, new, change))


def _modify(side: Side, parameters: Parameters) -> Change | None:
    kind = parameters.texts[0].upper()
    name = parameters.name(1)
    if name is None:
        return None
    if name not in _REFERENCES:
        parameters.error(1, f"{name.decode()} is no URL field", expected="referer or location")
        return None
    if kind == "SCHEME_SET":
        return _set_scheme(side, name, parameters)
    if kind == "QUERY_ADD":
        return _add_query(side, name, parameters)
    parameters.error(
        0, f'"{parameters.texts[0]}" is no change of a URL', expected="scheme_set or query_add"
    )
    return None


def _has_count(parameters: Parameters, count: int) -> bool:
    if len(parameters.texts) == count:
        return True
    parameters.error(0, f"{len(parameters.texts)} parameters", expected=f"{count} parameters")
    return False


def _set_scheme(side: Side, name: bytes, parameters: Parameters) -> Change | None:
    if not _has_count(parameters, 3):
        return None
    scheme = parameters.texts[2]
    if scheme not in _SCHEMES:
        parameters.error(2, f'"{scheme}" is no scheme for this', expected="http or https")
        return None
    lower, select = name.lower(), side.select

    def change(exchange: Exchange) -> None:
        headers = select(exchange)
        reference = headers.get(lower)
        if reference:
            headers.set(name, with_scheme(reference.decode("latin-1"), scheme).encode("latin-1"))

    return change


def _add_query(side: Side, name: bytes, parameters: Parameters) -> Change | None:
    if not _has_count(parameters, 4):
        return None
    pair = f"{parameters.texts[2]}={parameters.texts[3]}"
    try:
        compile_value(pair.replace("%", "%%"))
    except FieldValueError as problem:
        parameters.error(3, str(problem))
        return None
    pair = pair.encode("utf-8", "surrogateescape").decode("latin-1")
    lower, select = name.lower(), side.select

    def change(exchange: Exchange) -> None:
        headers = select(exchange)
        reference = headers.get(lower)
        if reference:
            text = with_query_pair(reference.decode("latin-1"), pair)
            headers.set(name, text.encode("latin-1"))

    return change


FIELD_COMMANDS = {
    "HEADER_SET": Command((2,), _set),
    "HEADER_ADD": Command((2,), _add),
    "HEADER_DEL": Command((1,), _remove),
    "HEADER_RENAME": Command((2,), _rename),
    "HEADER_MOD": Command((3, 4), _modify),
}
"""Commands for requests (``REQ_``) and responses (``RSP_``)."""
