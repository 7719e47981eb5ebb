"""Documents of modules compiled again from what was checked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from bfe_py.config.compile_modules import (
    CompileError,
    add_body_phases,
    compile_document,
    first_phase,
)
from bfe_py.config.dynamic import ModuleDocument
from bfe_py.config.lazy_conditions import LazyConditions
from bfe_py.pipeline import GLOBAL, Document, Findings, Phase, RuleTable

BODY = 'req_body_json_in("a", "b", false)'


class Rules(msgspec.Struct, frozen=True):
    names: list[str] = msgspec.field(name="Names")


def document(
    compile_rules: Callable[[Any, Findings], object], schema: type[msgspec.Struct] | None = Rules
) -> Document:
    return Document("rules", ("Basic", "Path"), "x.data", schema, compile_rules, "mod_x")


def compiled(
    compile_rules: Callable[[Any, Findings], object], files: dict[str, bytes] | None = None
):
    source = ModuleDocument(packed=msgspec.msgpack.encode(Rules(["a", "b"])), files=files or {})
    return compile_document("mod_x", document(compile_rules), source, LazyConditions())


def test_a_document_is_decoded_and_compiled() -> None:
    assert compiled(lambda rules, findings: tuple(rules.names)).value == ("a", "b")


def test_a_document_without_a_schema_is_its_bytes() -> None:
    text = document(lambda content, findings: content.split(), schema=None)
    source = ModuleDocument(packed=b"one two")

    assert compile_document("m", text, source, LazyConditions()).value == [b"one", b"two"]


def test_conditions_and_files_are_at_hand() -> None:
    conditions = LazyConditions()
    source = ModuleDocument(packed=b"", files={"a.txt": b"A"})

    def compile_rules(content: bytes, findings: Findings) -> object:
        findings.warning((), "was said before", expected="nothing")
        return findings.condition(("Cond",), "default_t()"), findings.file((), "a.txt")

    made = compile_document("m", document(compile_rules, None), source, conditions)

    assert made.value == (conditions.get("default_t()"), b"A")
    assert made.body_tenants == frozenset()


def test_a_document_that_is_refused_is_an_error_with_every_reason() -> None:
    def compile_rules(rules: Rules, findings: Findings) -> None:
        findings.error(("Config", 0), "is wrong", expected="right")
        findings.file(("File",), "b.txt")

    with pytest.raises(CompileError) as caught:
        compiled(compile_rules)

    assert caught.value.document == "mod_x/rules"
    assert caught.value.problems == ("Config.0: is wrong", "File: there is no file b.txt")
    assert str(caught.value) == "mod_x/rules: Config.0: is wrong; File: there is no file b.txt"


@dataclass
class Holder:
    inner: object
    other: list[object] = field(default_factory=list)


def table(*tenants: str) -> RuleTable[str]:
    return RuleTable({}, frozenset(tenants))


@pytest.mark.parametrize(
    ("value", "tenants"),
    [
        (table("a", "b"), {"a", "b"}),
        ({"x": table("a"), "y": [table("b")]}, {"a", "b"}),
        (Holder((table("a"), 1), [Holder(table("c"))]), {"a", "c"}),
        # where no table tells whose rules they are, they are everybody's
        (table(), {GLOBAL}),
        (None, {GLOBAL}),
        (Holder, {GLOBAL}),
    ],
)
def test_tenants_whose_rules_read_the_body_are_found(value: object, tenants: set[str]) -> None:
    def compile_rules(rules: Rules, findings: Findings) -> object:
        findings.condition((), BODY)
        findings.condition((), "default_t()")
        return value

    assert compiled(compile_rules).body_tenants == tenants


def test_tables_are_not_looked_for_where_nothing_reads_the_body() -> None:
    assert compiled(lambda rules, findings: table("a")).body_tenants == frozenset()


@pytest.mark.parametrize(
    ("phases", "before", "after"),
    [
        ([Phase.ROUTE, Phase.RESPONSE], {}, {"a": Phase.ROUTE}),
        ([Phase.RESPONSE, Phase.TENANT], {"a": Phase.ROUTE}, {"a": Phase.TENANT}),
        (
            [Phase.RESPONSE],
            {"a": Phase.ROUTE, "b": Phase.TENANT},
            {"a": Phase.ROUTE, "b": Phase.TENANT},
        ),
        ([Phase.ACCEPT, Phase.FINISH], {}, {}),
        ([], {}, {}),
    ],
)
def test_the_body_is_needed_at_the_first_phase_of_a_module(
    phases: list[Phase], before: dict[str, Phase], after: dict[str, Phase]
) -> None:
    add_body_phases(before, ["a"], dict.fromkeys(phases, lambda exchange: None))

    assert before == after


def test_the_earliest_phase_counts() -> None:
    assert first_phase(None, Phase.RESPONSE, Phase.ROUTE) is Phase.ROUTE
