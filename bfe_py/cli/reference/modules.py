"""docs/modules.md: what modules do, and the settings, documents and counters of each."""

from collections.abc import Iterable, Iterator
from typing import Any

from bfe_py.cli.reference.catalogue import all_modules, metrics_of_module, module_text
from bfe_py.cli.reference.markdown import code, document, first_line, paragraph, table
from bfe_py.cli.reference.metrics import metric_table
from bfe_py.cli.reference.schemas import describe, describe_all, nested_schemas
from bfe_py.modules.header import DEFAULT_FIELDS
from bfe_py.modules.header import MODULE as HEADER
from bfe_py.observe import (
    REQUEST_VARIABLES,
    RULE_VARIABLES,
    SESSION_VARIABLES,
    RuleVariable,
    Variable,
)
from bfe_py.pipeline import Document, Module

_INTRODUCTION = """
# Modules

A module is switched on by a line `Modules = NAME` in `bfe.conf`; whatever the order of the lines,
modules run in the order of the table below. The settings of a module are in `NAME/NAME.conf` below
the configuration root and are read once; its documents are named there and read again when they
change. Rules for a tenant stand under its name, those for all of them, where a module has such,
under `global`.
"""

_VARIABLES = """
## Variables

What may stand in the lines of mod_access and in the values of mod_header.
"""


def modules_page() -> str:
    """Content of the page."""
    found = all_modules()
    rows = [(f"[{name}](#{name})", module.description) for name, module in found.items()]
    parts = [_INTRODUCTION, table(("module", "does"), rows)]
    for module in found.values():
        parts += _describe_module(module)
    parts += [_VARIABLES, *_variables()]
    return document(*parts)


def _describe_module(module: Module) -> Iterator[str]:
    yield f"## {module.name}"
    yield paragraph(module_text(module))
    before = [name for name in module.after if name in all_modules()]
    if before:
        yield f"Runs behind {', '.join(map(code, before))}."
    if module.settings is not None:
        yield f"### {module.name}.conf"
        for section in nested_schemas(module.settings)[1:]:
            yield f"{first_line(section.__doc__)}"
            yield describe(section)
    for each in module.documents:
        yield from _describe_document(each)
    if module.name == HEADER.name:
        yield "### Fields that requests get unasked"
        yield _default_fields()
    metrics = metrics_of_module(module)
    if metrics:
        yield "### Counters"
        yield metric_table(metrics)


def _describe_document(each: Document) -> Iterator[str]:
    section, key = each.setting
    yield f"### {each.default or key}"
    default = f"{code(each.default)} by default" if each.default else "there is none unless named"
    again = f"`bfe-py reload {each.reload}` reads it again"
    yield f"Named by `{key}` in `[{section}]`; {default}. {again}."
    if each.schema is None:
        yield "A text file."
    else:
        yield from describe_all(each.schema, 4)


def _default_fields() -> str:
    rows = [
        (code(one.name.decode()), one.value, one.why, one.prior.value, "yes" if one.is_bfe else "")
        for one in DEFAULT_FIELDS
    ]
    return table(("field", "holds", "for", "where the request has it", "BFE too"), rows)


def _variables() -> Iterator[str]:
    keyed = "`${KEY}NAME` where the name is a header or a cookie"
    yield f"### $NAME in RequestTemplate\n\n{keyed}."
    yield _variable_table("$", REQUEST_VARIABLES.values())
    yield "### $NAME in SessionTemplate"
    yield _variable_table("$", SESSION_VARIABLES.values())
    yield "### %NAME in values of mod_header"
    yield _variable_table("%", RULE_VARIABLES.values())


def _variable_table(sign: str, variables: Iterable[Variable[Any] | RuleVariable]) -> str:
    rows = []
    for one in variables:
        is_keyed = isinstance(one, Variable) and one.is_keyed
        rows.append((code(f"{sign}{{KEY}}{one.name}" if is_keyed else sign + one.name), one.help))
    return table(("variable", "value"), rows)
