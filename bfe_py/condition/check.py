"""Names, numbers and kinds of arguments of the calls of a condition, against the catalogue."""

from bfe_py.condition.catalogue import PRIMITIVES
from bfe_py.condition.hints import nearest
from bfe_py.condition.nodes import Call, Kind, Literal, Ref
from bfe_py.condition.problems import OFFSET, Finding
from bfe_py.condition.registry import Parameter, Primitive


def unknown_primitive(call: Call) -> Finding:
    """Finding for a call of what is no primitive."""
    start = call.name_at
    return Finding(
        f"there is no primitive `{call.name}`",
        start,
        start + len(call.name),
        suggestion=nearest(call.name, PRIMITIVES),
        reference=f"primitive {call.name} not found",
        reference_at=start,
    )


def check_arguments(call: Call, primitive: Primitive) -> list[Finding]:
    """What is wrong with the number and kinds of the arguments."""
    wanted, given = primitive.parameters, call.arguments
    if len(wanted) != len(given):
        return [_wrong_number(call, primitive)]
    return [
        _wrong_kind(call, index, parameter)
        for index, parameter in enumerate(wanted)
        if given[index].kind is not parameter.kind
    ]


def unresolved(ref: Ref, names: list[str]) -> Finding:
    """Finding for a name without a definition; `names` are those that have one."""
    expected, suggestion = "a primitive has its arguments in parentheses", f"{ref.name}()"
    known = PRIMITIVES.get(ref.name)
    if known is None:
        near = nearest(ref.name, [*names, *PRIMITIVES])
        known = PRIMITIVES.get(near)
        expected, suggestion = "", near
    if known is not None:
        suggestion = signature(known)
    return Finding(
        f"`{ref.name}` is defined nowhere",
        ref.name_at,
        ref.name_at + len(ref.name),
        expected,
        suggestion,
        f"found unresolved variable {ref.name} {OFFSET}",
        ref.name_at,
    )


def signature(primitive: Primitive) -> str:
    """How a primitive is called, such as ``req_path_in(paths, case)``."""
    return f"{primitive.name}({', '.join([each.name for each in primitive.parameters])})"


def _wrong_number(call: Call, primitive: Primitive) -> Finding:
    wanted, given = len(primitive.parameters), len(call.arguments)
    many = f"{wanted} argument{'' if wanted == 1 else 's'}"
    start = call.name_at
    return Finding(
        f"`{call.name}` takes {many}, not {given}",
        start,
        start + len(call.name),
        expected=_describe(primitive),
        reference=f"primitive args len error, expect {wanted}, got {given}",
        reference_at=start,
    )


def _wrong_kind(call: Call, index: int, parameter: Parameter) -> Finding:
    literal = call.arguments[index]
    wanted, given = parameter.kind.value, literal.kind.value
    return Finding(
        f"argument `{parameter.name}` of `{call.name}` is {_KINDS[parameter.kind]}",
        literal.start,
        literal.end,
        suggestion=_converted(literal, parameter.kind),
        reference=f"primitive {call.name} arg {index} expect {wanted}, got {given}",
        reference_at=call.name_at,
    )


_KINDS = {
    Kind.STRING: "text in quotes",
    Kind.BOOL: "true or false",
    Kind.INT: "a number",
    Kind.BROKEN: "",
}


def _converted(literal: Literal, kind: Kind) -> str:
    if kind is Kind.STRING:
        return f'"{literal.text}"'
    return literal.text.lower() if literal.text.lower() in {"true", "false"} else ""


def _describe(primitive: Primitive) -> str:
    if not primitive.parameters:
        return f"{primitive.name}()"
    types = ", ".join([f"{each.name} ({each.label})" for each in primitive.parameters])
    return f"{primitive.name} takes {types}"
