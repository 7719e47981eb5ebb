"""One statement read by the grammar, or reported with what could have stood there."""

from collections.abc import Collection, Mapping
from enum import Enum
from functools import cache
from unicodedata import name as character_name

from lark import Lark, Token, Tree, UnexpectedToken
from lark.lexer import PatternStr

from bfe_py.config.findings import suggest
from bfe_py.config.rules_file.remarks import Remarks
from bfe_py.config.rules_file.scan import Kind, Piece
from bfe_py.config.rules_file.statements import Statement
from bfe_py.config.text import Span


class Place(Enum):
    """Where a statement stands; the value is the grammar's rule for it."""

    FILE = "file_statement"
    CLUSTER = "cluster_statement"
    SUB_CLUSTER = "sub_statement"


_PLACE_NAMES = {
    Place.FILE: "outside of blocks",
    Place.CLUSTER: "in a `cluster`",
    Place.SUB_CLUSTER: "in a `sub`",
}

_WORD_VALUES = {
    "HOST_NAME": "a host such as shop.example or *.shop.example",
    "IP_ADDRESS": "an IP address",
    "IDENTIFIER": "a name",
    "HOST_PORT": "host:port",
    "COUNT": "a number",
    "DURATION": "a duration such as 250ms, 2s or 1m",
    "SIZE": "a size such as 64KiB or 10MiB",
    "STATUS_CODE": "a status such as 200 or 2xx",
}
_OTHER_VALUES = {
    "TEXT": 'a text in quotes such as "/ping"',
    "CONDITION": "a condition",
    "$END": "the end of the line",
}
_VALUES = _WORD_VALUES | _OTHER_VALUES
_TYPES = {
    Kind.STRING: "TEXT",
    Kind.CONDITION: "CONDITION",
    Kind.UNCLOSED: "UNCLOSED",
    Kind.STRAY: "STRAY",
}


def parse_statement(statement: Statement, place: Place, remarks: Remarks) -> Tree[Token] | None:
    """Tree of a statement, named after its rule; None if it was reported.

    Words that have a meaning only where the grammar names them: a cluster may be called ``weight``.
    """
    state = _grammar().parse_interactive(start=place.value)
    piece: Piece | None = None
    try:
        for piece in statement.pieces:
            choices = state.choices()  # type: ignore[no-untyped-call]  # lark leaves it untyped
            kind = _type_of(piece, choices)
            state.feed_token(Token(kind, piece.text, piece.start, end_pos=piece.end))
        piece = None
        tree: Tree[Token] = state.feed_token(Token("$END", ""))
    except UnexpectedToken as error:
        _report(statement, piece, place, error.expected, remarks)
        return None
    return tree


def find_route(statement: Statement) -> tuple[Span, Token | None, Token] | None:
    """Place, condition and cluster of a plain `route` statement, as the grammar would find them.

    Nearly all statements of a large file are one; None: the grammar has to see it.
    """
    match statement.pieces:
        case (
            Piece(Kind.WORD, "route", start=start),
            Piece(Kind.CONDITION) as condition,
            Piece(Kind.SIGN, "->"),
            Piece(Kind.WORD) as cluster,
        ):
            found: Token | None = Token(
                "CONDITION", condition.text, condition.start, end_pos=condition.end
            )
        case (
            Piece(Kind.WORD, "route", start=start),
            Piece(Kind.SIGN, "->"),
            Piece(Kind.WORD) as cluster,
        ):
            found = None
        case _:
            return None
    token = Token("IDENTIFIER", cluster.text, cluster.start, end_pos=cluster.end)
    return (start, cluster.end), found, token


@cache
def _grammar() -> Lark:
    starts = [place.value for place in Place]
    return Lark.open(
        "grammar.lark", rel_to=__file__, parser="lalr", start=starts, propagate_positions=True
    )


@cache
def _keywords() -> Mapping[str, str]:
    """Text of every keyword and sign -> its terminal."""
    return {
        terminal.pattern.value: terminal.name
        for terminal in _grammar().terminals
        if isinstance(terminal.pattern, PatternStr)
    }


def _type_of(piece: Piece, choices: Collection[str]) -> str:
    if piece.kind is Kind.SIGN:
        return _keywords().get(piece.text, "SIGN")
    if piece.kind is not Kind.WORD:
        return _TYPES[piece.kind]
    keyword = _keywords().get(piece.text, "WORD")
    if keyword not in choices:
        for value in _WORD_VALUES:
            if value in choices:
                return value
    return keyword


def _report(
    statement: Statement,
    piece: Piece | None,
    place: Place,
    expected: Collection[str],
    remarks: Remarks,
) -> None:
    words = [text for text, terminal in _keywords().items() if terminal in expected]
    values = [text for terminal, text in _VALUES.items() if terminal in expected]
    options = _list([f"`{word}`" for word in sorted(words)] + values)
    if piece is None:
        end = statement.pieces[-1].end
        remarks.error("E700", (end, end), "the statement is not complete", options)
        return
    if piece.kind is Kind.UNCLOSED:
        options = "a closing quote"
    hint = suggest(piece.text, words) if piece.kind is Kind.WORD else ""
    message = _describe(piece)
    if piece is statement.pieces[0] and piece.kind is Kind.WORD:
        message = f"there is no statement `{piece.text}` {_PLACE_NAMES[place]}"
    remarks.error("E700", piece.span, message, options, hint)


def _list(options: list[str]) -> str:
    *first, last = options
    return f"{', '.join(first)} or {last}" if first else last


def _describe(piece: Piece) -> str:
    if piece.kind is Kind.UNCLOSED:
        return "the text is not closed on its line"
    if piece.kind is Kind.STRAY:
        code = ord(piece.text)
        return f"the character U+{code:04X} {character_name(piece.text, '')}".rstrip() + (
            " may not stand here"
        )
    return f"`{piece.text}` is not expected here"
