"""Which configurations BFE starts with: we load what it loads and refuse what it refuses.

Each case is a patch of one tree: file -> new content, pairs of old and new text, or null for a file
that is not there; and whether BFE started with it.
"""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from bfe_py.config import render
from bfe_py.server import LoadedConfiguration, load_configuration

DATA = Path(__file__).with_name("data")
CASES = [json.loads(line) for line in (DATA / "config_start.jsonl").read_text().splitlines()]
EXTRAS = {"config-s192": "brotli"}
"""Cases that start only where an optional package is installed."""


def fill_in(text: str, root: Path) -> str:
    names = ("HTTP", "HTTPS", "MONITOR", *(f"B{number}" for number in range(10)))
    for port, name in enumerate(names, 19300):
        text = text.replace(f"@{name}@", str(port))
    return text.replace("@CONF@", str(root)).replace("@LOG@", str(root.parent / "log"))


def plant(root: Path, patch: dict) -> None:
    shutil.copytree(DATA / "config_tree", root)
    for path in root.rglob("*"):
        if path.is_file():
            path.write_text(fill_in(path.read_text(), root))
    for name, change in patch.items():
        path = root / name
        if change is None:
            path.unlink()
            continue
        if isinstance(change, list):
            text = path.read_text()
            for old, new in change:
                assert fill_in(old, root) in text
                text = text.replace(fill_in(old, root), fill_in(new, root))
        else:
            text = fill_in(change, root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def load(root: Path) -> LoadedConfiguration:
    return load_configuration(root, None, is_compatible=True)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_what_bfe_starts_with_loads_and_nothing_else(case: dict, tmp_path: Path) -> None:
    if case["id"] in EXTRAS and importlib.util.find_spec(EXTRAS[case["id"]]) is None:
        pytest.skip(f"{EXTRAS[case['id']]} is not installed")
    root = tmp_path / "conf"
    plant(root, case["patch"])
    loaded = load(root)
    assert loaded.report.ok == case["starts"], f"{case['note']}\n{render(loaded.report)}"


def test_every_refusal_of_a_document_has_a_line(tmp_path: Path) -> None:
    for number, case in enumerate(CASES):
        root = tmp_path / str(number)
        plant(root, case["patch"])
        report = load(root).report
        for finding in report.errors:
            assert finding.line or finding.code == "E001", (case["id"], finding)


def test_the_tree_without_a_patch_has_nothing_to_be_said_about(tmp_path: Path) -> None:
    plant(tmp_path / "conf", {})
    loaded = load(tmp_path / "conf")
    assert render(loaded.report) == ""
    assert loaded.tree is not None
    assert len(loaded.tree.version) == 32
