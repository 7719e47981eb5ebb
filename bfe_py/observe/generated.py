"""The function of a whole template, generated: a line costs one call, not one for each variable.

What dataclasses and namedtuple do with `exec` is done here with expressions. Only constants of this
package ever become source: the expressions of `variables.inline`, `LOCALS`, and what stands below.
Texts and keys of a template, names of header fields among them, are objects of the namespace that
the function has for its globals, under names that are counted; nothing of them is ever spliced into
source. That namespace holds these objects and no builtins.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from bfe_py.observe.variables import LOCALS, Environment, Inline

S = TypeVar("S")

Part = bytes | Inline | Callable[[S], bytes]
"""Layout, or a variable: its expressions, or its reader where it has none."""

_NAME = re.compile(r"(?<![\w.])[a-z]\w*")


def generate_line(
    parts: Sequence[Part[S]],
    by_readers: Callable[[S], bytes],
    environment: Environment,
    plain: bytes,
) -> Callable[[S], bytes]:
    """Function of the line that `by_readers` makes; `plain` are the bytes that need no escape.

    Whatever is not ordinary is left to `by_readers`: subjects of which an expression says that it
    does not know them, and lines in which something has to be escaped.
    """
    clock = environment.clock
    namespace: dict[str, object] = {
        "__builtins__": {},
        "round": round,
        "monotonic": clock.monotonic,
        "wall": clock.wall,
        "by_readers": by_readers,
        "plain": plain,
    }
    layout = b""
    values: list[str] = []
    unless: dict[str, None] = {}
    for index, part in enumerate(parts):
        if isinstance(part, bytes):
            layout += part
        elif isinstance(part, Inline):
            layout += part.layout
            names = {name: f"{name}_{index}" for name in part.names}
            namespace.update({names[name]: known for name, known in part.names.items()})
            values.extend([value.format_map(names) for value in part.values])
            unless.update(dict.fromkeys(part.unless))
        else:
            layout += b"%b"
            namespace[f"read_{index}"] = part
            values.append(f"read_{index}(subject)")
    namespace["layout"] = layout
    # The fastest way to see that there is nothing to escape: what is not plain in the line is what
    # the layout has of it.
    namespace["own"] = layout.translate(None, plain)
    code = compile(_source(values, list(unless)), "<access log line>", "exec")
    exec(code, namespace)  # noqa: S102 - constants of this package, see above
    return cast(Callable[[S], bytes], namespace["line"])


def _source(values: list[str], unless: list[str]) -> str:
    used = set(_NAME.findall(" ".join(values + unless)))
    known: list[str] = []
    for name, expression in reversed(tuple(LOCALS.items())):
        if name in used:
            used.update(_NAME.findall(expression))
            known.insert(0, f"    {name} = {expression}\n")
    otherwise = f"    if {' or '.join(unless)}:\n        return by_readers(subject)\n"
    return (
        "def line(subject):\n"
        + "".join(known)
        + (otherwise if unless else "")
        + f"    made = layout % ({''.join([f'{value}, ' for value in values])})\n"
        + "    return made if made.translate(None, plain) == own else by_readers(subject)\n"
    )
