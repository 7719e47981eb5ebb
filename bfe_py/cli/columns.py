"""Tables for terminals and pipes."""

from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH = 10_000
"""Lines are never folded: whoever cuts or searches them wants a row on a line."""


def align(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lines of `rows` below `titles`; columns of numbers stand to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for position, title in enumerate(titles):
        cells = [row[position] for row in rows]
        is_number = bool(cells) and all(isinstance(cell, (int, float)) for cell in cells)
        table.add_column(title, justify="right" if is_number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*[Text(str(cell)) for cell in row])
    lines = StringIO()
    Console(file=lines, width=_WIDTH, no_color=True).print(table)
    return "\n".join([line.rstrip() for line in lines.getvalue().splitlines()])
