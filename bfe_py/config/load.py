"""Load: a whole configuration from a directory: everything read, decoded and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bfe_py.config.assemble import assemble
from bfe_py.config.check import check_tree
from bfe_py.config.conditions import ConditionCache
from bfe_py.config.documents import Directory
from bfe_py.config.dynamic import Tree
from bfe_py.config.findings import Report
from bfe_py.config.groups import Decoded, decode_group, groups
from bfe_py.config.pki import Pki
from bfe_py.config.rules_group import rules_groups
from bfe_py.config.static import Static, load_settings, load_static
from bfe_py.pipeline import Module


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded, as far as it could be.

    `static` is None if bfe.conf cannot be used; then there is nothing else. `tree` is made of the
    groups without errors; `report` has the findings of all.
    """

    report: Report
    static: Static | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    decoded: Mapping[str, Decoded] = field(default_factory=dict)
    tree: Tree = field(default_factory=Tree)


def load_tree(
    root: Path,
    modules: Mapping[str, Module],
    *,
    compatible: bool = False,
    pki: Pki | None = None,
    conditions: ConditionCache | None = None,
) -> Loaded:
    """The configuration below `root`, with those of `modules` that its bfe.conf names."""
    static, report = load_static(root, compatible=compatible, built=modules)
    if static is None:
        return Loaded(report)
    running = {name: modules[name] for name in static.server.modules}
    settings = {name: load_settings(module, root, report) for name, module in running.items()}
    documents = Directory(root)
    found = groups(static, running, settings)
    if static.own.rules_directory:
        found += rules_groups(static.own.rules_directory, documents)
    conditions = ConditionCache() if conditions is None else conditions
    decoded = {
        group.name: decode_group(group, documents, pki=pki, conditions=conditions)
        for group in found
    }
    for each in decoded.values():
        report.merge(each.report)
    values = {name: each.value for name, each in decoded.items() if each.value is not None}
    tree = assemble(values)
    check_tree(tree, report, decoded.values())
    return Loaded(report, static, settings, decoded, tree)
