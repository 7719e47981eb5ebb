"""Remarks: findings about one document, placed by offsets into its text."""

from lark import Token, Tree

from bfe_py.config.findings import Finding, Report
from bfe_py.config.text import Span, Text


def span_of(part: Token | Tree[Token]) -> Span:
    """Where a part of a statement stands."""
    place = part.meta if isinstance(part, Tree) else part
    assert place.start_pos is not None
    assert place.end_pos is not None
    return place.start_pos, place.end_pos


class Remarks:
    """Puts findings about `text` into `report`, each with its place."""

    __slots__ = ("_report", "_text", "error_count")

    def __init__(self, text: Text, report: Report) -> None:
        self._text = text
        self._report = report
        self.error_count = 0

    def error(
        self, code: str, span: Span, message: str, expected: str = "", hint: str = ""
    ) -> None:
        """Something that keeps the document from being used."""
        self.error_count += 1
        finding = Finding("error", code, message, expected=expected, hint=hint)
        self._report.add(self._text.locate(finding, span))

    def warning(
        self, code: str, span: Span, message: str, expected: str = "", hint: str = ""
    ) -> None:
        """Something that works but is likely not meant."""
        finding = Finding("warning", code, message, expected=expected, hint=hint)
        self._report.add(self._text.locate(finding, span))

    def line(self, offset: int) -> int:
        """Line of an offset, from 1."""
        return self.position(offset)[0]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        return self._text.position(offset)
