import logging
import re
import sys

import pytest

from bfe_py.observe import LOG_FILE, EventLimit, LineFormatter, configure_logging


@pytest.fixture(autouse=True)
def _as_it_was():
    root = logging.getLogger("bfe")
    before = (root.level, root.propagate, list(root.handlers))
    yield
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.level, root.propagate = before[0], before[1]
    for handler in before[2]:
        root.addHandler(handler)
    root.manager._clear_cache()


def record(message, *values, at=0.0, name="bfe.test", error=None):
    made = logging.LogRecord(name, logging.WARNING, "", 0, message, values, error)
    made.created = at
    return made


def test_a_record_is_one_line_of_the_log_file(tmp_path):
    configure_logging(tmp_path / "log", to_stdout=False, debug=False)

    logging.getLogger("bfe.upstream").warning("connect failed cluster=%s", "a\nb")
    logging.getLogger("bfe.upstream").debug("not shown")

    text = (tmp_path / "log" / LOG_FILE).read_text()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} WARNING bfe\.upstream "
        r"connect failed cluster=a\\x0ab\n",
        text,
    )


def failing(logger):
    try:
        raise ValueError("no good")
    except ValueError:
        logger.exception("module failed module=%s", "x")


@pytest.mark.parametrize("debug", [False, True])
def test_a_terminal_sees_a_traceback_only_when_debugging(tmp_path, capsys, debug):
    configure_logging(tmp_path, to_stdout=True, debug=debug)

    failing(logging.getLogger("bfe.test"))

    shown = capsys.readouterr().out
    assert "ERROR bfe.test module failed module=x" in shown
    assert ("Traceback" in shown) is debug
    assert "\n  Traceback" in (tmp_path / LOG_FILE).read_text()


def test_a_second_call_replaces_the_first(tmp_path, capsys):
    configure_logging(tmp_path, to_stdout=True, debug=True)
    configure_logging(None, to_stdout=False, debug=False)

    logging.getLogger("bfe.test").error("nowhere")

    assert capsys.readouterr().out == ""
    assert (tmp_path / LOG_FILE).read_text() == ""
    assert logging.getLogger("bfe").level == logging.INFO


def test_an_event_is_limited_and_the_suppressed_are_counted():
    limit = EventLimit(burst=2, interval=10.0)
    shown = [limit.filter(record("down backend=%s", n, at=n / 10)) for n in range(5)]
    assert shown == [True, True, False, False, False]

    other = record("up", at=0.5)
    assert limit.filter(other)
    late = record("down backend=%s", 9, at=10.0)
    assert limit.filter(late)

    assert (other.suppressed, late.suppressed) == (0, 3)
    assert LineFormatter(with_traceback=False).format(late).endswith("backend=9 suppressed=3")


def test_after_a_pause_an_event_is_shown_again():
    limit = EventLimit(burst=1, interval=10.0)
    for at in (0.0, 1.0, 10.0, 11.0, 20.0):
        last = record("down", at=at)
        limit.filter(last)

    assert last.suppressed == 1


def test_the_number_of_events_is_bounded():
    limit = EventLimit(burst=1)

    assert all(limit.filter(record(f"event {n}")) for n in range(3000))
    assert len(limit._events) <= 1000


def test_a_formatter_without_an_exception_writes_no_traceback():
    formatter = LineFormatter(with_traceback=True)
    try:
        raise ValueError("no good")
    except ValueError:
        error = sys.exc_info()

    assert "\n" not in formatter.format(record("fine"))
    assert "\n" not in formatter.format(record("none", error=(None, None, None)))
    assert formatter.format(record("bad", error=error)).endswith("\n  ValueError: no good")
