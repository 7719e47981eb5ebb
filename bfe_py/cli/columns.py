"""Tables for terminals and pipes."""

from collections.abc import Sequence

_GAP = "  "


def align(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lines of `rows` below `titles`; columns of numbers stand to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    columns = list(zip(titles, *cells, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    is_number = [
        bool(rows) and all(isinstance(cell, (int, float)) for cell in column)
        for column in zip(*rows, strict=True)
    ] or [False] * len(titles)
    lines = []
    for line in (titles, *cells):
        placed = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ]
        lines.append(_GAP.join(placed).rstrip())
    return "\n".join(lines)
