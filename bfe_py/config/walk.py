"""Walk: a JSON document key by key against a schema; its findings, and its value in the end."""

from typing import Any, assert_never

import msgspec

from bfe_py.config.findings import Finding, Report, suggest
from bfe_py.config.json_spans import INT64, JsonSpans, Member
from bfe_py.config.shapes import ListShape, MapShape, Shape, Slot, StructShape, ValueShape
from bfe_py.config.text import Span, Text
from bfe_py.config.words import put_in_words

_KINDS = {"{": "an object", "[": "a list", '"': "a string", "t": "true", "f": "false", "n": "null"}
_ZEROS: tuple[Any, ...] = ("", 0, 0.0, False)

_ABSENT: Any = object()
"""Stands for a value that cannot be used; why has been reported."""


class Walk:
    """One walk over `spans` of `text`."""

    __slots__ = ("_cases", "_report", "_spans", "_text")

    def __init__(self, text: Text, spans: JsonSpans, report: Report) -> None:
        self._text = text
        self._spans = spans
        self._report = report
        self._cases: dict[tuple[str, str], list[Span]] = {}

    def run(self, shape: StructShape) -> Any:
        """The document as what msgspec converts into the schema; meaningless after an error."""
        value = self._visit(shape, self._spans.root, "the document")
        for (written, name), spans in self._cases.items():
            message = f'"{written}" is taken for "{name}"'
            if len(spans) > 1:
                message += f" ({len(spans)} times)"
            self._warn("W021", message, spans[0])
        return value

    def _visit(self, shape: Shape, span: Span, name: str) -> Any:
        match shape:
            case StructShape():
                return self._struct(shape, span, name)
            case MapShape():
                return self._map(shape.element, span, name)
            case ListShape():
                return self._list(shape.element, span, name)
            case ValueShape():
                return self._value(shape, span, name)
            case _:
                assert_never(shape)

    def _struct(self, shape: StructShape, span: Span, name: str) -> Any:
        if not self._is_kind("{", span, name):
            return _ABSENT
        written: dict[str, Member] = {}
        for member in self._spans.members(span):
            key = self._key(shape, member)
            if key is not None:
                self._note_repeated(written.get(key))
                written[key] = member
        found: dict[str, Any] = {}
        for key, member in written.items():
            slot = shape.fields[key]
            if self._spans.kind(member.value) != "n":
                found[key] = self._visit(slot.shape, member.value, f'"{key}"')
            elif slot.is_nullable:
                found[key] = None
        for key, slot in shape.fields.items():
            if slot.is_required and key not in found:
                self._refuse("E011", f'"{key}" is missing in {name}', (span[0], span[0] + 1))
        return found

    def _key(self, shape: StructShape, member: Member) -> str | None:
        """Name of the field that `member` stands for, if it is known."""
        if member.name in shape.fields:
            return member.name
        known = shape.folded.get(member.name.lower())
        if known is not None:
            self._cases.setdefault((member.name, known), []).append(member.key)
            return known
        hint = suggest(member.name, shape.fields)
        if shape.is_strict:
            self._refuse("E013", f'unknown key "{member.name}"', member.key, hint=hint)
        else:
            self._warn("W020", f'unknown key "{member.name}" is ignored', member.key, hint)
        return None

    def _map(self, element: Slot, span: Span, name: str) -> Any:
        if not self._is_kind("{", span, name):
            return _ABSENT
        written: dict[str, Member] = {}
        for member in self._spans.members(span):
            key = self._mended(member.name, member.key)
            self._note_repeated(written.get(key))
            written[key] = member
        return {
            key: self._element(element, member.value, f'"{key}"') for key, member in written.items()
        }

    def _list(self, element: Slot, span: Span, name: str) -> Any:
        if not self._is_kind("[", span, name):
            return _ABSENT
        inside = f"an element of {name}"
        return [self._element(element, item, inside) for item in self._spans.items(span)]

    def _element(self, slot: Slot, span: Span, name: str) -> Any:
        if self._spans.kind(span) != "n":
            return self._visit(slot.shape, span, name)
        if slot.is_nullable:
            return None
        zero = _zero(slot.shape)
        if zero is _ABSENT:
            self._refuse("E015", f"{name} is null", span)
        else:
            self._warn("W024", f"{name} is null and counts as {zero!r}", span)
        return zero

    def _value(self, shape: ValueShape, span: Span, name: str) -> Any:
        value = self._spans.value(span)
        if isinstance(value, str):
            value = self._mended(value, span)
        try:
            msgspec.convert(value, shape.annotation)
        except msgspec.ValidationError as error:
            expected = put_in_words(str(error))
            message = f"{name} is {self._described(span)}"
            self._refuse("E010", message, span, expected)
            return _ABSENT
        if type(value) is int and value not in INT64:
            self._refuse("E012", f"{name} is too large", span, "an integer of 64 bits")
            return _ABSENT
        return value

    def _is_kind(self, kind: str, span: Span, name: str) -> bool:
        if self._spans.kind(span) == kind:
            return True
        self._refuse("E010", f"{name} is {self._described(span)}", span, _KINDS[kind])
        return False

    def _described(self, span: Span) -> str:
        shown = self._text.text[span[0] : span[1]]
        kind = self._spans.kind(span)
        if kind == '"':
            return f"the string {shown}" if len(shown) <= 40 else "a string"
        return _KINDS[kind] if kind in _KINDS else f"the number {shown[:40]}"

    def _note_repeated(self, earlier: Member | None) -> None:
        if earlier is not None:
            message = f'"{earlier.name}" stands again further on; this one is ignored'
            self._warn("W022", message, earlier.key)

    def _mended(self, value: str, span: Span) -> str:
        if value.isascii():
            return value
        mended = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if mended != value:
            self._warn("W025", "half of a surrogate pair counts as U+FFFD", span)
        return mended

    def _refuse(
        self, code: str, message: str, span: Span, expected: str = "", *, hint: str = ""
    ) -> None:
        finding = Finding("error", code, message, expected=expected, hint=hint)
        self._report.add(self._text.locate(finding, span))

    def _warn(self, code: str, message: str, span: Span, hint: str = "") -> None:
        self._report.add(self._text.locate(Finding("warning", code, message, hint=hint), span))


def _zero(shape: Shape) -> Any:
    """What Go makes of null where there must be a value."""
    match shape:
        case StructShape():
            return _ABSENT
        case MapShape():
            return {}
        case ListShape():
            return []
        case ValueShape(annotation):
            for zero in _ZEROS:
                try:
                    return msgspec.convert(zero, annotation)
                except msgspec.ValidationError:
                    continue
            return _ABSENT
        case _:
            assert_never(shape)
