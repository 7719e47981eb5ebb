"""Escapes of quoted text: which ones the language accepts. They are checked, never decoded."""

import re

from bfe_py.condition.problems import Finding

_FOLLOWING = {"0": (3, 8), "x": (2, 16), "u": (4, 16), "U": (8, 16)}
_ACCEPTED = frozenset('abfnrtv.\\"')
_OCTAL = frozenset("01234567")
_LARGEST = {8: 255, 16: 0x10FFFF}
_SPLIT = re.compile(r"\\(.)", re.DOTALL)


def check_escapes(text: str, start: int, end: int) -> list[Finding]:
    """Findings for the bad escapes of the text quoted at `start`; its closing quote is at `end`."""
    findings: list[Finding] = []
    position = start + 1
    while (position := text.find("\\", position, end)) >= 0:
        position, finding = _check_escape(text, position, end)
        if finding is not None:
            if not findings and "`" not in text[start:end]:
                finding = _advise_raw(finding, text[start + 1 : end])
            findings.append(finding)
    return findings


def _check_escape(text: str, at: int, end: int) -> tuple[int, Finding | None]:
    """Position behind the escape at `at`, and what is wrong with it."""
    letter = text[at + 1]
    if letter in _ACCEPTED:
        return at + 2, None
    wanted = _FOLLOWING.get("0" if letter in _OCTAL else letter)
    if wanted is None:
        return at + 2, Finding(
            f"unknown escape `\\{letter}`",
            at,
            at + 2,
            expected='only \\a \\b \\f \\n \\r \\t \\v \\. \\\\ \\" \\ooo \\xHH \\uHHHH \\UHHHHHHHH'
            ' stand in "..."; use back-quotes for anything else',
            reference="unknown escape sequence",
            reference_at=at + 1,
        )
    count, base = wanted
    first = at + 1 if base == 8 else at + 2
    for position in range(first, first + count):
        digit = text[position]
        if not _is_digit(digit, base):
            return position, Finding(
                f"`{digit}` is no digit of this escape",
                at,
                min(position + 1, end),
                expected=f"{count} {'octal' if base == 8 else 'hexadecimal'} digits",
                reference=f"illegal character {_go_name(digit)} in escape sequence",
                reference_at=position,
            )
    code = int(text[first : first + count], base)
    if code > _LARGEST[base] or 0xD800 <= code < 0xE000:
        return first + count, Finding(
            "the escape names no character",
            at,
            first + count,
            reference="escape sequence is invalid Unicode code point",
            reference_at=at + 1,
        )
    return first + count, None


def _is_digit(letter: str, base: int) -> bool:
    return (
        letter in _OCTAL
        if base == 8
        else letter.isascii() and letter.isalnum() and (letter in "0123456789abcdefABCDEF")
    )


def _advise_raw(finding: Finding, value: str) -> Finding:
    # \" and \\ are needed in "..." only; in back-quotes the regular expression reads the rest.
    raw = _SPLIT.sub(lambda found: '"' if found[1] == '"' else found[0], value)
    return Finding(
        finding.message,
        finding.start,
        finding.end,
        finding.expected,
        f"`{raw}`",
        finding.reference,
        finding.reference_at,
    )


def _go_name(letter: str) -> str:
    name = f"U+{ord(letter):04X}"
    return f"{name} '{letter}'" if letter.isprintable() else name
