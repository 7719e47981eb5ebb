"""The file that processes log to, on a disk that is full, in a folder that goes away."""

import logging
import os
from pathlib import Path

import pytest

from bfe_py.observe import LineFormatter, LogFileHandler, Registry, count_lost_lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log" / "bfe-py.log"


class Written:
    """A handler; `said` is what it complained of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[str] = []
        self.handler = LogFileHandler(path, self.said.append)
        self.handler.setFormatter(LineFormatter(with_traceback=False))

    def log(self, text: str) -> None:
        record = logging.LogRecord("bfe.test", logging.INFO, "", 0, text, (), None)
        self.handler.emit(record)

    def messages(self) -> list[str]:
        """What stands in the file, without times."""
        return [line.split(" ", 2)[2] for line in self.path.read_text().splitlines()]


@pytest.fixture
def written(path: Path):
    made = Written(path)
    yield made
    made.handler.close()


def test_a_file_that_was_moved_away_is_made_anew(written: Written):
    written.log("one")
    written.path.rename(written.path.with_suffix(".old"))
    written.log("two")
    assert written.messages() == ["INFO bfe.test two"]


def test_a_folder_that_was_removed_is_made_anew(written: Written):
    written.path.unlink()
    written.path.parent.rmdir()
    written.log("one")
    assert written.messages() == ["INFO bfe.test one"]
    assert written.said == []


def test_on_a_full_disk_lines_are_lost_and_counted_and_that_is_said_once_elsewhere(
    written: Written,
):
    written.path.unlink()
    written.path.symlink_to("/dev/full")
    for number in range(3):
        written.log(f"lost {number}")
    assert written.handler.counters.lost == 3
    assert written.said == [
        f"log not written path={written.path} pid={os.getpid()} error=No space left on device: "
        "lines are lost until it can be (bfe_process_log_lost_total)"
    ]

    written.path.unlink()
    written.log("here")
    written.log("again")
    assert written.messages() == [
        "WARNING bfe.observe log written again lost=3",
        "INFO bfe.test here",
        "INFO bfe.test again",
    ]

    written.path.unlink()
    written.path.symlink_to("/dev/full")
    written.log("lost")
    assert (written.handler.counters.lost, len(written.said)) == (4, 2)


def test_a_line_that_was_cut_off_by_the_end_of_the_disk_ends_before_the_next(
    written: Written, monkeypatch: pytest.MonkeyPatch
):
    room = [5]
    write = os.write

    def fill(file: int, content: bytes) -> int:
        if not room[0]:
            raise OSError(28, "No space left on device")
        taken = min(room[0], len(content))
        room[0] -= taken
        return write(file, content[:taken])

    monkeypatch.setattr("bfe_py.observe.log_file.os.write", fill)
    written.log("torn")
    monkeypatch.setattr("bfe_py.observe.log_file.os.write", write)
    written.log("whole")
    lines = written.path.read_text().splitlines()
    assert len(lines[0]) == 5
    assert [line.split(" ", 2)[2] for line in lines[1:]] == [
        "WARNING bfe.observe log written again lost=1",
        "INFO bfe.test whole",
    ]


def test_a_terminal_hears_of_it(path: Path, capsys: pytest.CaptureFixture[str]):
    handler = LogFileHandler(path)
    path.unlink()
    path.symlink_to("/dev/full")
    handler.emit(logging.LogRecord("bfe.test", logging.INFO, "", 0, "lost", (), None))
    handler.close()
    assert capsys.readouterr().err.startswith(f"log not written path={path} ")


def test_a_file_that_cannot_be_opened_to_begin_with_is_an_error(path: Path):
    path.parent.write_bytes(b"in the way")
    with pytest.raises(FileExistsError):
        LogFileHandler(path)


def test_a_process_counts_what_it_loses_among_its_numbers(written: Written):
    root = logging.getLogger("bfe")
    registry = Registry()
    others = logging.NullHandler()
    root.addHandler(others)
    root.addHandler(written.handler)
    try:
        count_lost_lines(registry)
    finally:
        root.removeHandler(written.handler)
        root.removeHandler(others)
    written.path.unlink()
    written.path.symlink_to("/dev/full")
    written.log("lost")
    samples = {one.name: one.values for one in registry.read().samples}
    assert samples["bfe_process_log_lost_total"] == [((), 1)]
