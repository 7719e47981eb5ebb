import pytest

from loadtest.measure import Cpu, parse_core, parse_rollup, parse_ticks
from loadtest.statistics import percentile

STAT = "71 (a (b) c) S 1 71 71 0 -1 4194560 900 0 3 0 250 125 7 8 20 0 4 0 5 6 7"


def test_ticks_are_found_behind_a_name_with_parentheses():
    assert parse_ticks(STAT) == (250, 125)


def test_a_process_that_is_gone_used_nothing():
    assert parse_ticks("") == (0, 0)


def test_cpu_is_divided_as_the_ticks_are():
    used = Cpu(10.3, 8.0, 3.0) - Cpu(10.0, 7.8, 2.9)

    assert used.total == pytest.approx(0.3)
    assert used.user == pytest.approx(0.2)
    assert used.system == pytest.approx(0.1)


def test_cpu_below_a_tick_counts_as_system_time():
    used = Cpu(1.001, 1.0, 1.0) - Cpu(1.0, 1.0, 1.0)

    assert (used.user, used.system) == (0.0, pytest.approx(0.001))


def test_time_of_a_core_is_all_but_idle_and_waiting():
    ticks = (
        "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\ncpu1 100 20 30 999 888 1 2 3 50 60\n"
    )

    assert parse_core(ticks, 1) * 100 == pytest.approx(156 * 100 / parse_scale())
    assert parse_core(ticks, 7) == 0.0


def parse_scale() -> float:
    """Ticks in a second here."""
    return 1 / parse_core("cpu0 1 0 0 0 0 0 0 0 0 0", 0)


def test_rows_of_memory_are_read_without_the_line_of_addresses():
    text = "00400000-7fff ---p 00000000 00:00 0 [rollup]\nRss:   1200 kB\nPss:    800 kB\n"

    assert parse_rollup(text) == {"Rss": 1200, "Pss": 800}
    assert parse_rollup("") == {}


@pytest.mark.parametrize(
    ("percent", "value"),
    [(1, 1.0), (50, 50.0), (50.5, 51.0), (99, 99.0), (99.9, 100.0), (100, 100.0)],
)
def test_a_percentile_is_a_value_that_occurred(percent, value):
    assert percentile([float(number) for number in range(1, 101)], percent) == value


def test_one_value_is_every_percentile():
    assert [percentile([7.0], percent) for percent in (0, 50, 100)] == [7.0, 7.0, 7.0]


def test_nothing_has_no_percentile():
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)
