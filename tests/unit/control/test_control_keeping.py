import stat
from pathlib import Path

import pytest

from bfe_py.control.keeping import digest_of, seal, unseal, write_whole


def test_what_is_written_is_there_whole_and_for_nobody_else(tmp_path: Path):
    path = tmp_path / "kept"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path):
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "in it").write_text("")
    with pytest.raises(OSError, match="directory"):
        write_whole(folder, b"content")
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]


def test_a_file_that_lies_in_the_way_is_not_written_through(tmp_path: Path):
    victim = tmp_path / "victim"
    victim.write_text("whole")
    (tmp_path / "kept.new").symlink_to(victim)
    write_whole(tmp_path / "kept", b"content")
    assert victim.read_text() == "whole"
    assert (tmp_path / "kept").read_bytes() == b"content"


def test_only_what_was_sealed_with_the_same_head_is_known_again():
    sealed = seal(b"head 1\n", b"content")
    assert unseal(b"head 1\n", sealed) == b"content"
    assert unseal(b"head 2\n", sealed) is None
    assert unseal(b"head 1\n", sealed[:-1]) is None
    assert unseal(b"head 1\n", b"") is None
    assert digest_of(b"a") != digest_of(b"b")
