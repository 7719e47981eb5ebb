import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

import bfe_py
from bfe_py.cli import main
from bfe_py.cli.reference import PAGES
from bfe_py.cli.reference.catalogue import all_modules, counted_metrics, other_metrics
from bfe_py.cli.reference.errors import errors_page
from bfe_py.cli.reference.markdown import block, code, document, paragraph, table
from bfe_py.cli.reference.rules import CLUSTER, EXAMPLE, FILE
from bfe_py.cli.reference.schemas import describe, field_texts, nested_schemas
from bfe_py.condition import primitives
from bfe_py.config import EXPLANATIONS, Report, parse_rules
from bfe_py.model import Kind

ROOT = Path(bfe_py.__file__).parent.parent


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: make() for name, make in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_says(name, pages):
    known = (ROOT / "docs" / name).read_text("utf-8")

    assert known == pages[name], "stale: `make docs` writes it anew"


def test_documents_are_written_once_and_then_current(tmp_path, capsys):
    output = tmp_path / "new"

    assert main(["docs", "--output", str(output)]) == 0
    assert capsys.readouterr().out.count(" written\n") == len(PAGES)
    assert main(["docs", "--output", str(output), "--check"]) == 0
    assert main(["docs", "--output", str(output)]) == 0
    assert capsys.readouterr().out == ""


def test_a_stale_document_is_named_and_left_alone(tmp_path, capsys):
    main(["docs", "--output", str(tmp_path)])
    stale = tmp_path / "rules.md"
    stale.write_text("old", "utf-8")

    assert main(["docs", "--output", str(tmp_path), "--check"]) == 1
    assert f"{stale} is stale" in capsys.readouterr().err
    assert stale.read_text("utf-8") == "old"


def test_every_module_has_its_part(pages):
    for name, module in all_modules().items():
        assert f"\n## {name}\n" in pages["modules.md"]
        assert all(document.reload in pages["modules.md"] for document in module.documents)


def test_every_primitive_has_its_row(pages):
    for one in primitives():
        assert f"| `{one.name}(" in pages["conditions.md"]


def test_every_code_and_every_fault_has_its_row():
    page = errors_page()

    assert all(f"| `{name}` |" in page for name in EXPLANATIONS)
    assert all(f"| `{kind.name.lower()}` |" in page for kind in Kind.__members__.values())


def test_metrics_are_named_once_and_as_prometheus_wants_them():
    names = [metric.name for metric in (*counted_metrics(), *other_metrics())]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"bfe_[a-z0-9_]+", name) for name in names)
    assert {"bfe_exchange_failed_total", "bfe_config_version", "bfe_worker_up"} <= set(names)
    assert all(metric.help for metric in (*counted_metrics(), *other_metrics()))


def test_every_statement_of_the_grammar_has_its_row():
    grammar = (ROOT / "bfe_py/config/rules_file/grammar.lark").read_text("utf-8")

    def alternatives(rule: str) -> set[str]:
        found = re.search(rf"^\?{rule}: (.*(?:\n    .*)*)", grammar, re.MULTILINE)
        assert found is not None
        return set(re.findall(r"\w+", found[1]))

    assert {name for name, _, _ in FILE} == alternatives("file_statement")
    assert {name for name, _, _ in CLUSTER} == alternatives("cluster_statement")


def test_the_example_of_a_rules_file_is_good():
    report = Report()

    group = parse_rules("shop", EXAMPLE.encode(), "shop.rules", report)

    assert group is not None
    assert not len(report)


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    """What is inside."""

    number: Annotated[int, msgspec.Meta(ge=1, lt=5)] = 3
    """At least one."""


class Outer(msgspec.Struct, frozen=True, kw_only=True):
    """What is outside."""

    name: str = msgspec.field(name="Name")
    inner: Inner | None = msgspec.field(name="Inner", default=None)
    many: dict[str, list[Inner | None]] = {}
    mode: Literal["a", "b"] = "a"
    is_on: bool = True
    """Whether it is on;
    in two lines."""


def test_a_schema_is_a_table_of_its_fields():
    assert describe(Outer).splitlines()[2:] == [
        "| `Name` | text | must be there |  |",
        "| `Inner` | Inner |  | What is inside. |",
        "| `many` | object of list of Inner |  | What is inside. |",
        "| `mode` | `a` or `b` | `a` |  |",
        "| `is_on` | boolean | `true` | Whether it is on; in two lines. |",
    ]
    assert (
        describe(Inner).splitlines()[2] == "| `number` | integer ≥ 1, < 5 | `3` | At least one. |"
    )


def test_schemas_inside_of_others_are_found_once():
    assert nested_schemas(Outer) == [Outer, Inner]


def test_texts_of_fields_are_the_strings_under_them():
    assert field_texts(Inner) == {"number": "At least one."}


@pytest.mark.parametrize(
    ("made", "markdown"),
    [
        (code(""), ""),
        (code("a"), "`a`"),
        (code("a`b"), "`` a`b ``"),
        (block("a\n", "ini"), "```ini\na\n```"),
        (document("a", "", "b\n"), "a\n\nb\n"),
        (paragraph("Of ``x`` (2.1)."), "Of `x`."),
        (paragraph(None), ""),
        (table(("a",), [("b|c\nd",)]), "| a |\n| --- |\n| b\\|c d |"),
    ],
)
def test_pieces_of_markdown(made, markdown):
    assert made == markdown
