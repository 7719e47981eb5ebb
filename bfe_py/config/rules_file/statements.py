"""Pieces put together to statements, and these nested by the braces of blocks.

A statement goes on behind the end of its line where a parenthesis is open, where the line ends
with one of ``( , = -> && || !``, and where the next line begins with ``-> && || {``. A line that
begins with a word of `FILE_WORDS` never continues one: an open parenthesis or a missing brace
spoils no more than the statement that it stands in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bfe_py.config.rules_file.remarks import Remarks
from bfe_py.config.rules_file.scan import Kind, Piece, scan

FILE_WORDS = frozenset({"hosts", "vips", "default", "let", "cluster", "route"})
"""First words of the statements that stand outside of blocks, and only there."""

_NO_BLOCK = FILE_WORDS - {"cluster"}
_GOES_ON_AFTER = frozenset({"(", ",", "=", "->", "&&", "||", "!"})
_GOES_ON_BEFORE = frozenset({"->", "&&", "||", "{"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `body` is what stands in its block, None where it opens none.

    `pieces` hold no comment; the brace that opens the block is the last of them.
    """

    pieces: tuple[Piece, ...]
    body: "list[Statement] | None" = None


def read_statements(text: str, remarks: Remarks) -> list[Statement]:
    """Statements of a file; braces without a partner are reported."""
    blocks = _Blocks(remarks)
    for pieces in _lines(text):
        if pieces[0].is_sign("}"):
            blocks.close(pieces[0])
        else:
            blocks.add(text, pieces)
    blocks.leave("at the end of the file")
    return blocks.statements


@dataclass(slots=True)
class _Blocks:
    """What was read so far; `opened` are the blocks around the next statement, outermost first."""

    remarks: Remarks
    statements: list[Statement] = field(default_factory=list)
    opened: list[tuple[Piece, list[Statement]]] = field(default_factory=list)

    def add(self, text: str, pieces: Sequence[Piece]) -> None:
        if pieces[0].text in FILE_WORDS:
            self.leave(f"before `{pieces[0].text}` on line {self.remarks.line(pieces[0].start)}")
        around = self.opened[-1][1] if self.opened else self.statements
        if pieces[-1].is_sign("{") and pieces[0].text not in _NO_BLOCK:
            body: list[Statement] = []
            self.opened.append((pieces[-1], body))
            around.append(Statement(tuple(pieces), body))
        else:
            around.append(Statement(tuple(_with_condition(text, pieces))))

    def close(self, brace: Piece) -> None:
        if self.opened:
            self.opened.pop()
        else:
            self.remarks.error("E700", brace.span, "`}` closes nothing")

    def leave(self, place: str) -> None:
        for brace, _ in self.opened:
            self.remarks.error("E700", brace.span, "this block is not closed", f"`}}` {place}")
        self.opened.clear()


def _lines(text: str) -> Iterator[list[Piece]]:
    """Pieces of each statement; a closing brace stands alone, an opening one ends its list."""
    line: list[Piece] = []
    depth = 0
    pieces = [piece for piece in scan(text) if piece.kind is not Kind.COMMENT]
    for index, piece in enumerate(pieces):
        if piece.kind is Kind.LINE:
            if line and not _goes_on(line, _next(pieces, index), depth):
                yield line
                line, depth = [], 0
        elif piece.kind is not Kind.SIGN:
            line.append(piece)
        elif piece.text == "}":
            if line:
                yield line
            yield [piece]
            line, depth = [], 0
        else:
            line.append(piece)
            depth += (piece.text == "(") - (piece.text == ")")
            if piece.text == "{" and line[0].text not in _NO_BLOCK:
                yield line
                line, depth = [], 0
    if line:
        yield line


def _next(pieces: Sequence[Piece], index: int) -> Piece | None:
    """First piece behind `index` that is no line end."""
    while index < len(pieces) and pieces[index].kind is Kind.LINE:
        index += 1
    return pieces[index] if index < len(pieces) else None


def _goes_on(line: Sequence[Piece], following: Piece | None, depth: int) -> bool:
    if following is None or following.text in FILE_WORDS:
        return False
    return depth > 0 or line[-1].is_sign(*_GOES_ON_AFTER) or following.is_sign(*_GOES_ON_BEFORE)


def _with_condition(text: str, pieces: Sequence[Piece]) -> list[Piece]:
    """`pieces` with those that make up a condition put together to one."""
    first, last = 1, len(pieces)
    if pieces[0].text == "let":
        first = _find(pieces, "=") + 1
    elif pieces[0].text == "route":
        last = _find(pieces, "->")
    else:
        return list(pieces)
    unclosed = [index for index in range(last) if pieces[index].kind is Kind.UNCLOSED]
    last = unclosed[0] if unclosed else last
    if first >= last:
        return list(pieces)
    return [*pieces[:first], _condition(text, pieces[first:last]), *pieces[last:]]


def _find(pieces: Sequence[Piece], sign: str) -> int:
    """Position of the first `sign`, or behind the last piece."""
    for index, piece in enumerate(pieces):
        if piece.is_sign(sign):
            return index
    return len(pieces)


def _condition(text: str, pieces: Sequence[Piece]) -> Piece:
    """One piece from the first to the last of `pieces`; comments between them become blanks."""
    start, end = pieces[0].start, pieces[-1].end
    kept: list[str] = []
    reached = start
    for piece in pieces:
        if reached < piece.start:
            kept.append(_blank(text[reached : piece.start]))
        kept.append(piece.text)
        reached = piece.end
    return Piece(Kind.CONDITION, "".join(kept), start, end)


def _blank(between: str) -> str:
    """As long as `between`, but only its blanks and line ends are left."""
    if between == " ":
        return between
    return "".join([each if each in " \t\r\n" else " " for each in between])
