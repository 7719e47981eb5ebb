"""Shapes: a schema taken apart, as far as its keys are concerned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

_LISTS = (list, tuple, set, frozenset, Sequence)
_MAPS = (dict, Mapping)


@dataclass(frozen=True, slots=True)
class ValueShape:
    """Anything that msgspec shall judge as a whole."""

    annotation: Any


@dataclass(frozen=True, slots=True)
class ListShape:
    """A list, set or tuple of any length."""

    element: "Slot"


@dataclass(frozen=True, slots=True)
class MapShape:
    """An object with keys of the operator's choice."""

    element: "Slot"


@dataclass(slots=True, eq=False)
class StructShape:
    """An object with known keys: `fields` by the names of the wire, `folded` by their lower case.

    `nested` are the fields with known keys somewhere inside; `is_strict` refuses unknown keys.
    """

    fields: "dict[str, Slot]" = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    nested: "tuple[tuple[str, Shape], ...]" = ()
    is_strict: bool = False


Shape = ValueShape | ListShape | MapShape | StructShape


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value."""

    shape: Shape
    is_nullable: bool
    is_required: bool = False


@cache
def shape_of(schema: type[msgspec.Struct]) -> StructShape:
    """Shape of `schema`."""
    return _Shapes().struct(schema)


def has_known_keys(shape: Shape, value: object) -> bool:
    """Whether every object in `value` has only keys of its struct, written exactly."""
    match shape:
        case StructShape():
            return not isinstance(value, dict) or _has_known_members(shape, value)
        case MapShape() if isinstance(value, dict) and holds_struct(shape):
            element = shape.element.shape
            return all(has_known_keys(element, each) for each in value.values())
        case ListShape() if isinstance(value, list) and holds_struct(shape):
            element = shape.element.shape
            return all(has_known_keys(element, each) for each in value)
        case _:
            return True


def holds_struct(shape: Shape) -> bool:
    """Whether there are known keys in `shape` or below it."""
    while isinstance(shape, ListShape | MapShape):
        shape = shape.element.shape
    return isinstance(shape, StructShape)


def bare_type(annotation: Any) -> Any:
    """`annotation` without what is said about it."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _has_known_members(shape: StructShape, value: dict[str, object]) -> bool:
    if not value.keys() <= shape.fields.keys():
        return False
    return all(
        name not in value or has_known_keys(below, value[name]) for name, below in shape.nested
    )


class _Shapes:
    """Shapes made so far, so that a struct may hold itself."""

    __slots__ = ("_structs",)

    def __init__(self) -> None:
        self._structs: dict[Any, StructShape] = {}

    def struct(self, annotation: Any) -> StructShape:
        known = self._structs.get(annotation)
        if known is not None:
            return known
        shape = self._structs[annotation] = StructShape()
        for entry in msgspec.structs.fields(annotation):
            slot = self._slot(entry.type, is_required=entry.required)
            shape.fields[entry.encode_name] = slot
            shape.folded[entry.encode_name.lower()] = entry.encode_name
        shape.nested = tuple(
            (name, slot.shape) for name, slot in shape.fields.items() if holds_struct(slot.shape)
        )
        origin = get_origin(annotation) or annotation
        shape.is_strict = origin.__struct_config__.forbid_unknown_fields
        return shape

    def _slot(self, annotation: Any, *, is_required: bool = False) -> Slot:
        inner = bare_type(annotation)
        is_nullable = inner is Any or inner is NoneType
        if get_origin(inner) in (Union, UnionType):
            others = [one for one in get_args(inner) if one is not NoneType]
            is_nullable = len(others) < len(get_args(inner))
            if len(others) == 1:
                annotation = others[0]
                inner = bare_type(annotation)
        return Slot(self._shape(annotation, inner), is_nullable, is_required)

    def _shape(self, annotation: Any, inner: Any) -> Shape:
        origin, arguments = get_origin(inner) or inner, get_args(inner)
        if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
            return self.struct(inner)
        if origin in _MAPS and len(arguments) == 2:
            return MapShape(self._slot(arguments[1]))
        if origin in _LISTS and arguments and arguments[1:] in ((), (...,)):
            return ListShape(self._slot(arguments[0]))
        return ValueShape(annotation)
