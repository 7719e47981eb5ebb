"""Schemas as tables: name, type, default and meaning of every field."""

import ast
import inspect
import sys
import textwrap
import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from bfe_py.cli.reference.markdown import code, first_line, paragraph, table

_WORDS = {int: "integer", float: "number", str: "text", bool: "boolean", bytes: "bytes"}
_TITLES = ("key", "type", "default", "meaning")


@cache
def field_texts(schema: type) -> dict[str, str]:
    """Attribute -> the string that stands under it in the source of `schema`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(schema)))
    body = tree.body[0]
    assert isinstance(body, ast.ClassDef)
    texts = {}
    for statement, after in zip(body.body, body.body[1:], strict=False):
        match statement, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                texts[name] = inspect.cleandoc(text)
    return texts


def describe(schema: type[msgspec.Struct]) -> str:
    """Table of the fields of `schema`."""
    texts = field_texts(schema)
    rows = []
    for field in msgspec.structs.fields(schema):
        meaning = texts.get(field.name) or " ".join(_nested_meaning(schema, field.type))
        kind = _type_words(resolve(schema, field.type))
        rows.append((code(field.encode_name), kind, _default(field), meaning))
    return table(_TITLES, rows)


def describe_all(schema: type[msgspec.Struct], level: int) -> Iterator[str]:
    """Headings, texts and tables of `schema` and of every schema inside it; each once."""
    for each in nested_schemas(schema):
        yield f"{'#' * level} {each.__name__}"
        yield paragraph(each.__doc__)
        yield describe(each)


def nested_schemas(schema: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    """`schema` and every schema inside it, outer ones first; each once."""
    found: list[type[msgspec.Struct]] = []
    waiting = [schema]
    while waiting:
        each = waiting.pop(0)
        if each not in found:
            found.append(each)
            for field in msgspec.structs.fields(each):
                waiting += _schemas_in(resolve(each, field.type))
    return found


def resolve(schema: type, annotation: Any) -> Any:
    """`annotation`, looked up where `schema` is defined if it is a name."""
    if isinstance(annotation, str):
        return eval(annotation, vars(sys.modules[schema.__module__]))  # noqa: S307 - our own source
    return annotation


def _schemas_in(annotation: Any) -> list[type[msgspec.Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return [annotation]
    return [found for inner in get_args(annotation) for found in _schemas_in(inner)]


def _nested_meaning(schema: type, annotation: Any) -> list[str]:
    return [first_line(each.__doc__) for each in _schemas_in(resolve(schema, annotation))]


def _type_words(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation in _WORDS:
        return _WORDS[annotation]
    if origin is Annotated:
        limits = " and ".join(_limits(each) for each in inner[1:])
        return f"{_type_words(inner[0])} {limits}".strip()
    if origin in (Union, types.UnionType):
        return " or ".join(_type_words(each) for each in inner if each is not type(None))
    if origin is Literal:
        return " or ".join(code(str(each)) for each in inner)
    if origin in (list, tuple, set, frozenset):
        return f"list of {_type_words(inner[0])}"
    if origin is dict:
        return f"object of {_type_words(inner[1])}"
    return getattr(annotation, "__name__", "anything")


def _limits(meta: object) -> str:
    if not isinstance(meta, msgspec.Meta):
        return ""
    words = []
    for name, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
        bound = getattr(meta, name)
        if bound is not None:
            words.append(f"{sign} {bound}")
    return ", ".join(words)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "must be there"
    value = field.default
    if value is msgspec.NODEFAULT or value is None or isinstance(value, msgspec.Struct):
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    if value in ("", ()):
        return ""
    return code(str(value))
