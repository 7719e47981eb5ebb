"""All primitives, found by being in a file of the folder ``primitives``."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from bfe_py.condition import primitives as _families
from bfe_py.condition.registry import Primitive, PrimitiveDoc


def _load() -> Mapping[str, Primitive]:
    found: dict[str, Primitive] = {}
    for family in pkgutil.iter_modules(_families.__path__):
        module = import_module(f"{_families.__name__}.{family.name}")
        for each in vars(module).values():
            if isinstance(each, Primitive):
                found[each.name] = each
    return MappingProxyType(dict(sorted(found.items())))


PRIMITIVES = _load()
"""Primitives by name, in alphabetical order."""


def primitives() -> tuple[PrimitiveDoc, ...]:
    """Every primitive as the documentation shows it, in alphabetical order."""
    return tuple([each.document() for each in PRIMITIVES.values()])
