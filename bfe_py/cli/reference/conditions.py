"""docs/conditions.md: the condition language and its primitives."""

from itertools import groupby

from bfe_py.cli.reference.markdown import block, code, document, table
from bfe_py.condition import PrimitiveDoc, primitives

_INTRODUCTION = """
# Conditions

A condition is a text that is true or false of a request: which route it takes, which rule of a
module is meant for it. It is made of primitives, joined by `&&`, `||`, `!` and parentheses.

`||` binds tighter than `&&`, as in BFE: `a && b || c` is `a && (b || c)`. Write the parentheses;
`bfe-py check` warns where they are missing.
"""

_LITERALS = """
Texts stand in `"quotes"` with the escapes of Go, or in `` `back-quotes` `` as they are. A list is
one text with `|` between its elements. `true` as the last argument of many primitives means: ignore
case.
"""

_TRIED = """
To try a condition, `bfe-py eval` reads requests as JSON lines; `bfe-py explain` shows for one
request what every part of every condition saw.
"""

_EXAMPLE = """
req_host_in("shop.example|www.shop.example") && req_path_prefix_in("/cart", false)
!req_cip_range("10.0.0.0", "10.255.255.255") && req_method_in("POST|PUT")
req_header_value_prefix_in("User-Agent", "curl/", true) || req_query_key_in("debug")
"""

_MISSING = """
The column *without it* says how the primitive comes out where what it reads is not there: a header
that was not sent, a client whose address is not known.
"""


def conditions_page() -> str:
    """Content of the page."""
    found = sorted(primitives(), key=lambda one: one.family)
    parts = [_INTRODUCTION, block(_EXAMPLE), _LITERALS, _TRIED, "## Primitives", _MISSING]
    for family, members in groupby(found, key=lambda one: one.family):
        parts += [f"### {family.capitalize()}", table(_TITLES, map(_row, members))]
    return document(*parts)


_TITLES = ("primitive", "is true if", "without it", "reads")


def _row(one: PrimitiveDoc) -> tuple[str, str, str, str]:
    signature = ", ".join(f"{name}: {label.split(':')[0]}" for name, label in one.parameters)
    return code(f"{one.name}({signature})"), one.doc, one.missing, one.reads
