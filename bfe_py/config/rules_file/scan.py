"""A `.rules` file cut into pieces: words, texts in quotes, signs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from bfe_py.config.text import Span


class Kind(Enum):
    """What a piece of text is."""

    WORD = auto()
    STRING = auto()
    """In quotes or back-quotes, quotes included."""
    UNCLOSED = auto()
    """A quote without its partner on the line, and the rest of that line."""
    SIGN = auto()
    STRAY = auto()
    """A character that belongs nowhere."""
    COMMENT = auto()
    LINE = auto()
    BLANK = auto()
    CONDITION = auto()
    """Text that the condition language reads; put together by `statements`."""


_PIECE = re.compile(
    r"""
      (?P<BLANK> [ \t\r]+ | \A\ufeff )
    | (?P<LINE> \n )
    | (?P<COMMENT> (?: \# | // ) [^\n]* )
    | (?P<STRING> " (?: [^"\\\n] | \\[^\n] )* " | ` [^`\n]* ` )
    | (?P<UNCLOSED> ["`] [^\n]* )
    | (?P<SIGN> -> | && | \|\| | [{}(),=!] )
    | (?P<WORD> (?: [^\s"`{}(),=\#!&|/\x00-\x1f\x7f-] | -(?!>) | /(?!/) | &(?!&) | \|(?!\|) )+ )
    | (?P<STRAY> . )
    """,
    re.VERBOSE,
)


_KINDS = {kind.name: kind for kind in Kind}


@dataclass(slots=True)
class Piece:
    """A stretch of a file; `start` and `end` count code points from its beginning.

    Nobody changes it. There are very many, and it takes long to make one that nobody could change.
    """

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.start, self.end

    def is_sign(self, *texts: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind is Kind.SIGN and self.text in texts


def scan(text: str) -> Iterator[Piece]:
    """Pieces of a file in order, blanks left out."""
    for match in _PIECE.finditer(text):
        kind = _KINDS[match.lastgroup or "STRAY"]
        if kind is not Kind.BLANK:
            start, end = match.span()
            yield Piece(kind, match[0], start, end)
