"""Why a primitive matched or not: the pattern that hit, or the nearest miss."""

from collections.abc import Callable
from dataclasses import dataclass

from bfe_py.condition.arguments import Buckets, Case, Name, Patterns
from bfe_py.condition.buckets import bucket_of
from bfe_py.condition.catalogue import PRIMITIVES
from bfe_py.condition.facts import Facts
from bfe_py.condition.fields import is_secret_field
from bfe_py.condition.folding import fold, lower, to_utf8
from bfe_py.condition.matching import Missing
from bfe_py.condition.nodes import Call
from bfe_py.condition.registry import Comparison, Primitive

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Observed:
    """How a primitive came out, the value it read, as text, and why."""

    result: bool
    value: str | None
    why: str


def observe(call: Call, facts: Facts) -> Observed:
    """Evaluate one call, which must be one that compiles."""
    primitive = PRIMITIVES[call.name]
    atom = primitive.bind(call.arguments)
    arguments = primitive.parse_arguments(call.arguments)
    result = atom.matches(facts)
    value = atom.read(facts)
    if primitive.compares is Comparison.HOLDS:
        return Observed(result, None, "")
    if value is None:
        return Observed(result, None, f"there is no value, which {_missing(primitive)}")
    if _is_secret(primitive, arguments):
        return Observed(result, f"<{len(str(value))} characters>", "the value is not shown")
    text = _shown(value)
    if not isinstance(value, str):
        return Observed(result, text, f"found {text}" if value else "found none")
    return Observed(result, text, _reason(primitive, arguments, value, result=result))


def _missing(primitive: Primitive) -> str:
    return primitive.missing.value if primitive.missing is not Missing.NEVER else "is empty"


def _is_secret(primitive: Primitive, arguments: tuple[object, ...]) -> bool:
    if primitive.is_secret:
        return True
    first = arguments[0] if arguments else None
    is_field = primitive.family in {"header", "response"}
    return is_field and isinstance(first, Name) and is_secret_field(first.value)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join([_shown(each) for each in value])
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _reason(
    primitive: Primitive, arguments: tuple[object, ...], value: str, *, result: bool
) -> str:
    shown = f'"{_shown(value)}"'
    ignore_case = _ignores_case(primitive, arguments)
    for each in arguments:
        if isinstance(each, Buckets):
            bucket = bucket_of(to_utf8(lower(value) if ignore_case else value))
            return f"{shown} falls into bucket {bucket}"
    verb = primitive.compares.value
    patterns = next((each.values for each in arguments if isinstance(each, Patterns)), None)
    if patterns is None:
        return f"{shown} {'fits' if result else 'does not fit'}"
    subject = fold(value) if ignore_case else value
    test = _TESTS[primitive.compares]
    folded = [fold(each) if ignore_case else each for each in patterns]
    for pattern, each in zip(patterns, folded, strict=True):
        if test(subject, each):
            return f'{shown} {verb} "{pattern}"'
    near = _nearest_miss(subject, folded, test)
    return f"{shown} {verb} none of the patterns" + (f"; {near}" if near else "")


def _ignores_case(primitive: Primitive, arguments: tuple[object, ...]) -> bool:
    for each in arguments:
        if isinstance(each, Case):
            return each is Case.INSENSITIVE
    return primitive.name in _ALWAYS_FOLDED


_ALWAYS_FOLDED = frozenset(
    {"req_host_in", "req_host_suffix_in", "req_host_tag_in", "req_method_in", "ses_tls_sni_in"}
)


def _elements(value: str, pattern: str) -> bool:
    closed = pattern if pattern.endswith("/") else pattern + "/"
    return (value if value.endswith("/") else value + "/").startswith(closed)


_TESTS: dict[Comparison, Callable[[str, str], bool]] = {
    Comparison.EQUALS: str.__eq__,
    Comparison.PREFIX: str.startswith,
    Comparison.ELEMENTS: _elements,
    Comparison.SUFFIX: str.endswith,
    Comparison.CONTAINS: str.__contains__,
}


def _nearest_miss(value: str, patterns: list[str], test: Callable[[str, str], bool]) -> str:
    for pattern in patterns:
        if test(fold(value), fold(pattern)):
            return "only the case of the letters differs"
        if pattern != pattern.strip(" \t") and test(value, pattern.strip(" \t")):
            return "the pattern has blanks at its ends"
        if test(value.rstrip("/"), pattern.rstrip("/")):
            return "only the final slash differs"
        if test is str.__eq__ and value.startswith(pattern) and pattern:
            return f'the value only starts with "{pattern}"'
    return ""
