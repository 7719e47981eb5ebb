"""Pieces of Markdown."""

import re
from collections.abc import Iterable, Sequence

_SECTION = re.compile(r" \(\d+\.\d+\)")


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; whatever would break one in a cell is escaped."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def code(text: str) -> str:
    """`text` as it is typed; nothing for nothing."""
    if not text:
        return ""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def block(text: str, language: str = "") -> str:
    """Lines as they are."""
    return f"```{language}\n{text.strip()}\n```"


def document(*parts: str) -> str:
    """Parts of a page, one below the other."""
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def paragraph(docstring: str | None) -> str:
    """A docstring as Markdown; numbers of sections that it refers to are left out."""
    return _SECTION.sub("", docstring or "").strip().replace("``", "`")


def first_line(docstring: str | None) -> str:
    """What a docstring says in one line."""
    return paragraph(docstring).partition("\n")[0]


def _cell(text: str) -> str:
    return " ".join(text.replace("``", "`").split()).replace("|", "\\|")
