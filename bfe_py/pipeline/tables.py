"""compile_table: the outline that rule files of modules share, compiled into a RuleTable."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from bfe_py.pipeline.module import Findings, Path
from bfe_py.pipeline.rules import RuleTable, decide

A = TypeVar("A")


class ConditionalSpec(Protocol):
    """One rule of a file: `condition` is its ``Cond``."""

    @property
    def condition(self) -> str | None:
        """Expression of the condition language; None: missing."""


S = TypeVar("S", bound=ConditionalSpec)
S_co = TypeVar("S_co", bound=ConditionalSpec, covariant=True)


class TableSpec(Protocol[S_co]):
    """A file of rules: `version` is its ``Version``, `tenants` its ``Config``."""

    @property
    def version(self) -> str | None:
        """Any text; None: missing."""

    @property
    def tenants(self) -> Mapping[str, Sequence[S_co]] | None:
        """Rules of each tenant, in order; None: missing."""


def compile_table(
    file: TableSpec[S],
    findings: Findings,
    compile_action: Callable[[S, Path, Findings], A],
    *,
    key: str = "Cond",
) -> RuleTable[A]:
    """Table of the rules of `file`; `compile_action` makes what a rule does, given its place.

    `key` is how the file writes the name of a rule's condition.

    Reports what is wrong with the outline: ``Version``, ``Config`` or a condition that is missing,
    and conditions that do not compile.
    """
    if file.version is None:
        findings.error((), "Version is missing")
    if file.tenants is None:
        findings.error((), "Config is missing", expected="tenants with their lists of rules")
    rules, texts = {}, {}
    readers = set()
    for tenant, specs in (file.tenants or {}).items():
        compiled, written = [], []
        for index, spec in enumerate(specs):
            path: Path = ("Config", tenant, index)
            if spec.condition is None:
                findings.error(path, f"{key} is missing", expected="a condition")
            text = "default_t()" if spec.condition is None else spec.condition
            condition = findings.condition((*path, key), text)
            if condition.reads_body:
                readers.add(tenant)
            written.append(text)
            compiled.append((decide(condition), compile_action(spec, path, findings)))
        rules[tenant], texts[tenant] = tuple(compiled), written
    return RuleTable(rules, frozenset(readers), texts)
