"""PositionedFindings: takes findings by path and reports them by line and column."""

from collections.abc import Callable, Iterable

from bfe_py.condition import Condition, ConditionError, Problem, compile_condition
from bfe_py.config.conditions import ConditionCache
from bfe_py.config.findings import Finding, Report, Severity
from bfe_py.config.places import Places
from bfe_py.pipeline import Path

ReadFile = Callable[[str], bytes | None]


class PositionedFindings:
    """What a document's checks are given: pipeline's Findings, with codes and hints besides.

    `read` gives the content of another file of the configuration, None if it is not there; `files`
    are the contents of those that were asked for.
    """

    __slots__ = ("_conditions", "_places", "_read", "files", "report")

    def __init__(
        self, places: Places, report: Report, conditions: ConditionCache, read: ReadFile
    ) -> None:
        self._places = places
        self._conditions = conditions
        self._read = read
        self.report = report
        self.files: dict[str, bytes] = {}

    def error(
        self, path: Path, message: str, *, expected: str = "", code: str = "E300", hint: str = ""
    ) -> None:
        """Something that BFE refuses: the document is not used."""
        finding = Finding("error", code, message, expected=expected, hint=hint)
        self.report.add(self._places.place(finding, path))

    def warning(
        self, path: Path, message: str, *, expected: str = "", code: str = "W300", hint: str = ""
    ) -> None:
        """Something that works but is likely not meant."""
        finding = Finding("warning", code, message, expected=expected, hint=hint)
        self.report.add(self._places.place(finding, path))

    def condition(self, path: Path, text: str) -> Condition:
        """`text` compiled; one that does not compile is reported and never matches."""
        try:
            condition = self._conditions.compile(text)
        except ConditionError as error:
            self._add_problems("error", "E201", path, error.problems)
            return _never()
        self._add_problems("warning", "W201", path, condition.warnings)
        return condition

    def file(self, path: Path, name: str) -> bytes | None:
        """Content of the file `name`; reported if it is missing."""
        content = self._read(name)
        if content is None:
            self.error(path, f'file "{name}" cannot be read', code="E001")
        else:
            self.files[name] = content
        return content

    def _add_problems(
        self, severity: Severity, code: str, path: Path, problems: Iterable[Problem]
    ) -> None:
        for problem in problems:
            hint = f"did you mean {problem.suggestion}" if problem.suggestion else ""
            finding = Finding(severity, code, problem.message, expected=problem.expected, hint=hint)
            span = (problem.start, problem.end)
            self.report.add(self._places.place_inside(finding, path, span))


def _never() -> Condition:
    return compile_condition("!default_t()")
