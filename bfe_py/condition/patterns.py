"""Regular expressions with RE2's meaning.

RE2 itself runs them, through google-re2, on UTF-8 with U+FFFD for bytes that are none. Patterns of
a small subset run faster without it and mean the same: literals between anchors are compared as
text, and sequences of single characters and simple classes go to ``re`` when no input can make it
backtrack more than once over the text.
"""

import re
from collections.abc import Callable

import re2

from bfe_py.condition.folding import to_utf8, to_valid_utf8
from bfe_py.condition.subset import Subset, read_subset

Test = Callable[[str], bool]
"""Answers whether a text matches."""


class PatternError(ValueError):
    """A pattern that RE2 refuses; `reference` is the wording of BFE's engine."""

    def __init__(self, reference: str, expected: str) -> None:
        """Keep both."""
        super().__init__(reference)
        self.reference = reference
        self.expected = expected


_MESSAGES = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid named capture group": "invalid named capture",
    "trailing \\": "trailing backslash at end of expression",
}
_ADVICE = {
    "(?=": "RE2 has no look-around; combine two primitives instead",
    "(?!": "RE2 has no look-around; negate a second primitive instead",
    "(?<": "RE2 has no look-behind; combine two primitives instead",
    "(?>": "RE2 never backtracks, so it has no atomic groups: write (?:",
    "(?#": "RE2 has no comments",
    "++": "RE2 never backtracks, so it has no possessive repetition",
    "\\Z": "the end of the text is \\z, or $ without (?m)",
    "\\u": "a character by its number is \\x{HHHH}",
}
# What C++ accepts and BFE's engine does not: a byte of a character, names that are not ASCII.
_SKIPPED = re.compile(r"\\Q.*?(?:\\E|\Z)|\\C|\\.", re.DOTALL)
_NAMED = re.compile(r"\(\?P?<([^>]*)>")


def compile_pattern(pattern: str) -> Test:
    """Function that tells whether `pattern` is found anywhere in a text.

    Raises:
        PatternError: not a pattern of RE2.
    """
    subset = read_subset(pattern)
    if subset is not None:
        return _compile_subset(subset)
    return compile_re2(pattern)


def compile_re2(pattern: str) -> Test:
    """The same, always by RE2 itself.

    Raises:
        PatternError: not a pattern of RE2.
    """
    _refuse_extensions(pattern)
    options = re2.Options()
    options.log_errors = False
    try:
        search = re2.compile(to_utf8(pattern), options).search
    except re2.error as error:
        raise _translate(error) from None

    def test(text: str) -> bool:
        return search(text.encode() if text.isascii() else to_valid_utf8(text)) is not None

    return test


def _compile_subset(subset: Subset) -> Test:
    if subset.expression:
        search = re.compile(subset.expression, re.ASCII).search
        return lambda text: search(text) is not None
    literals = subset.literals
    if subset.at_start and subset.at_end:
        return frozenset(literals).__contains__
    if subset.at_start:
        return lambda text: text.startswith(literals)
    if subset.at_end:
        return lambda text: text.endswith(literals)
    if len(literals) == 1:
        literal = literals[0]
        return lambda text: literal in text
    return _contains_one(literals)


def _contains_one(literals: tuple[str, ...]) -> Test:
    def test(text: str) -> bool:
        for each in literals:  # noqa: SIM110  # a generator costs more than the loop
            if each in text:
                return True
        return False

    return test


def _refuse_extensions(pattern: str) -> None:
    for found in _SKIPPED.finditer(pattern):
        if found.group() == "\\C":
            raise PatternError(_reference("invalid escape sequence", "\\C"), "RE2 knows no bytes")
    for found in _NAMED.finditer(pattern):
        if not found[1].isascii():
            reference = _reference("invalid named capture", found.group())
            raise PatternError(reference, "names of groups are letters, digits and _ of ASCII")


def _translate(error: Exception) -> PatternError:
    raw = error.args[0] if error.args else ""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    kind, _, fragment = text.partition(": ")
    advice = _ADVICE.get(fragment) or _ADVICE.get(fragment[:3]) or _ADVICE.get(fragment[-2:], "")
    if not advice and fragment[:1] == "\\" and fragment[1:].isdigit():
        advice = "RE2 has no back-references"
    return PatternError(_reference(_MESSAGES.get(kind, kind), fragment), advice)


def _reference(kind: str, fragment: str) -> str:
    return f"error parsing regexp: {kind}: `{fragment}`"
