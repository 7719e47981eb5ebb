from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import pytest
from msgspec import Meta, field

from bfe_py.config.shapes import (
    ListShape,
    MapShape,
    StructShape,
    ValueShape,
    bare_type,
    has_known_keys,
    shape_of,
)

T = TypeVar("T")


class Leaf(msgspec.Struct):
    count: int = field(name="Count", default=0)


class Node(msgspec.Struct, forbid_unknown_fields=True):
    name: str = field(name="Name")
    leaf: Leaf | None = field(name="Leaf", default=None)
    nodes: list["Node"] = field(name="Nodes", default_factory=list)
    table: dict[str, list[Leaf] | None] = field(name="Table", default_factory=dict)
    words: Sequence[str] = field(name="Words", default=())
    numbers: Mapping[str, int] = field(name="Numbers", default_factory=dict)
    pair: tuple[int, str] = field(name="Pair", default=(0, ""))
    many: tuple[int, ...] = field(name="Many", default=())
    limited: Annotated[int, Meta(ge=1)] | None = field(name="Limited", default=None)
    either: int | str = field(name="Either", default=0)
    anything: Any = field(name="Anything", default=None)


class Box(msgspec.Struct, Generic[T]):
    content: T


def test_a_struct_has_fields_by_the_names_of_the_wire() -> None:
    shape = shape_of(Node)
    assert list(shape.fields)[:2] == ["Name", "Leaf"]
    assert shape.folded["name"] == "Name"
    assert shape.fields["Name"].is_required
    assert not shape.fields["Leaf"].is_required
    assert shape.is_strict
    assert not shape_of(Leaf).is_strict


def test_only_fields_with_structs_are_nested() -> None:
    assert [name for name, _ in shape_of(Node).nested] == ["Leaf", "Nodes", "Table"]


def test_a_struct_may_hold_itself() -> None:
    shape = shape_of(Node)
    nodes = shape.fields["Nodes"].shape
    assert isinstance(nodes, ListShape)
    assert nodes.element.shape is shape


@pytest.mark.parametrize(
    ("name", "kind", "is_nullable"),
    [
        ("Leaf", StructShape, True),
        ("Table", MapShape, False),
        ("Words", ListShape, False),
        ("Numbers", MapShape, False),
        ("Pair", ValueShape, False),
        ("Many", ListShape, False),
        ("Limited", ValueShape, True),
        ("Either", ValueShape, False),
        ("Anything", ValueShape, True),
    ],
)
def test_fields_have_shapes(name: str, kind: type, is_nullable: bool) -> None:
    slot = shape_of(Node).fields[name]
    assert isinstance(slot.shape, kind)
    assert slot.is_nullable == is_nullable


def test_null_is_no_part_of_what_msgspec_judges() -> None:
    shape = shape_of(Node).fields["Limited"].shape
    assert isinstance(shape, ValueShape)
    assert bare_type(shape.annotation) is int
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(0, shape.annotation)


def test_generic_structs_have_the_shape_of_their_argument() -> None:
    shape = shape_of(Box[Leaf]).fields["content"].shape
    assert isinstance(shape, StructShape)
    assert "Count" in shape.fields


@pytest.mark.parametrize(
    ("value", "is_known"),
    [
        ({"Name": "a", "Leaf": {"Count": 1}, "Table": {"x": [{"Count": 1}], "y": None}}, True),
        ({"name": "a"}, False),
        ({"Name": "a", "Leaf": {"count": 1}}, False),
        ({"Name": "a", "Nodes": [{"Name": "b"}, {"Nam": "c"}]}, False),
        ({"Name": "a", "Table": {"x": [{}, {"Cnt": 1}]}}, False),
        ({"Name": "a", "Numbers": {"whatever": 1}, "Anything": {"whatever": 1}}, True),
        ({"Nodes": "no list", "Table": 3, "Leaf": []}, True),
        ("no object", True),
    ],
)
def test_unknown_keys_are_seen_at_any_depth(value: object, is_known: bool) -> None:
    assert has_known_keys(shape_of(Node), value) == is_known
