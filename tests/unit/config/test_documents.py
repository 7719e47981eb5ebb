from pathlib import Path

from bfe_py.config.documents import Directory


def test_documents_are_files_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.data").write_bytes(b"1")
    documents = Directory(tmp_path)
    assert documents.get("a/x.data") == b"1"
    assert documents.get(str(tmp_path / "a" / "x.data")) == b"1"


def test_what_cannot_be_read_is_not_there(tmp_path: Path) -> None:
    documents = Directory(tmp_path)
    assert documents.get("none") is None
    assert documents.get(".") is None
    assert documents.get("a\0b") is None


def test_directories_have_names_in_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).touch()
    documents = Directory(tmp_path)
    assert documents.names(".") == ("a", "b")
    assert documents.names("none") is None
    assert documents.names("a\0b") is None
