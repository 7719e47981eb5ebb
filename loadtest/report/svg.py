"""The few marks of SVG that a plot needs."""

from xml.sax.saxutils import escape, quoteattr

FONT = "font-family='DejaVu Sans, Verdana, Helvetica, Arial, sans-serif'"

INK = "#222222"
FAINT = "#8a8a8a"
GRID = "#dddddd"


def text(x: float, y: float, content: str, *, size: int = 12, look: str = "") -> str:
    """Text at a place; `look`: more attributes."""
    return f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' {look}>{escape(content)}</text>"


def line(start: tuple[float, float], end: tuple[float, float], colour: str, width: float) -> str:
    """A straight line."""
    return (
        f"<line x1='{start[0]:.1f}' y1='{start[1]:.1f}' x2='{end[0]:.1f}' y2='{end[1]:.1f}' "
        f"stroke='{colour}' stroke-width='{width:g}'/>"
    )


def bar(corner: tuple[float, float], size: tuple[float, float], colour: str, tip: str) -> str:
    """A filled box that says `tip` under the pointer."""
    return (
        f"<rect x='{corner[0]:.1f}' y='{corner[1]:.1f}' width='{max(size[0], 0):.1f}' "
        f"height='{size[1]:.1f}' fill='{colour}'><title>{escape(tip)}</title></rect>"
    )


def document(width: float, height: float, title: str, marks: list[str]) -> str:
    """A whole picture on white."""
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:.0f}' height='{height:.0f}' "
        f"viewBox='0 0 {width:.0f} {height:.0f}' role='img' aria-label={quoteattr(title)} "
        f"{FONT} fill='{INK}'>"
    )
    back = f"<rect width='{width:.0f}' height='{height:.0f}' fill='#ffffff'/>"
    return "\n".join([head, back, *marks, "</svg>"]) + "\n"
