"""Modules with their documents to the handlers of each phase."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import msgspec

from bfe_py.condition import Condition
from bfe_py.config.dynamic import ModuleDocument
from bfe_py.config.lazy_conditions import Conditions
from bfe_py.pipeline import GLOBAL, Document, Handler, Path, Phase, RuleTable

_BODY_PHASES = (Phase.REQUEST, Phase.TENANT, Phase.ROUTE, Phase.FORWARD, Phase.RESPONSE)
"""Phases of an exchange in the order in which they come; the body may be read before each."""


class CompileError(Exception):
    """A document that was checked does not compile; `problems` are what its module says of it."""

    def __init__(self, document: str, problems: Iterable[str]) -> None:
        self.document = document
        self.problems = tuple(problems)
        super().__init__(f"{document}: {'; '.join(self.problems)}")


@dataclass(frozen=True, slots=True)
class CompiledDocument:
    """What a document's `compile` made. `body_tenants`: whose conditions read the body."""

    value: object
    body_tenants: frozenset[str]


def compile_document(
    module: str, document: Document, source: ModuleDocument, conditions: Conditions
) -> CompiledDocument:
    """`source` as `build` wants it.

    Raises:
        CompileError: the module refuses the document.
    """
    decoded: Any = source.packed
    if document.schema is not None:
        decoded = msgspec.msgpack.decode(source.packed, type=document.schema)
    findings = _Collected(conditions, source.files)
    value = document.compile(decoded, findings)
    if findings.problems:
        raise CompileError(f"{module}/{document.name}", findings.problems)
    return CompiledDocument(value, _body_tenants(value, reads_body=findings.reads_body))


class _Collected:
    """Findings of a document that was checked before: there must be no errors."""

    def __init__(self, conditions: Conditions, files: Mapping[str, bytes]) -> None:
        self._conditions = conditions
        self._files = files
        self.problems: list[str] = []
        self.reads_body = False

    def error(self, path: Path, message: str, *, expected: str = "") -> None:  # noqa: ARG002
        """Keep what would refuse the document."""
        self.problems.append(f"{'.'.join(map(str, path))}: {message}")

    def warning(self, path: Path, message: str, *, expected: str = "") -> None:
        """Nothing: it was reported when the document was checked."""

    def condition(self, path: Path, text: str) -> Condition:  # noqa: ARG002
        """The condition of `text`."""
        condition = self._conditions.get(text)
        self.reads_body = self.reads_body or condition.reads_body
        return condition

    def file(self, path: Path, name: str) -> bytes | None:
        """Content of a file that came with the document."""
        if name not in self._files:
            self.error(path, f"there is no file {name}")
        return self._files.get(name)


def _body_tenants(value: object, *, reads_body: bool) -> frozenset[str]:
    """Tenants whose rules in `value` read the body; everybody where no table tells."""
    if not reads_body:
        return frozenset()
    tenants: set[str] = set()
    for table in _find_tables(value):
        tenants |= table.body_tenants
    return frozenset(tenants or {GLOBAL})


def _find_tables(value: object) -> Iterator[RuleTable[Any]]:
    """Rule tables in `value`: itself, or inside of dataclasses, mappings and sequences."""
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, RuleTable):
            yield current
        elif isinstance(current, Mapping):
            pending += current.values()
        elif isinstance(current, (tuple, list)):
            pending += current
        elif is_dataclass(current) and not isinstance(current, type):
            pending += [getattr(current, field.name) for field in fields(current)]


def add_body_phases(
    phases: dict[str, Phase], tenants: Iterable[str], handlers: Mapping[Phase, Handler]
) -> None:
    """Note in `phases` (by tenant) the first phase of `handlers`, where that is earlier."""
    taking_part = [phase for phase in _BODY_PHASES if phase in handlers]
    for tenant in tenants if taking_part else ():
        phases[tenant] = first_phase(phases.get(tenant), taking_part[0])


def first_phase(*phases: Phase | None) -> Phase:
    """The earliest of `phases`; None is no phase, and one of them is not None."""
    return min([phase for phase in phases if phase is not None], key=_BODY_PHASES.index)
