import shutil
from pathlib import Path

import msgspec
import pytest
from msgspec import field

from bfe_py.config.conditions import ConditionCache
from bfe_py.config.load import load_tree
from bfe_py.config.pki import PemFiles
from bfe_py.pipeline import Document, Module

DATA = Path(__file__).parents[2] / "conformance" / "data" / "config_tree"


class File(msgspec.Struct, frozen=True):
    version: str = field(name="Version", default="")
    tenants: dict[str, list[str]] = field(name="Config", default_factory=dict)


class Basic(msgspec.Struct, frozen=True):
    path: str = field(name="DataPath", default="mod_x/x.data")


class Settings(msgspec.Struct, frozen=True):
    basic: Basic = field(name="Basic", default=Basic())


MODULE = Module(
    name="mod_x",
    build=lambda _: {},
    settings=Settings,
    documents=(
        Document("rules", ("Basic", "DataPath"), "mod_x/x.data", File, lambda *_: None, "mod_x"),
    ),
)
PORTS = ("HTTP", "HTTPS", "MONITOR", "B0")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "conf"
    shutil.copytree(DATA, root)
    for path in (*root.rglob("*.conf"), *root.rglob("*.data")):
        text = path.read_text()
        for number, name in enumerate(PORTS, 8000):
            text = text.replace(f"@{name}@", str(number))
        path.write_text(text)
    return root


def extend(root: Path, lines: str) -> None:
    path = root / "bfe.conf"
    path.write_text(path.read_text().replace("[HttpsBasic]", f"{lines}\n[HttpsBasic]"))


def test_a_directory_is_loaded_whole(root: Path) -> None:
    loaded = load_tree(root, {})
    assert loaded.report.ok
    assert loaded.static is not None
    assert loaded.static.server.http_port == 8000
    assert loaded.tree.server is not None
    assert loaded.tree.tls is not None
    assert list(loaded.tree.tls.pems) == ["main"]
    assert "server_data_conf" in loaded.decoded


def test_without_bfe_conf_there_is_nothing(root: Path) -> None:
    (root / "bfe.conf").unlink()
    loaded = load_tree(root, {})
    assert loaded.static is None
    assert (loaded.decoded, loaded.tree.server) == ({}, None)


def test_modules_that_bfe_conf_names_are_loaded(root: Path) -> None:
    extend(root, "Modules = mod_x")
    (root / "mod_x").mkdir()
    (root / "mod_x" / "mod_x.conf").write_text("[Basic]\nDataPath = mod_x/y.data")
    (root / "mod_x" / "y.data").write_text('{"Version": "1", "Config": {"prud": []}}')
    loaded = load_tree(root, {"mod_x": MODULE, "mod_y": MODULE})
    assert loaded.settings == {"mod_x": Settings(Basic("mod_x/y.data"))}
    assert loaded.tree.modules["mod_x"]["rules"].tenants == ["prud"]
    assert [(found.code, found.document, found.line) for found in loaded.report] == [
        ("W301", "mod_x/y.data", 1)
    ]
    assert loaded.report.findings[0].hint == 'did you mean "prod"?'


def test_rules_documents_are_loaded(root: Path) -> None:
    path = root / "bfe.conf"
    path.write_text(f"{path.read_text()}\n[BfePy]\nRulesDir = rules\n")
    (root / "rules").mkdir()
    (root / "rules" / "shop.rules").write_text("default\n?")
    loaded = load_tree(root, {})
    assert "rules/shop" in loaded.decoded
    assert loaded.tree.tenants == {}
    assert not loaded.report.ok


def test_a_bad_group_leaves_the_others(root: Path) -> None:
    (root / "server_data_conf" / "host_rule.data").write_text("{")
    loaded = load_tree(root, {})
    assert loaded.tree.server is None
    assert loaded.tree.balance is not None
    assert [found.document for found in loaded.report] == ["server_data_conf/host_rule.data"]


def test_compatibility_certificates_and_conditions_are_handed_on(root: Path) -> None:
    conditions = ConditionCache()
    loaded = load_tree(root, {}, compatible=True, pki=PemFiles(), conditions=conditions)
    assert loaded.static is not None
    assert loaded.static.own.compat_status
    assert len(conditions) == 1
