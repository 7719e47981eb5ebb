"""How queries in a JSON path compare values: by the type of the value that is there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from bfe_py.condition.folding import to_utf8
from bfe_py.condition.json_text import Type, Value, parse_number

_Ordered = TypeVar("_Ordered", bytes, float)

Wildcard: TypeAlias = Callable[[str], bool]
"""Tells whether a text fits a pattern with wildcards."""


@dataclass(frozen=True, slots=True)
class Comparand:
    """``operator value`` of a query; without an operator it is enough that there is a value."""

    operator: str
    value: str
    wildcard: Wildcard | None


def fits(value: Value | None, comparand: Comparand) -> bool:
    """`value` is what `comparand` asks for."""
    wanted = comparand.value
    if wanted.startswith("~"):
        verdict = _verdict(value, wanted[1:])
        if verdict is None:
            return False
        value, wanted = Value(Type.TRUE if verdict else Type.FALSE, "?"), "true"
    if value is None:
        return False
    return not comparand.operator or _compare(value, comparand, wanted)


def _verdict(value: Value | None, wanted: str) -> bool | None:
    """Whether a value counts as ``~true``, ``~false``, ``~null`` or, for ``~*``, is there."""
    match wanted:
        case "*":
            return value is not None
        case "null":
            return value is None or value.type is Type.NULL
        case "true":
            return value is not None and _truth(value) is True
        case "false":
            return value is None or value.type is Type.NULL or _truth(value) is False
        case _:
            return None


def _truth(value: Value) -> bool | None:
    match value.type:
        case Type.TRUE | Type.FALSE:
            return value.type is Type.TRUE
        case Type.NUMBER:
            return parse_number(value.raw) != 0
        case Type.STRING:
            return _TRUTHS.get(value.text.lower())
        case _:
            return None


_TRUTHS = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}


def _compare(value: Value, comparand: Comparand, wanted: str) -> bool:
    operator = comparand.operator
    match value.type:
        case Type.STRING:
            if comparand.wildcard is not None:
                return comparand.wildcard(value.text) is (operator == "%")
            return _ordered(to_utf8(value.text), operator, to_utf8(wanted))
        case Type.NUMBER:
            return _ordered(parse_number(value.raw), operator, parse_number(wanted))
        case Type.TRUE | Type.FALSE:
            own = "true" if value.type is Type.TRUE else "false"
            if operator in {"=", "!="}:
                return (own == wanted) is (operator == "=")
            # false < true, and neither is ordered against anything else.
            sign = ">" if value.type is Type.TRUE else "<"
            other = "false" if value.type is Type.TRUE else "true"
            return operator == sign + "=" or (operator == sign and wanted == other)
        case _:
            return False


def _ordered(left: _Ordered, operator: str, right: _Ordered) -> bool:
    match operator:
        case "=":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case _:
            return False
