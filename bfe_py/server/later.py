"""import_later: what a start does without, and what must be there all the same.

A process runs for weeks, and another version may be installed meanwhile. What it imported only when
it needs it would be of that version.
"""

from collections.abc import Iterator
from importlib import import_module

from bfe_py.server.site import available_modules

_LATER = (
    "bfe_py.manage.app",
    "bfe_py.condition.grammar",
    "bfe_py.config.rules_file.read",
)
"""The management pages, what explains errors in conditions, and what reads `.rules` documents."""


def import_later() -> Iterator[None]:
    """Import all of it, in steps between which others may have their turn; once workers serve."""
    for name in _LATER:
        import_module(name)
        yield
    available_modules()
