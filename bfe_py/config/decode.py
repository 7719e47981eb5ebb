"""Decode: JSON documents into schemas, as BFE reads them, with every mistake and its place.

A document that writes each key once and by its exact name goes from the C scanner straight into its
schema. Anything else is walked key by key, which costs more and knows where everything stands.
"""

from typing import TypeVar

import msgspec

from bfe_py.config.findings import Finding, Report
from bfe_py.config.json_spans import JsonError, JsonSpans, Scan, scan_json
from bfe_py.config.shapes import has_known_keys, shape_of
from bfe_py.config.text import Text, read_text
from bfe_py.config.walk import Walk

S = TypeVar("S", bound=msgspec.Struct)


def decode(schema: type[S], content: bytes, document: str, report: Report) -> S | None:
    """`content` as `schema`; None if it cannot be, with every reason in `report`.

    Unknown keys, keys in other case, repeated keys and text behind the value are warnings: BFE lets
    them pass. Null is absent. A float or a string is no integer.
    """
    text = read_text(content, document, report)
    return None if text is None else decode_text(schema, text, report)


def decode_text(schema: type[S], text: Text, report: Report) -> S | None:
    """The same for text at hand."""
    try:
        scan = scan_json(text.text)
        _note_rest(text, scan.end, report)
        clean = _decode_clean(schema, scan)
        return _decode_slowly(schema, text, report) if clean is None else clean
    except JsonError as error:
        finding = Finding("error", "E003", str(error), expected=error.expected)
        report.add(text.locate(finding, error.span))
    except RecursionError:
        report.add(text.locate(Finding("error", "E004", "nested too deeply"), (0, 1)))
    return None


def _decode_clean(schema: type[S], scan: Scan) -> S | None:
    if scan.is_odd or not has_known_keys(shape_of(schema), scan.value):
        return None
    try:
        return msgspec.convert(scan.value, schema)
    except msgspec.ValidationError:
        return None


def _decode_slowly(schema: type[S], text: Text, report: Report) -> S | None:
    errors = report.error_count
    value = Walk(text, JsonSpans(text.text), report).run(shape_of(schema))
    if report.error_count > errors:
        return None
    try:
        return msgspec.convert(value, schema)
    except msgspec.ValidationError as error:
        report.add(text.locate(Finding("error", "E012", str(error)), (0, 1)))
        return None


def _note_rest(text: Text, end: int, report: Report) -> None:
    rest = text.text[end:].strip()
    if rest:
        start = text.text.index(rest, end)
        finding = Finding("warning", "W023", "text behind the JSON value is ignored")
        report.add(text.locate(finding, (start, start + len(rest))))
