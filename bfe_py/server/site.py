"""load_site: from folders to everything that is settled before any process is started."""

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bfe_py import modules as built_in
from bfe_py.config import (
    Directory,
    Report,
    default_settings,
    default_static,
    load_settings,
    load_static,
    with_compatibility,
)
from bfe_py.pipeline import Module, load_modules, module_names
from bfe_py.server.options import Site

RULES_ONLY_MODULES = ("mod_logid", "mod_header")
"""Modules that run where there is no bfe.conf to name any."""

_RULES_ONLY_DOCUMENTS = {"mod_header/mod_header.data": b'{"Version": "", "Config": {}}'}
"""What those modules read there."""


def load_site(
    conf: Path | None, rules: Path | None, *, is_compatible: bool = False
) -> tuple[Site | None, Report]:
    """What the static configuration says; None with the errors in the report if it is wrong.

    Args:
        conf: configuration root with bfe.conf; None: `.rules` files alone.
        rules: folder of `.rules` files, None for that of bfe.conf, if it names one.
    """
    if conf is None:
        enabled = load_modules(built_in, RULES_ONLY_MODULES)
        settings = {name: default_settings(module) for name, module in enabled.items()}
        static = default_static(str(rules))
        if is_compatible:
            static = replace(static, own=with_compatibility(static.own))
        site = Site(
            None,
            rules,
            static,
            enabled,
            settings,
            is_compatible,
            _RULES_ONLY_DOCUMENTS,
        )
        return site, Report()
    static_or_none, report = load_static(
        conf, compatible=is_compatible, built=module_names(built_in)
    )
    if static_or_none is None:
        return None, report
    static = static_or_none
    enabled = load_modules(built_in, static.server.modules)
    settings = _load_all_settings(enabled, conf, report)
    if not report.ok:
        return None, report
    if rules is None and static.own.rules_directory:
        rules = conf / static.own.rules_directory
    names = ["bfe.conf", *[f"{name}/{name}.conf" for name in settings]]
    files = Directory(conf)
    return Site(
        conf,
        rules,
        static,
        enabled,
        settings,
        is_compatible,
        static_files={name: files.get(name) for name in names},
    ), report


def available_modules() -> tuple[str, ...]:
    """Names of all modules there are, in the order in which they run; all of them are imported."""
    return tuple(load_modules(built_in))


def _load_all_settings(enabled: dict[str, Module], conf: Path, report: Report) -> dict[str, Any]:
    return {name: load_settings(module, conf, report) for name, module in enabled.items()}
