"""Which regular expressions mean the same without RE2, read by a small grammar of their own.

Two shapes are taken, all ASCII, without flags:

- literals, with ``^`` and ``$`` at the ends and at most one group of literal alternatives;
- after ``^``: characters, ``.`` and classes, repeated, where a repetition without bound is last or
  is followed by something it cannot itself match. Then no text makes a backtracking engine look at
  a character more than a constant number of times. Without ``^`` no repetition without bound.
"""

import re
from dataclasses import dataclass

_LITERAL = r"(?:[A-Za-z0-9 /_,:;=%&~@!'\"<>#-]|\\[./+*?()\[\]{}|^$-])*"
_LITERALS = re.compile(
    rf"(?P<start>\^)?(?P<head>{_LITERAL})"
    rf"(?:\((?:\?:)?(?P<group>{_LITERAL}(?:\|{_LITERAL})+)\)(?P<tail>{_LITERAL}))?(?P<end>\$)?"
)
_ATOM = re.compile(
    r"""(?: (?P<char> [A-Za-z0-9 /_,:;=%&~@!'"<>#-] )
    | \\(?P<escaped> [./+*?()\[\]{}|^$-] )
    | (?P<any> \. ) | \\(?P<digits> d )
    | \[ (?P<negated> \^ )?
      (?P<members> (?: [A-Za-z0-9] - [A-Za-z0-9] | [A-Za-z0-9_/.%:,] )+ -? ) \]
    ) (?P<times> [*+?] | \{[0-9]{1,2}\} )?""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_ALL = (1 << 129) - 1  # one bit for each character of ASCII, one for all others
_NEWLINE = 1 << 10
_MAYBE_NONE = frozenset({"*", "?", "{0}", "{00}"})
_MOST_OPTIONAL = 2  # each doubles the ways to match
_DIGITS = sum([1 << each for each in range(48, 58)])


@dataclass(frozen=True, slots=True)
class Subset:
    """A pattern of the subset: an `expression` for ``re``, or else literals and their anchors."""

    expression: str = ""
    literals: tuple[str, ...] = ()
    at_start: bool = False
    at_end: bool = False


def read_subset(pattern: str) -> Subset | None:
    """`pattern` in the terms of the subset, or None if it is outside of it."""
    found = _LITERALS.fullmatch(pattern)
    if found is not None:
        head, tail = _unescape(found["head"]), _unescape(found["tail"] or "")
        middle = _split_group(found["group"]) if found["group"] is not None else [""]
        literals = tuple([head + each + tail for each in middle])
        return Subset("", literals, bool(found["start"]), bool(found["end"]))
    return _read_sequence(pattern)


def _unescape(literal: str) -> str:
    return _ESCAPE.sub(r"\1", literal)


def _split_group(group: str) -> list[str]:
    return [_unescape(each) for each in re.split(r"(?<!\\)\|", group)]


def _read_sequence(pattern: str) -> Subset | None:
    is_anchored = pattern.startswith("^")
    position = 1 if is_anchored else 0
    is_ended = pattern.endswith("$") and not pattern.endswith("\\$")
    end = len(pattern) - 1 if is_ended else len(pattern)
    optional = 0
    loop = 0  # what the unbounded repetition just read may match
    while position < end:
        found = _ATOM.match(pattern, position, end)
        if found is None:
            return None
        matched = _characters(found)
        if matched is None:
            return None
        times = found["times"] or ""
        if loop and (loop & matched or times in _MAYBE_NONE):
            return None
        optional += times == "?"
        if optional > _MOST_OPTIONAL:
            return None
        loop = matched if times in {"*", "+"} else 0
        if loop and not is_anchored:
            return None
        position = found.end()
    return Subset(pattern[:end] + r"\Z" if is_ended else pattern)


def _characters(found: re.Match[str]) -> int | None:
    """Set of characters that an atom matches, as bits; None for a range that runs backwards."""
    if found["any"]:
        return _ALL & ~_NEWLINE
    if found["digits"]:
        return _DIGITS
    single = found["char"] or found["escaped"]
    if single:
        return 1 << ord(single)
    members, bits, index = found["members"], 0, 0
    while index < len(members):
        if members[index + 1 : index + 2] == "-" and index + 2 < len(members):
            first, last = ord(members[index]), ord(members[index + 2])
            if first > last:
                return None
            bits |= (1 << (last + 1)) - (1 << first)
            index += 3
        else:
            bits |= 1 << ord(members[index])
            index += 1
    return _ALL & ~bits if found["negated"] else bits
