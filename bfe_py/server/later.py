"""What a start does without, imported once workers serve.

Not when it is needed: a process runs for weeks, another version may be installed meanwhile, and it
would be of that one. For the same reason a process that gives up privileges imports it before: it
may not be able to read it any more.
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


def import_in_steps() -> Iterator[None]:
    """Import all of it, in steps between which others may have their turn."""
    for name in _LATER:
        import_module(name)
        yield
    available_modules()


def import_later() -> None:
    """Import all of it."""
    for _ in import_in_steps():
        pass
