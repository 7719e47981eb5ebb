"""Ini: `.conf` files as gcfg reads them, with the place of everything.

Sections in brackets, ``key = value`` lines, comments from ``#`` or ``;`` to the end of the line.
Values may be quoted in part or whole; ``\\\\ \\" \\n \\t`` are escapes in quotes and outside, and
a backslash at the end of a line outside of quotes continues the value on the next one. A key
without ``=`` is a bare key.
"""

import re
from dataclasses import dataclass, field

from bfe_py.config.findings import Finding, Report
from bfe_py.config.text import Span, Text
from bfe_py.pipeline import Path

_SECTION = re.compile(r'\[[ \t]*([^\W\d_][\w-]*)[ \t]*("(?:[^"\\\n]|\\.)*")?[ \t]*\]')
_KEY = re.compile(r"[^\W\d_][\w-]*")
_BLANK = re.compile(r"[ \t\r]*")
_ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "t": "\t"}


def fold_name(name: str) -> str:
    """`name` as names are compared: in lower case, ``-`` as ``_``."""
    return name.lower().replace("-", "_")


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its offsets: `offsets` of each of its characters, `span` of it as written."""

    text: str
    span: Span
    offsets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line with a key; `value` is None for a bare key."""

    key: str
    span: Span
    value: Value | None

    @property
    def value_span(self) -> Span:
        """Where the value stands, the key if there is none."""
        return self.value.span if self.value is not None else self.span


@dataclass(frozen=True, slots=True)
class Section:
    """One section; the same one may stand several times."""

    name: str
    span: Span
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ini:
    """A whole file."""

    text: Text
    sections: list[Section]

    def entries(self, section: str, key: str) -> list[Entry]:
        """Every line for `key` in the sections called `section`."""
        section, key = fold_name(section), fold_name(key)
        return [
            entry
            for each in self.sections
            if fold_name(each.name) == section
            for entry in each.entries
            if fold_name(entry.key) == key
        ]


class IniPlaces:
    """Places of an ini file: a path is a section, a key, and in a list the place of an element."""

    __slots__ = ("_ini",)

    def __init__(self, ini: Ini) -> None:
        self._ini = ini

    def place(self, finding: Finding, path: Path) -> Finding:
        """`finding` at a value, else at its section, else at the first line."""
        entry = self._find(path)
        if entry is not None:
            return self._ini.text.locate(finding, entry.value_span)
        name = fold_name(str(path[0])) if path else ""
        spans = [each.span for each in self._ini.sections if fold_name(each.name) == name]
        return self._ini.text.locate(finding, spans[0] if spans else (0, 1))

    def place_inside(self, finding: Finding, path: Path, span: Span) -> Finding:
        """`finding` inside a value; escapes count as the characters that they stand for."""
        entry = self._find(path)
        if entry is None or entry.value is None or not entry.value.offsets:
            return self.place(finding, path)
        offsets = entry.value.offsets
        start = offsets[min(span[0], len(offsets) - 1)]
        end = offsets[min(max(span[1], 1), len(offsets)) - 1] + 1
        return self._ini.text.locate(finding, (start, max(end, start + 1)))

    def _find(self, path: Path) -> Entry | None:
        if len(path) < 2:
            return None
        entries = self._ini.entries(str(path[0]), str(path[1]))
        if len(path) > 2 and isinstance(path[2], int) and path[2] < len(entries):
            return entries[path[2]]
        return entries[-1] if entries else None


def parse_ini(text: Text, report: Report) -> Ini:
    """`text` as sections and entries; lines that cannot be read are reported and left out."""
    return _Parser(text, report).run()


class _Parser:
    """Reads line by line; what is wrong with one does not hide the next."""

    __slots__ = ("_at", "_report", "_sections", "_source", "_text")

    def __init__(self, text: Text, report: Report) -> None:
        self._source = text
        self._text = text.text
        self._report = report
        self._sections: list[Section] = []
        self._at = 1 if self._text.startswith("\ufeff") else 0

    def run(self) -> Ini:
        while self._at < len(self._text):
            self._skip_blanks()
            match self._here():
                case "" | "\n" | "#" | ";":
                    pass
                case "[":
                    self._read_section()
                case _:
                    self._read_entry()
            self._skip_line()
        return Ini(self._source, self._sections)

    def _read_section(self) -> None:
        match = _SECTION.match(self._text, self._at)
        if match is None:
            self._refuse("this is no section", self._rest(), "[Name]")
            return
        self._at = match.end()
        if match[2]:
            self._refuse("sections have no parts here", match.span(2), f"[{match[1]}]")
        self._sections.append(Section(match[1], match.span()))
        self._expect_end()

    def _read_entry(self) -> None:
        match = _KEY.match(self._text, self._at)
        if match is None:
            self._refuse("this is neither a section nor a key", self._rest(), "Key = value")
            return
        self._at = match.end()
        self._skip_blanks()
        value = None
        if self._here() == "=":
            self._at += 1
            self._skip_blanks()
            value = self._read_value()
        elif not self._expect_end('"=" behind the key'):
            return
        if not self._sections:
            self._refuse(
                "a key before the first section", match.span(), "[Section] in a line above"
            )
            return
        self._sections[-1].entries.append(Entry(match[0], match.span(), value))

    def _read_value(self) -> Value:
        first = end = self._at
        characters: list[str] = []
        offsets: list[int] = []
        kept = 0
        is_quoted = False
        while (char := self._here()) and (is_quoted or char not in "\n;#"):
            at = self._at
            self._at += 1
            is_blank = char in " \t\r" and not is_quoted
            if char == '"':
                is_quoted = not is_quoted
            elif char == "\\":
                char = self._read_escape(is_quoted=is_quoted)
                characters.append(char)
                offsets += [at] * len(char)
            elif char == "\n":
                break
            elif char != "\r":
                characters.append(char)
                offsets.append(at)
            if not is_blank:
                end, kept = self._at, len(offsets)
        if is_quoted:
            self._refuse("the quotation has no end", (first, end), 'a closing "')
            self._at = first
        return Value("".join(characters)[:kept], (first, end), tuple(offsets[:kept]))

    def _read_escape(self, *, is_quoted: bool) -> str:
        """What the escape behind a backslash stands for; nothing for a line that goes on."""
        char = self._here()
        if char == "\r" and self._text.startswith("\n", self._at + 1):
            self._at, char = self._at + 1, "\n"
        if char == "\n" and not is_quoted:
            self._at += 1
            return ""
        if char not in _ESCAPES or not char:
            span = (self._at - 1, self._at + (char not in ("", "\n")))
            self._refuse("unknown escape", span, r"\\, \", \n or \t")
            return ""
        self._at += 1
        return _ESCAPES[char]

    def _expect_end(self, expected: str = "the end of the line") -> bool:
        self._skip_blanks()
        if self._here() in ("", "\n", "#", ";"):
            return True
        self._refuse("unexpected text", self._rest(), expected)
        return False

    def _here(self) -> str:
        return self._text[self._at : self._at + 1]

    def _rest(self) -> Span:
        end = self._text.find("\n", self._at)
        stop = len(self._text) if end < 0 else end
        return self._at, self._at + max(len(self._text[self._at : stop].rstrip()), 1)

    def _skip_blanks(self) -> None:
        match = _BLANK.match(self._text, self._at)
        assert match is not None
        self._at = match.end()

    def _skip_line(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end + 1

    def _refuse(self, message: str, span: Span, expected: str) -> None:
        finding = Finding("error", "E005", message, expected=expected)
        self._report.add(self._source.locate(finding, span))
