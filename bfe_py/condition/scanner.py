"""From the text of a condition to its tokens, with every lexical error and not just the first.

Escapes in ``"..."`` are checked but never decoded: the value of a literal is its source text. What
cannot be read is reported once and left out or replaced, so that the rest is still checked.
"""

import re
from dataclasses import dataclass

from bfe_py.condition.escapes import check_escapes
from bfe_py.condition.hints import ODD_QUOTES, advise_characters
from bfe_py.condition.nodes import Kind
from bfe_py.condition.problems import Finding

_WORDS = """
break case chan const continue default defer else fallthrough for func go goto if import
interface map package range return select struct switch type var
"""
KEYWORDS = frozenset(_WORDS.split())
"""Words that BFE does not accept as names."""

_TOKEN = re.compile(
    r"""[ \t\r\n]+ | //[^\n]*
    | (?P<NAME> (?:[^\W\d]|-) (?:\w|-)* )
    | (?P<STRING> "[^"\\\n]*" )
    | (?P<RAW> `[^`]*` )
    | (?P<AND> && ) | (?P<OR> \|\| ) | (?P<NOT> ! )
    | (?P<OPEN> \( ) | (?P<CLOSE> \) ) | (?P<COMMA> , )
    | (?P<NUMBER> [0-9] )
    | (?P<QUOTE> ["`] )
    """,
    re.VERBOSE,
)
_ILLEGAL = re.compile("[\0\ufeff\ud800-\udfff]")
_NUMBER = re.compile(
    r"""(?P<hexadecimal> 0[xX][0-9a-fA-F]* )
    | [0-9]+ (?P<float> (?: \.[0-9]* )? (?: [eE][+-]?[0-9]* )? ) (?P<imaginary> i? )""",
    re.VERBOSE,
)
_UNRECOGNISED = "unrecognized token 57361"


@dataclass(slots=True)
class Lexeme:
    """A token: `type` as the grammar names it, the text that counts, its place, kind of literal."""

    type: str
    text: str
    start: int
    end: int
    kind: Kind = Kind.BROKEN


class Scanner:
    """Reads one text; `lexemes` and `findings` hold the outcome."""

    __slots__ = ("_text", "findings", "lexemes")

    def __init__(self, text: str) -> None:
        """Scan all of `text`."""
        self.lexemes: list[Lexeme] = []
        self.findings: list[Finding] = []
        start = 1 if text.startswith("\ufeff") else 0
        self._text = self._without_illegal(text, start)
        self._scan(start)

    def _scan(self, position: int) -> None:
        text, length = self._text, len(self._text)
        match, append = _TOKEN.match, self.lexemes.append
        while position < length:
            found = match(text, position)
            if found is None:
                position = self._unknown(position)
                continue
            kind, end = found.lastgroup, found.end()
            if kind is None:
                position = end
            elif kind == "STRING":
                append(Lexeme(kind, text[position + 1 : end - 1], position, end, Kind.STRING))
                position = end
            elif kind == "RAW":
                value = text[position + 1 : end - 1].replace("\r", "")
                append(Lexeme(kind, value, position, end, Kind.STRING))
                position = end
            elif kind == "NAME":
                position = self._name(position, end)
            elif kind == "NUMBER":
                position = self._number(position)
            elif kind == "QUOTE":
                position = self._quoted(position)
            else:
                append(Lexeme(kind, kind, position, end))
                position = end

    def _without_illegal(self, text: str, start: int) -> str:
        # The characters are reported here and read as blanks from then on: positions stay.
        if not _ILLEGAL.search(text, start):
            return text
        for found in _ILLEGAL.finditer(text, start):
            match found.group():
                case "\0":
                    message = "illegal character NUL"
                case "\ufeff":
                    message = "illegal byte order mark"
                case _:
                    message = "illegal UTF-8 encoding"
            self._report(message, found.start(), found.end(), message)
        return text[:start] + _ILLEGAL.sub(" ", text[start:])

    def _name(self, start: int, end: int) -> int:
        name = self._text[start:end]
        if not name.isascii():
            # \w takes numbers that are neither letters nor decimal digits; names do not.
            name = _leading_name(name)
            end = start + len(name)
            if not name:
                return self._unknown(start)
        if name in {"true", "false"}:
            self.lexemes.append(Lexeme("BOOL", name, start, end, Kind.BOOL))
            return end
        if name in KEYWORDS:
            self.findings.append(
                Finding(
                    f"`{name}` is a reserved word and cannot be a name",
                    start,
                    end,
                    suggestion="default_t" if name == "default" else "",
                    reference="keyword can't be used",
                    reference_at=end,
                )
            )
        self.lexemes.append(Lexeme("NAME", name, start, end))
        return end

    def _number(self, start: int) -> int:
        found = _NUMBER.match(self._text, start)
        assert found is not None
        end, text = found.end(), found.group()
        reference = ""
        if found["hexadecimal"]:
            reference = "illegal hexadecimal number" if len(text) == 2 else ""
        elif found["imaginary"]:
            reference = "unrecognized token 57359"
        elif found["float"]:
            reference = "unrecognized token 57358"
        elif text[0] == "0" and not {"8", "9"}.isdisjoint(text):
            reference = "illegal octal number"
        if reference:
            self._report(f"`{text}` is not a number of the language", start, end, reference)
        kind = Kind.BROKEN if reference else Kind.INT
        self.lexemes.append(Lexeme("INT", text, start, end, kind))
        return end

    def _quoted(self, start: int) -> int:
        """Read text with escapes, or text that is not closed."""
        text = self._text
        if text[start] == "`":
            return self._not_closed(start, len(text), "raw string literal not terminated")
        position = start + 1
        while position < len(text) and text[position] not in '"\n':
            position += 2 if text.startswith(("\\\\", '\\"'), position) else 1
        if position >= len(text) or text[position] == "\n":
            return self._not_closed(start, position, "string literal not terminated")
        flaws = check_escapes(text, start, position)
        self.findings.extend(flaws)
        kind = Kind.BROKEN if flaws else Kind.STRING
        value = text[start + 1 : position]
        self.lexemes.append(Lexeme("STRING", value, start, position + 1, kind))
        return position + 1

    def _not_closed(self, start: int, end: int, reference: str) -> int:
        quote = self._text[start]
        expected = f"a closing {quote}" + ("" if quote == "`" else " on the same line")
        self._report("the text is not closed", start, end, reference, expected)
        # Where it was meant to end nobody knows: all of it counts as one argument.
        self.lexemes.append(Lexeme("STRING", "", start, end))
        return end

    def _unknown(self, start: int) -> int:
        """Report characters that start no token; answer where to go on."""
        text = self._text
        first = text[start]
        if first in "&|":
            return self._lone_sign(start)
        opening = '\\"' if text.startswith('\\"', start) else first
        closing = ODD_QUOTES.get(opening)
        if closing is not None:
            stop = text.find(closing, start + len(opening))
            if stop >= 0 and "\n" not in text[start:stop]:
                return self._oddly_quoted(start, stop + len(closing), len(opening))
        end = start + 1
        while end < len(text) and text[end] == first:
            end += 1
        reference = "syntax error" if first == ";" else _UNRECOGNISED
        message, expected = advise_characters(text, start, end)
        self._report(message, start, end, reference, expected)
        return end

    def _oddly_quoted(self, start: int, end: int, width: int) -> int:
        value = self._text[start + width : end - width]
        quoted = f"`{value}`" if "\\" in value or '"' in value else f'"{value}"'
        self.findings.append(
            Finding(
                'text is quoted with "..." or back-quotes',
                start,
                end,
                "the escapes of the file around it are still in it" if width > 1 else "",
                quoted,
                reference=_UNRECOGNISED,
                reference_at=start,
            )
        )
        self.lexemes.append(Lexeme("STRING", value, start, end))
        return end

    def _lone_sign(self, start: int) -> int:
        sign = self._text[start]
        message = f"a single `{sign}` is no operator"
        self._report(message, start, start + 1, _UNRECOGNISED, f"write {sign * 2}")
        # Behind an operand it was meant as the operator; behind an operator it is one too many.
        if self.lexemes and self.lexemes[-1].type == "CLOSE":
            self.lexemes.append(Lexeme("AND" if sign == "&" else "OR", sign, start, start + 1))
        return start + 1

    def _report(
        self, message: str, start: int, end: int, reference: str, expected: str = ""
    ) -> None:
        self.findings.append(Finding(message, start, end, expected, "", reference, start))


def _leading_name(text: str) -> str:
    for index, each in enumerate(text):
        if not (each in "_-" or each.isalpha() or (index and each.isdecimal())):
            return text[:index]
    return text
