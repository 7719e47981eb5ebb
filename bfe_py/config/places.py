"""Places: where in a document a finding belongs, when all that is known is a path."""

from typing import Protocol

import msgspec

from bfe_py.config.findings import Finding
from bfe_py.config.json_spans import JsonSpans
from bfe_py.config.text import Span, Text
from bfe_py.pipeline import Path


class Places(Protocol):
    """Finds the place of a path; a path that leads nowhere gets the nearest place there is."""

    def place(self, finding: Finding, path: Path) -> Finding:
        """`finding` at what `path` leads to."""

    def place_inside(self, finding: Finding, path: Path, span: Span) -> Finding:
        """`finding` at the code points `span` of the string that `path` leads to."""


class DocumentPlaces:
    """Places of a document that is not at hand: the document as a whole."""

    __slots__ = ("_document",)

    def __init__(self, document: str) -> None:
        self._document = document

    def place(self, finding: Finding, path: Path) -> Finding:  # noqa: ARG002 (no places here)
        """`finding` in the document."""
        return msgspec.structs.replace(finding, document=self._document)

    def place_inside(self, finding: Finding, path: Path, span: Span) -> Finding:  # noqa: ARG002
        """The same."""
        return self.place(finding, path)


class LinePlaces:
    """Places of a text document: a path is the number of a line, from 1."""

    __slots__ = ("_text",)

    def __init__(self, text: Text) -> None:
        self._text = text

    def place(self, finding: Finding, path: Path) -> Finding:
        """`finding` at the written part of a line."""
        start, end = self._line(path)
        line = self._text.text[start:end]
        start += len(line) - len(line.lstrip())
        return self._text.locate(finding, (start, start + len(line.strip())))

    def place_inside(self, finding: Finding, path: Path, span: Span) -> Finding:
        """`finding` at a part of a line."""
        start, end = self._line(path)
        return self._text.locate(finding, (min(start + span[0], end), start + span[1]))

    def _line(self, path: Path) -> Span:
        line = path[0] if path and isinstance(path[0], int) else 1
        return self._text.line_span(line)


class JsonPlaces:
    """Places of a well-formed JSON document."""

    __slots__ = ("_spans", "_text")

    def __init__(self, text: Text) -> None:
        self._text = text
        self._spans: JsonSpans | None = None

    def place(self, finding: Finding, path: Path) -> Finding:
        """`finding` at a value, or at the key of an object or list."""
        return self._text.locate(finding, self._known().find(path))

    def place_inside(self, finding: Finding, path: Path, span: Span) -> Finding:
        """`finding` inside a string; escapes count as the characters that they stand for."""
        return self._text.locate(finding, self._known().find_inside(path, *span))

    def _known(self) -> JsonSpans:
        if self._spans is None:
            self._spans = JsonSpans(self._text.text)
        return self._spans
