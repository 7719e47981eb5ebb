"""What is wrong with a condition: found as findings, told to people as problems with a place."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

OFFSET = "{offset}"
"""Stands in a reference for the number of a byte, counted from 1."""

_WINDOW = 96


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong between two offsets of a text, in code points.

    `reference` is the wording of BFE; with `reference_at` BFE puts ``LINE:COLUMN`` of that offset
    in front of it, or the number of its byte where the wording says `OFFSET`.
    """

    message: str
    start: int = 0
    end: int = -1
    expected: str = ""
    suggestion: str = ""
    reference: str = ""
    reference_at: int | None = None

    def between(self, start: int, end: int) -> "Finding":
        """The same finding at another place."""
        return replace(self, start=start, end=end)


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding with its place in the text.

    `start` and `end` are offsets in code points, `line` and `column` count from 1, the column in
    code points. `expected` says what was expected or how to put it right, `suggestion` is a text
    that may replace what stands there, `reference` is BFE's own wording where BFE has one.
    """

    message: str
    start: int
    end: int
    line: int
    column: int
    expected: str = ""
    suggestion: str = ""
    reference: str = ""


class ConditionError(Exception):
    """A condition that does not compile, with everything that is wrong with it in text order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep `problems`; there is at least one."""
        self.problems = tuple(problems)
        lines = [f"{each.line}:{each.column} {each.message}" for each in self.problems]
        super().__init__("\n".join(lines))


def locate(text: str, finding: Finding) -> Problem:
    """Problem for `finding` in `text`, with line and column."""
    start = min(finding.start, len(text))
    end = min(max(finding.end, start), len(text))
    line_start = text.rfind("\n", 0, start) + 1
    return Problem(
        message=finding.message,
        start=start,
        end=end,
        line=text.count("\n", 0, start) + 1,
        column=start - line_start + 1,
        expected=finding.expected,
        suggestion=finding.suggestion,
        reference=_reference(text, finding),
    )


def locate_all(text: str, findings: Iterable[Finding]) -> tuple[Problem, ...]:
    """Problems for `findings` in `text`, in the order of the text, each said once."""
    ordered = sorted(findings, key=lambda each: (each.start, each.end))
    return tuple(dict.fromkeys(locate(text, each) for each in ordered))


def render(text: str, problem: Problem) -> str:
    """Lines for a terminal: the message, the line of `text` with a caret, and the advice."""
    line_start = text.rfind("\n", 0, problem.start) + 1
    line_end = text.find("\n", problem.start)
    line = text[line_start : len(text) if line_end < 0 else line_end].rstrip("\r")
    offset = problem.start - line_start
    first = max(0, offset - _WINDOW // 2) if len(line) > _WINDOW else 0
    shown = line[first : first + _WINDOW]
    offset -= first
    width = max(1, min(problem.end - problem.start, len(shown) - offset))
    indent = "".join(["\t" if each == "\t" else " " for each in shown[:offset]])
    lines = [
        f"{problem.line}:{problem.column}: {problem.message}",
        f"  {shown}",
        f"  {indent}{'^' * width}",
    ]
    if problem.expected:
        lines.append(f"  {problem.expected}")
    if problem.suggestion:
        lines.append(f"  did you mean {problem.suggestion}")
    return "\n".join(lines)


def _reference(text: str, finding: Finding) -> str:
    # BFE counts columns in bytes.
    if not finding.reference or finding.reference_at is None:
        return finding.reference
    offset = finding.reference_at
    if finding.reference.endswith(OFFSET):
        number = len(text[:offset].encode("utf-8", "surrogateescape")) + 1
        return finding.reference.removesuffix(OFFSET) + str(number)
    line_start = text.rfind("\n", 0, offset) + 1
    before = text[line_start:offset].encode("utf-8", "surrogateescape")
    return f"{text.count(chr(10), 0, offset) + 1}:{len(before) + 1} {finding.reference}"
