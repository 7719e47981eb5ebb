"""Find the modules of a package and put them in order."""

import importlib
import pkgutil
from collections.abc import Collection, Iterable
from graphlib import CycleError, TopologicalSorter
from types import ModuleType

from bfe_py.pipeline.module import Module


class ModuleError(Exception):
    """A module cannot be used: it declares nothing, or the order cannot be kept."""


_PREFIX = "mod_"


def module_names(package: ModuleType) -> tuple[str, ...]:
    """Names of all modules of `package`, of which none is imported: ``mod_x`` is in the file x."""
    return tuple(
        sorted(f"{_PREFIX}{entry.name}" for entry in pkgutil.iter_modules(package.__path__))
    )


def load_modules(package: ModuleType, wanted: Collection[str] | None = None) -> dict[str, Module]:
    """Every module of `package` by name, in the order in which their handlers run.

    Only those `wanted` are imported, if they are named: most run without most of them.

    Raises:
        ModuleError: a file has no ``MODULE``, a name stands twice, or ``after`` runs in a circle.
    """
    found: dict[str, Module] = {}
    for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        if wanted is not None and f"{_PREFIX}{entry.name}" not in wanted:
            continue
        loaded = importlib.import_module(f"{package.__name__}.{entry.name}")
        declared = getattr(loaded, "MODULE", None)
        if not isinstance(declared, Module):
            raise ModuleError(f"{loaded.__name__} declares no MODULE")
        if declared.name in found:
            raise ModuleError(f"two modules are called {declared.name}")
        found[declared.name] = declared
    return order_modules(found.values())


def order_modules(modules: Iterable[Module]) -> dict[str, Module]:
    """Modules by name, each behind those its ``after`` names; by name where that leaves a choice.

    Raises:
        ModuleError: ``after`` runs in a circle.
    """
    known = {module.name: module for module in modules}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in sorted(known):
        sorter.add(name, *(other for other in known[name].after if other in known))
    try:
        sorter.prepare()
    except CycleError as error:
        raise ModuleError(f"modules wait for each other: {' -> '.join(error.args[1])}") from error
    ordered: dict[str, Module] = {}
    while sorter.is_active():
        for name in sorted(sorter.get_ready()):
            ordered[name] = known[name]
            sorter.done(name)
    return ordered
