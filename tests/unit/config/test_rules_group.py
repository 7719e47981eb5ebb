from pathlib import Path

import pytest

from bfe_py.config.documents import Directory
from bfe_py.config.dynamic import TenantGroup
from bfe_py.config.groups import decode_group
from bfe_py.config.rules_group import rules_group, rules_groups

RULES = """hosts shop.example
route -> web
cluster web {
  backend 10.0.0.1:8000
}
"""
SECURE = """hosts shop.example
route -> web
cluster web {
  backend 10.0.0.1:8000
  protocol https
  tls authority "ca.pem" certificate "own.crt" key "own.key"
}
"""


FILES = ("ca.pem", "own.crt", "own.key")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "rules" / "shop").mkdir(parents=True)
    (tmp_path / "rules" / "shop.rules").write_text(RULES)
    for name in ("readme", ".hidden.rules"):
        (tmp_path / "rules" / name).touch()
    return tmp_path


def test_every_rules_document_is_a_group(root: Path) -> None:
    (root / "rules" / "blog.rules").touch()
    found = rules_groups("rules", Directory(root))
    assert [(group.name, group.paths) for group in found] == [
        ("rules/blog", ("rules/blog.rules",)),
        ("rules/shop", ("rules/shop.rules",)),
    ]


def test_without_a_directory_there_are_none(tmp_path: Path) -> None:
    assert rules_groups("rules", Directory(tmp_path)) == ()


def test_a_group_is_the_tenant(root: Path) -> None:
    decoded = decode_group(rules_group("shop", "rules/shop.rules"), Directory(root))
    assert decoded.report.ok, decoded.report.findings
    assert isinstance(decoded.value, TenantGroup)
    assert (decoded.value.tenant, decoded.value.hosts) == ("shop", ["shop.example"])
    assert decoded.files == ("rules/shop.rules",)


@pytest.mark.parametrize("content", ["?", None])
def test_a_broken_document_has_no_value(root: Path, content: str | None) -> None:
    path = root / "rules" / "shop.rules"
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    decoded = decode_group(rules_group("shop", "rules/shop.rules"), Directory(root))
    assert decoded.value is None
    assert not decoded.report.ok


def test_files_for_tls_to_backends_belong_to_the_group(root: Path) -> None:
    (root / "rules" / "shop.rules").write_text(SECURE)
    for name in FILES:
        (root / "rules" / "shop" / name).write_text(name)
        (root / name).write_text("of the operator")
        (root / "rules" / name).write_text("of anybody")
    decoded = decode_group(rules_group("shop", "rules/shop.rules"), Directory(root))
    assert isinstance(decoded.value, TenantGroup)
    assert decoded.value.files == {name: name.encode() for name in FILES}
    assert decoded.files == ("rules/shop.rules", *[f"rules/shop/{name}" for name in FILES])


@pytest.mark.parametrize("quote", ['"', "`"])
def test_a_file_that_is_not_there_is_marked(root: Path, quote: str) -> None:
    (root / "rules" / "shop.rules").write_text(SECURE.replace('"', quote))
    (root / "own.key").write_text("of the operator")
    for name in ("ca.pem", "own.crt"):
        (root / "rules" / "shop" / name).write_text(name)
    decoded = decode_group(rules_group("shop", "rules/shop.rules"), Directory(root))
    assert decoded.value is None
    (finding,) = decoded.report
    assert (finding.code, finding.line) == ("E001", 6)
    assert finding.excerpt[finding.column - 1 : finding.end_column - 1] == f"{quote}own.key{quote}"
    assert finding.message == 'the file "own.key" cannot be read'
    assert finding.expected == "a file in rules/shop/, with no link that leads out of there"


def test_authorities_are_not_asked_for_where_nothing_is_verified(root: Path) -> None:
    text = SECURE.replace(' certificate "own.crt" key "own.key"', " unverified")
    (root / "rules" / "shop.rules").write_text(text.replace('authority "ca.pem" ', ""))
    decoded = decode_group(rules_group("shop", "rules/shop.rules"), Directory(root))
    assert isinstance(decoded.value, TenantGroup)
    assert decoded.value.files == {}
