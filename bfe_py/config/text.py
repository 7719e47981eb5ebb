"""Text: the text of one document, and how offsets in it become places."""

from bisect import bisect_right

import msgspec

from bfe_py.config.findings import Finding, Report

Span = tuple[int, int]
"""From the first code point to behind the last one."""

_EXCERPT = 160
_BEFORE = 60


class Text:
    """Text of `document`; knows its lines as soon as something must be pointed at."""

    __slots__ = ("_starts", "document", "text")

    def __init__(self, document: str, text: str) -> None:
        self.document = document
        self.text = text
        self._starts: list[int] = []

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both from 1."""
        starts = self._lines()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line_span(self, line: int) -> Span:
        """Span of `line` (from 1) without its end; that of the last line beyond it."""
        starts = self._lines()
        start = starts[min(line, len(starts)) - 1]
        end = self.text.find("\n", start)
        return start, len(self.text) if end < 0 else end

    def locate(self, finding: Finding, span: Span) -> Finding:
        """`finding` with the place and the line of `span`; only that line is marked."""
        start, end = span
        line, column = self.position(start)
        first, last = self.line_span(line)
        end_column = max(min(end, last) - first + 1, column + 1)
        excerpt = self.text[first:last].rstrip("\r")
        excerpt_column = 1
        if len(excerpt) > _EXCERPT:
            cut = min(max(column - 1 - _BEFORE, 0), len(excerpt) - _EXCERPT)
            excerpt, excerpt_column = excerpt[cut : cut + _EXCERPT], cut + 1
            end_column = min(end_column, max(excerpt_column + _EXCERPT, column + 1))
        return msgspec.structs.replace(
            finding,
            document=self.document,
            line=line,
            column=column,
            end_column=end_column,
            excerpt=excerpt,
            excerpt_column=excerpt_column,
        )

    def _lines(self) -> list[int]:
        if not self._starts:
            starts, text = [0], self.text
            at = text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = text.find("\n", at + 1)
            self._starts = starts
        return self._starts


def read_text(content: bytes, document: str, report: Report) -> Text | None:
    """`content` as text; None, and reported, if it is not UTF-8."""
    try:
        return Text(document, content.decode())
    except UnicodeDecodeError as error:
        text = Text(document, content.decode(errors="replace"))
        start = len(content[: error.start].decode())
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        report.add(text.locate(Finding("error", "E002", message), (start, start + 1)))
        return None
