"""A report as text for people and as JSON for programs."""

from unicodedata import combining, east_asian_width

import msgspec

from bfe_py.config.findings import Finding, Report

_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_FRAME = "\x1b[1;34m"
_SEVERITIES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m"}


def render(report: Report, *, colour: bool = False) -> str:
    """`report` as text: one block a finding, document by document in the order of their lines."""
    return "\n\n".join(_block(finding, colour=colour) for finding in _ordered(report))


def summary(report: Report) -> str:
    """How many errors and warnings there are: ``2 errors, 1 warning``."""
    counts = ((report.error_count, "error"), (len(report.warnings), "warning"))
    words = [f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts if count]
    return ", ".join(words) or "no findings"


def to_json(report: Report) -> str:
    """`report` as a JSON object: errors, warnings (numbers) and findings (all fields of each)."""
    whole = {
        "errors": report.error_count,
        "warnings": len(report.warnings),
        "findings": _ordered(report),
    }
    return msgspec.json.encode(whole).decode()


def _ordered(report: Report) -> list[Finding]:
    documents: dict[str, int] = {}
    for finding in report:
        documents.setdefault(finding.document, len(documents))
    return sorted(report, key=lambda one: (documents[one.document], one.line, one.column))


def _block(finding: Finding, *, colour: bool) -> str:
    def paint(style: str, text: str) -> str:
        return f"{style}{text}{_RESET}" if colour else text

    style = _SEVERITIES[finding.severity]
    gutter = " " * len(str(finding.line or ""))
    bar = paint(_FRAME, f"{gutter} |")
    lines = [
        paint(style, f"{finding.severity}[{finding.code}]")
        + paint(_BOLD, f": {_visible(finding.message)}")
    ]
    if finding.document:
        lines.append(f"{gutter}{paint(_FRAME, '-->')} {_visible(finding.place)}")
    if finding.line:
        margin, marks = _carets(finding)
        lines += [
            bar,
            f"{paint(_FRAME, f'{finding.line} |')} {_visible(finding.excerpt)}",
            f"{bar} {margin}{paint(style, marks)}",
        ]
    equals = paint(_FRAME, f"{gutter} =")
    if finding.expected:
        lines.append(f"{equals} expected: {_visible(finding.expected)}")
    if finding.hint:
        lines.append(f"{equals} {_visible(finding.hint)}")
    return "\n".join(lines)


def _carets(finding: Finding) -> tuple[str, str]:
    start = finding.column - finding.excerpt_column
    end = max(finding.end_column - finding.excerpt_column, start + 1)
    marked = finding.excerpt[start:end]
    return " " * _width(finding.excerpt[:start]), "^" * max(_width(marked), 1)


def _visible(text: str) -> str:
    """`text` with one blank for a tab, and nothing in it that a terminal obeys."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else _SUBSTITUTES.get(char, "\ufffd") for char in text
    )


_SUBSTITUTES = {"\t": " "}


def _width(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )
