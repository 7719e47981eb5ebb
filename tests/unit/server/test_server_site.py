from pathlib import Path

import pytest

from bfe_py.config import Directory
from bfe_py.server import load_site
from bfe_py.server.site import RULES_ONLY_MODULES, available_modules
from bfe_py.server.static_files import StaticFiles
from tests.kit.documents import MemoryDocuments
from tests.kit.process import Tree


def test_a_root_says_which_modules_run_and_where_rules_are(tree: Tree, tmp_path: Path):
    tree.modules = ("mod_header", "mod_block")
    tree.own = "DisableTls = true\nRulesDir = tenants"
    tree.write([81])
    for name in tree.modules:
        (tree.root / name).mkdir()
        (tree.root / name / f"{name}.conf").write_text("[Basic]\n")
    site, report = load_site(tree.root, None)
    assert site is not None, report.errors
    assert set(site.modules) == set(site.settings) == {"mod_header", "mod_block"}
    assert set(site.modules) < set(available_modules())
    assert (site.root, site.rules, site.folder) == (
        tree.root,
        tree.root / "tenants",
        tree.root,
    )
    assert not site.is_compatible
    assert site.static_files == {
        "bfe.conf": (tree.root / "bfe.conf").read_bytes(),
        "mod_header/mod_header.conf": b"[Basic]\n",
        "mod_block/mod_block.conf": b"[Basic]\n",
    }


def test_a_folder_that_is_asked_for_comes_before_that_of_the_configuration(
    tree: Tree, tmp_path: Path
):
    tree.own = "DisableTls = true\nRulesDir = tenants"
    tree.write([81])
    site, _ = load_site(tree.root, tmp_path / "mine")
    assert site is not None
    assert site.rules == tmp_path / "mine"
    tree.own = "DisableTls = true"
    tree.write([81])
    site, _ = load_site(tree.root, None)
    assert site is not None
    assert site.rules is None


def test_a_broken_bfe_conf_is_no_site(tree: Tree):
    (tree.root / "bfe.conf").write_text("[Server]\nHttpPort = many\n")
    site, report = load_site(tree.root, None)
    assert site is None
    assert not report.ok


def test_broken_settings_of_a_module_are_no_site(tree: Tree):
    tree.modules = ("mod_block",)
    tree.write([81])
    site, report = load_site(tree.root, None)
    assert site is None
    assert "mod_block.conf" in report.errors[0].document


@pytest.mark.parametrize("is_compatible", [False, True])
def test_rules_alone_need_no_files_of_bfes(tmp_path: Path, is_compatible: bool):
    site, report = load_site(None, tmp_path, is_compatible=is_compatible)
    assert site is not None
    assert not len(report)
    assert (site.root, site.rules, site.folder) == (None, tmp_path, tmp_path)
    assert tuple(sorted(site.modules)) == tuple(sorted(RULES_ONLY_MODULES))
    assert set(site.documents) == {"mod_header/mod_header.data"}
    assert site.static.own.is_tls_disabled
    assert site.is_compatible is site.static.own.compat_status is is_compatible
    assert site.static_files == {}


def test_compatibility_is_that_of_the_whole_site(tree: Tree):
    site, _ = load_site(tree.root, None, is_compatible=True)
    assert site is not None
    assert site.is_compatible
    assert site.static.own.compat_status


# --- files that are read once


def test_a_file_that_is_read_once_is_told_of_when_it_changes(caplog: pytest.LogCaptureFixture):
    documents = MemoryDocuments({"bfe.conf": b"1", "a.conf": b"1"})
    files = StaticFiles(dict(documents.contents))
    files.compare(documents)
    assert caplog.messages == []
    documents.contents["bfe.conf"] = b"2"
    files.compare(documents)
    files.compare(documents)
    assert caplog.messages == ["file changed that needs a restart path=bfe.conf"]
    documents.contents["bfe.conf"] = b"1"
    files.compare(documents)
    del documents.contents["bfe.conf"]
    files.compare(documents)
    assert len(caplog.messages) == 2


def test_a_root_is_compared_with_itself(tree: Tree, caplog: pytest.LogCaptureFixture):
    site, _ = load_site(tree.root, None)
    assert site is not None
    StaticFiles(site.static_files).compare(Directory(tree.root))
    assert caplog.messages == []
