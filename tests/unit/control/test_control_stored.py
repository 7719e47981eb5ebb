from pathlib import Path

import pytest

from bfe_py.control.stored import StoredRules


def test_a_document_outlives_the_process(tmp_path: Path):
    folder = tmp_path / "state/rules"
    StoredRules(folder).keep("shop", b"hosts a")
    StoredRules(folder).keep("a.b", b"hosts b")
    later = StoredRules(folder)
    assert later.find("shop") == b"hosts a"
    assert later.find("a.b") == b"hosts b"
    assert later.find("other") is None
    assert sorted(path.name for path in folder.iterdir()) == ["a.b.rules", "shop.rules"]


def test_what_is_there_already_is_not_written_again(tmp_path: Path):
    StoredRules(tmp_path).keep("shop", b"1")
    stored = StoredRules(tmp_path)
    stored.find("shop")
    (tmp_path / "shop.rules").unlink()
    stored.keep("shop", b"1")
    assert not (tmp_path / "shop.rules").exists()
    stored.keep("shop", b"2")
    assert (tmp_path / "shop.rules").read_bytes() == b"2"


def test_a_tenant_that_is_forgotten_can_come_again(tmp_path: Path):
    stored = StoredRules(tmp_path)
    stored.keep("shop", b"1")
    stored.forget("shop")
    stored.forget("shop")
    assert stored.find("shop") is None
    stored.keep("shop", b"1")
    assert stored.find("shop") == b"1"


def test_without_a_folder_nothing_is_kept():
    stored = StoredRules(None)
    stored.keep("shop", b"1")
    stored.forget("shop")
    assert stored.find("shop") is None


def test_a_folder_that_cannot_be_written_costs_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "file").write_text("")
    stored = StoredRules(tmp_path / "file/state")
    stored.keep("shop", b"1")
    assert "last good version not kept tenant=shop" in caplog.text
    assert stored.find("shop") is None


def test_a_document_that_cannot_be_removed_costs_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "shop.rules").mkdir()
    StoredRules(tmp_path).forget("shop")
    assert "last good version not removed tenant=shop" in caplog.text
