"""The key under which what was checked counts."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import bfe_py
from bfe_py.server import load_site, program
from bfe_py.server.program import checking_key
from tests.kit.process import Tree


def test_the_same_program_with_the_same_configuration_has_the_same_key(tree: Tree):
    site, _ = load_site(tree.root, None)
    again, _ = load_site(tree.root, None)
    assert site is not None
    assert again is not None
    assert checking_key(site, is_strict=False) == checking_key(again, is_strict=False)


def test_another_configuration_has_another_key(tree: Tree):
    site, _ = load_site(tree.root, None)
    assert site is not None
    keys = [
        checking_key(site, is_strict=False),
        checking_key(site, is_strict=True),
        checking_key(replace(site, is_compatible=True), is_strict=False),
        checking_key(replace(site, rules=Path("rules")), is_strict=False),
        checking_key(replace(site, static_files={"bfe.conf": b"x"}), is_strict=False),
    ]
    assert len(set(keys)) == len(keys)


def test_another_program_has_another_key(tree: Tree, tmp_path: Path, monkeypatch):
    site, _ = load_site(tree.root, None)
    assert site is not None
    keys = [checking_key(site, is_strict=False)]
    monkeypatch.setattr(bfe_py, "__version__", "9.9.9")
    keys.append(checking_key(site, is_strict=False))
    package = tmp_path / "bfe_py"
    package.mkdir()
    monkeypatch.setattr(bfe_py, "__file__", str(package / "__init__.py"))
    for content in ("", "a = 1"):
        (package / "module.py").write_text(content)
        keys.append(checking_key(site, is_strict=False))
    library = tmp_path / "re2.py"
    library.write_text("")
    for found in (SimpleNamespace(origin=str(library)), SimpleNamespace(origin=None)):
        monkeypatch.setattr(program, "find_spec", lambda _, found=found: found)
        keys.append(checking_key(site, is_strict=False))
    assert len(set(keys)) == len(keys)
