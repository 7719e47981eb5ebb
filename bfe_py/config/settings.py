"""Settings: an ini file into a schema: sections are structs, keys their fields.

A struct in a field stands for a section of that name, and its fields for the keys. Keys that are
lists take every line of their name; others the last one. Unknown names are errors.
"""

import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from bfe_py.config.findings import Finding, Report, suggest
from bfe_py.config.ini import Entry, Ini, Section, Value, fold_name
from bfe_py.config.json_spans import INT64
from bfe_py.config.shapes import ListShape, Slot, StructShape, ValueShape, bare_type, shape_of
from bfe_py.config.text import Span
from bfe_py.config.words import put_in_words

S = TypeVar("S", bound=msgspec.Struct)

Known = Iterable[tuple[str, str]]

_WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]{1,16}|[0-9]{1,40})")
_FLOAT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")


def decode_ini(schema: type[S], ini: Ini, report: Report, ignored: Known = ()) -> S | None:
    """`ini` as `schema`, with everything that is wrong in `report`.

    A value that cannot be used is left at its default, so that checks can go on behind an error;
    None only if something without a default is missing. `ignored` are sections and keys that are
    let pass although the schema does not know them.
    """
    values = _Filler(ini, report, ignored, shape_of(schema)).fill()
    try:
        return msgspec.convert(values, schema)
    except msgspec.ValidationError as error:
        report.add(ini.text.locate(Finding("error", "E011", str(error)), (0, 1)))
        return None


class _Filler:
    """Puts the lines of one file where the schema has them."""

    __slots__ = ("_ignored", "_ini", "_report", "_shape")

    def __init__(self, ini: Ini, report: Report, ignored: Known, shape: StructShape) -> None:
        self._ini = ini
        self._shape = shape
        self._report = report
        self._ignored = {(fold_name(section), fold_name(key)) for section, key in ignored}

    def fill(self) -> dict[str, dict[str, Any]]:
        shape = self._shape
        sections = {fold_name(name): name for name in shape.fields}
        values: dict[str, dict[str, Any]] = {}
        for section in self._ini.sections:
            name = sections.get(fold_name(section.name))
            if name is None:
                self._pass_over(section, shape.fields)
                continue
            inner = shape.fields[name].shape
            assert isinstance(inner, StructShape)
            self._fill_section(inner, section, values.setdefault(name, {}))
        return values

    def _fill_section(self, shape: StructShape, section: Section, values: dict[str, Any]) -> None:
        keys = {fold_name(name): name for name in shape.fields}
        for entry in section.entries:
            name = keys.get(fold_name(entry.key))
            if name is None:
                self._pass_over_entry(section, entry, shape)
                continue
            self._fill_key(shape.fields[name], entry, name, values)

    def _fill_key(self, slot: Slot, entry: Entry, name: str, values: dict[str, Any]) -> None:
        if isinstance(slot.shape, ListShape):
            element = slot.shape.element.shape
            assert isinstance(element, ValueShape)
            known = values.setdefault(name, [])
            if entry.value is None:
                known.clear()
            else:
                known += self._convert(element.annotation, entry, entry.value)
            return
        assert isinstance(slot.shape, ValueShape)
        annotation = slot.shape.annotation
        if name in values:
            message = f'"{entry.key}" stands again; this one counts'
            self._add(Finding("warning", "W022", message), entry.span)
        if entry.value is not None:
            values.update((name, value) for value in self._convert(annotation, entry, entry.value))
        elif annotation is bool:
            values[name] = True
        else:
            expected = '"=" and a value'
            message = f'"{entry.key}" has no value'
            self._add(Finding("error", "E010", message, expected=expected), entry.span)

    def _convert(self, annotation: Any, entry: Entry, value: Value) -> tuple[Any, ...]:
        """The value as `annotation`; nothing if it is none."""
        span = value.span if value.text else entry.span
        read = _read(annotation, value.text)
        try:
            converted = msgspec.convert(read, annotation)
        except msgspec.ValidationError as error:
            code = "E010" if ", got " in str(error) else "E012"
            message = f'"{entry.key}" is "{value.text}"'
            expected = put_in_words(str(error))
            self._add(Finding("error", code, message, expected=expected), span)
            return ()
        if type(read) is int and read not in INT64:
            message = f'"{entry.key}" is too large'
            self._add(Finding("error", "E012", message, expected="an integer of 64 bits"), span)
            return ()
        return (converted,)

    def _pass_over(self, section: Section, names: Iterable[str]) -> None:
        unknown = [entry for entry in section.entries if not self._is_ignored(section, entry)]
        if unknown or not section.entries:
            message = f"unknown section [{section.name}]"
            hint = suggest(section.name, names)
            self._add(Finding("error", "E014", message, hint=hint), section.span)

    def _pass_over_entry(self, section: Section, entry: Entry, shape: StructShape) -> None:
        if self._is_ignored(section, entry):
            return
        message = f'unknown key "{entry.key}" in [{section.name}]'
        hint = self._home_of(entry.key) or suggest(entry.key, shape.fields)
        self._add(Finding("error", "E013", message, hint=hint), entry.span)

    def _home_of(self, key: str) -> str:
        """Where `key` is known, as a hint."""
        for name, slot in self._shape.fields.items():
            inner = slot.shape
            if isinstance(inner, StructShape) and fold_name(key) in map(fold_name, inner.fields):
                return f"it belongs to [{name}]"
        return ""

    def _is_ignored(self, section: Section, entry: Entry) -> bool:
        return (fold_name(section.name), fold_name(entry.key)) in self._ignored

    def _add(self, finding: Finding, span: Span) -> None:
        self._report.add(self._ini.text.locate(finding, span))


def _read(annotation: Any, text: str) -> Any:
    """`text` as what `annotation` asks for; as it is where it cannot be."""
    kind = bare_type(annotation)
    if kind is bool:
        return _WORDS.get(text.lower(), text)
    if kind is int and _INTEGER.fullmatch(text):
        return int(text, 16 if "x" in text.lower() else 10)
    if kind is float and _FLOAT.fullmatch(text):
        return float(text)
    return text
