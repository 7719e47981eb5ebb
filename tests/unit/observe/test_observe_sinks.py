import os
import time

import pytest

from bfe_py.observe import FileLog, LogCounters, Rotation

HOUR = 3600.0


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log" / "access.log"


def opened(path, rotation=None, **options):
    return FileLog(path, rotation or Rotation(), LogCounters(), **options)


def written_at(path, now):
    """Make the file look as if it was last written at `now`."""
    os.utime(path, (now, now))


def names(path):
    return sorted(each.name for each in path.parent.iterdir())


def test_lines_wait_until_they_are_flushed(path):
    counters = LogCounters()
    log = FileLog(path, Rotation(), counters)
    log.write(b"one\n")
    log.write(b"two\n")
    assert (path.read_bytes(), log.waiting) == (b"", 8)

    log.flush(0.0)

    assert (path.read_bytes(), log.waiting, counters.lines) == (b"one\ntwo\n", 0, 2)
    log.close(0.0)


def test_lines_beyond_the_limit_are_dropped_and_counted(path):
    counters = LogCounters()
    log = FileLog(path, Rotation(), counters, limit=8)
    for line in (b"one\n", b"two\n", b"six\n"):
        log.write(line)

    log.close(0.0)

    assert path.read_bytes() == b"one\ntwo\n"
    assert counters.dropped == 1


def test_within_the_limit_the_oldest_lines_wait_until_they_can_be_written(path):
    counters = LogCounters()
    log = FileLog(path, Rotation(), counters, limit=8)
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"in the way")
    for now, line in enumerate((b"one\n", b"two\n", b"six\n")):
        log.write(line)
        log.flush(now)
    assert (log.waiting, counters.dropped) == (8, 1)

    path.parent.unlink()
    log.close(0.0)

    assert path.read_bytes() == b"one\ntwo\n"


def test_a_directory_that_cannot_be_made_is_an_error(path):
    path.parent.write_bytes(b"a file")

    with pytest.raises(OSError, match="exists"):
        opened(path)


def test_two_logs_of_one_path_do_not_overwrite_each_other(path):
    first, second = opened(path), opened(path)
    first.write(b"1\n")
    second.write(b"2\n")
    first.flush(0.0)
    second.flush(0.0)
    first.write(b"3\n")
    first.close(0.0)
    second.close(0.0)

    assert path.read_bytes() == b"1\n2\n3\n"


def test_a_file_that_was_moved_away_is_made_anew(path):
    log = opened(path)
    log.write(b"1\n")
    log.flush(0.0)
    path.rename(path.with_name("moved"))
    log.write(b"2\n")
    log.close(0.0)

    assert path.read_bytes() == b"2\n"
    assert path.with_name("moved").read_bytes() == b"1\n"


def test_reopening_takes_what_the_path_names(path):
    log = opened(path)
    path.rename(path.with_name("moved"))
    log.reopen()
    log.reopen()
    log.write(b"1\n")
    log.close(0.0)

    assert path.read_bytes() == b"1\n"


# unit, seconds from the last write to when it is due, suffix
@pytest.mark.parametrize(
    ("unit", "age", "suffix"),
    [("M", 60.0, "%Y-%m-%d_%H-%M"), ("H", HOUR, "%Y-%m-%d_%H"), ("D", 24 * HOUR, "%Y-%m-%d")],
)
def test_a_file_is_put_aside_after_its_time(path, unit, age, suffix):
    path.parent.mkdir()
    path.write_bytes(b"old\n")
    start = 1_767_225_630.0
    written_at(path, start)
    log = opened(path, Rotation(unit, 3))
    log.write(b"early\n")
    log.flush(start + age - 1)
    log.write(b"late\n")

    log.flush(start + age)
    log.close(start + age)

    aside = path.with_name("access.log." + time.strftime(suffix, time.localtime(start)))
    assert aside.read_bytes() == b"old\nearly\n"
    assert path.read_bytes() == b"late\n"


# unit, the moment before, the moment
@pytest.mark.parametrize(
    ("unit", "start", "due"),
    [
        ("nexthour", (2026, 1, 2, 3, 4, 5), (2026, 1, 2, 4, 0, 0)),
        ("NEXTHOUR", (2026, 12, 31, 23, 30, 0), (2027, 1, 1, 0, 0, 0)),
        ("MIDNIGHT", (2026, 1, 31, 3, 4, 5), (2026, 2, 1, 0, 0, 0)),
    ],
)
def test_a_file_is_put_aside_at_the_full_hour_or_day(path, unit, start, due):
    path.parent.mkdir()
    path.write_bytes(b"old\n")
    written_at(path, time.mktime((*start, 0, 0, -1)))
    log = opened(path, Rotation(unit, 3))
    due_at = time.mktime((*due, 0, 0, -1))

    log.flush(due_at - 1)
    assert names(path) == ["access.log"]
    log.flush(due_at)
    log.close(due_at)

    day = f"{start[0]}-{start[1]:02}-{start[2]:02}"
    hour = f"_{start[3]:02}" if unit != "MIDNIGHT" else ""
    assert names(path) == ["access.log", f"access.log.{day}{hour}"]


def test_only_so_many_old_files_are_kept_and_no_other_file_is_touched(path):
    path.parent.mkdir()
    for name in ("2025-01-01", "2025-01-02", "2025-01-03", "2025-01-01_10", "txt"):
        path.with_name(f"access.log.{name}").write_bytes(b"")
    path.write_bytes(b"old\n")
    start = time.mktime((2026, 1, 2, 3, 4, 5, 0, 0, -1))
    written_at(path, start)
    log = opened(path, Rotation("MIDNIGHT", 2))

    log.close(start + 24 * HOUR)

    assert names(path) == [
        "access.log.2025-01-01_10",
        "access.log.2025-01-03",
        "access.log.2026-01-02",
        "access.log.txt",
    ] or names(path) == [
        "access.log",
        "access.log.2025-01-01_10",
        "access.log.2025-01-03",
        "access.log.2026-01-02",
        "access.log.txt",
    ]


def test_an_old_file_is_never_overwritten(path):
    path.parent.mkdir()
    path.with_name("access.log.2026-01-02").write_bytes(b"before\n")
    path.write_bytes(b"old\n")
    start = time.mktime((2026, 1, 2, 3, 4, 5, 0, 0, -1))
    written_at(path, start)

    opened(path, Rotation("MIDNIGHT", 5)).close(start + 24 * HOUR)

    assert path.with_name("access.log.2026-01-02").read_bytes() == b"before\n"
    assert path.with_name("access.log.2026-01-02.1").read_bytes() == b"old\n"


def test_an_empty_file_is_not_put_aside(path):
    log = opened(path, Rotation("H", 5))
    later = time.time() + 2 * HOUR

    log.flush(later)

    assert names(path) == ["access.log"]
    log.write(b"1\n")
    log.flush(later + 1)
    assert names(path) == ["access.log"]
    log.close(later + 1)


def test_of_several_processes_one_puts_the_file_aside(path):
    path.parent.mkdir()
    path.write_bytes(b"old\n")
    start = time.mktime((2026, 1, 2, 3, 4, 5, 0, 0, -1))
    written_at(path, start)
    logs = [opened(path, Rotation("MIDNIGHT", 5)) for _ in range(3)]
    for index, log in enumerate(logs):
        log.write(b"%d\n" % index)

    for log in logs:
        log.flush(start + 24 * HOUR)
    for log in logs:
        log.close(start + 24 * HOUR)

    assert path.read_bytes() == b"0\n1\n2\n"
    assert names(path) == ["access.log", "access.log.2026-01-02"]


def test_what_cannot_be_written_waits_and_is_counted(path, caplog):
    counters = LogCounters()
    log = FileLog(path, Rotation(), counters)
    log.write(b"1\n")
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"in the way")

    log.flush(0.0)
    assert (log.waiting, counters.failures) == (2, 1)
    assert "log file failed" in caplog.text

    path.parent.unlink()
    log.close(0.0)
    assert path.read_bytes() == b"1\n"


def in_the_way(path):
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"in the way")


def test_a_file_that_fails_is_left_alone_for_a_while_and_told_of_once(path, caplog):
    counters = LogCounters()
    log = FileLog(path, Rotation(), counters, limit=4)
    in_the_way(path)
    for now in (10.0, 10.5, 10.9, 11.0, 11.5, 12.0):
        log.write(b"1\n")
        log.flush(now)
    assert (counters.failures, counters.dropped) == (3, 4)
    assert caplog.text.count("log file failed") == 1
    assert "error=Not a directory" in caplog.text

    path.parent.unlink()
    log.flush(12.5)
    assert not path.exists()
    log.flush(13.0)
    assert path.read_bytes() == b"1\n1\n"
    assert f"log file written again path={path} dropped=4" in caplog.text


def test_who_has_it_opened_again_need_not_wait(path):
    log = opened(path)
    in_the_way(path)
    log.write(b"1\n")
    log.flush(10.0)
    path.parent.unlink()
    log.reopen()
    log.flush(10.1)
    assert path.read_bytes() == b"1\n"


def test_a_clock_that_is_put_back_does_not_stop_it(path):
    log = opened(path)
    in_the_way(path)
    log.write(b"1\n")
    log.flush(10.0)
    path.parent.unlink()
    log.flush(5.0)
    assert path.read_bytes() == b"1\n"


def test_what_cannot_be_written_at_the_end_is_lost_and_counted(path, caplog):
    counters = LogCounters()
    log = FileLog(path, Rotation(), counters)
    in_the_way(path)
    log.write(b"1\n")
    log.write(b"2\n")
    log.flush(10.0)
    log.close(10.0)
    assert (log.waiting, counters.dropped, counters.failures) == (0, 2, 2)
    assert f"log lines lost path={path} lines=2" in caplog.text


def test_a_pipe_takes_what_it_can_and_the_rest_waits(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    counters = LogCounters()
    log = FileLog(pipe, Rotation("M", 1), counters)
    line = b"x" * 999 + b"\n"
    for _ in range(100):
        log.write(line)

    log.flush(1e12)
    log.flush(1e12)  # full: nothing is taken
    taken = os.read(reader, 1 << 20)
    assert 0 < len(taken) < 100_000
    assert log.waiting == 100_000 - len(taken)

    while log.waiting:
        log.flush(1e12)
        taken += os.read(reader, 1 << 20)
    log.close(1e12)
    os.close(reader)

    assert taken == line * 100
    assert (counters.lines, counters.failures) == (100, 0)
