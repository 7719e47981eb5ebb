"""Findings: what is wrong with a configuration, each with its place; and the report of them."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

Severity = Literal["error", "warning"]

_NEAR = 0.6
_OPTIONS = 5000
_SEARCHES = 200


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    `line` and `column` count from 1, in code points; a `line` of 0 stands for the whole document.
    `end_column` is behind the last marked character. `excerpt` is the line, or the part of a long
    one that begins at `excerpt_column`. `expected` says what would be right, `hint` how to get it.
    """

    severity: Severity
    code: str
    message: str
    document: str = ""
    line: int = 0
    column: int = 0
    end_column: int = 0
    expected: str = ""
    hint: str = ""
    excerpt: str = ""
    excerpt_column: int = 1

    @property
    def place(self) -> str:
        """``document:line:column``, or the document alone."""
        return f"{self.document}:{self.line}:{self.column}" if self.line else self.document


class Report:
    """Every finding of one or several documents, in the order in which they were found."""

    __slots__ = ("_errors", "findings")

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self.findings: list[Finding] = []
        self._errors = 0
        for finding in findings:
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Take `finding` in."""
        self.findings.append(finding)
        self._errors += finding.severity == "error"

    @property
    def errors(self) -> list[Finding]:
        """What keeps the configuration from being used."""
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def warnings(self) -> list[Finding]:
        """What works but is likely not meant."""
        return [finding for finding in self.findings if finding.severity == "warning"]

    @property
    def error_count(self) -> int:
        """Number of errors; cheap."""
        return self._errors

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self._errors

    def promote_warnings(self) -> "Report":
        """The same findings, every warning an error: what ``--strict`` sees."""
        return Report(msgspec.structs.replace(one, severity="error") for one in self.findings)

    def merge(self, other: "Report") -> None:
        """Take every finding of `other` in."""
        for finding in other.findings:
            self.add(finding)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)


class Names:
    """Names that exist, to suggest the nearest for one that does not.

    Looks at no more than a few thousand names, a few hundred times: a suggestion is a courtesy.
    """

    __slots__ = ("_folded", "_found", "_left")

    def __init__(self, options: Iterable[str]) -> None:
        self._folded = {option.lower(): option for option in options}
        self._found: dict[str, str] = {}
        self._left = _SEARCHES if len(self._folded) <= _OPTIONS else 0

    def hint(self, name: str) -> str:
        """``did you mean "…"?``, or nothing."""
        if name not in self._found:
            self._found[name] = self._search(name)
        return self._found[name]

    def _search(self, name: str) -> str:
        if not self._left:
            return ""
        self._left -= 1
        near = difflib.get_close_matches(name.lower(), self._folded, 1, _NEAR)
        return f'did you mean "{self._folded[near[0]]}"?' if near else ""


def suggest(name: str, options: Iterable[str]) -> str:
    """``did you mean "…"?`` for the one of `options` nearest to `name`, or nothing."""
    return Names(options).hint(name)


def one_of(options: Sequence[str]) -> str:
    """`options` as a list for people: ``"a", "b" or "c"``."""
    quoted = [f'"{option}"' for option in options]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
