from xml.etree import ElementTree

import msgspec
import pytest

from loadtest.figures import Book
from loadtest.gates import judge
from loadtest.machine import Machine
from loadtest.report import Record, Settings, decode, plot, summary, table, write
from loadtest.report.files import file_name
from loadtest.report.layout import SECTIONS
from loadtest.scenarios.table import SCENARIOS

SVG = "{http://www.w3.org/2000/svg}"
MACHINE = Machine(cpu="Some <CPU>", cores=2, kernel="6.1", python="CPython 3.11", calibration_ms=50)
SETTINGS = Settings(rounds=2, seconds=1, rate=1000, soak_minutes=0, scenarios=("cpu",))


def record_of(book: Book, missing: tuple[str, ...] = ()) -> Record:
    return Record(
        started="2026-01-31T14:05:59+01:00",
        minutes=3.0,
        commit="abc",
        machine=MACHINE,
        settings=SETTINGS,
        versions={"bfe-py": "0.1.0", "nginx": "1.22.1"},
        missing=missing,
        figures=tuple(book.figures()),
        outcomes=tuple(judge(book)),
        failures=book.failures,
    )


@pytest.fixture
def book() -> Book:
    book = Book()
    for proxy, cpu in (("bfe-py", 40.0), ("nginx", 20.0)):
        for factor in (1.0, 1.5):
            for task in ("kept-alive connections", "a new connection for each request"):
                metrics = {
                    "requests_per_second": 12_345.0 / factor,
                    "cpu_us": cpu * factor,
                    "cpu_user_us": cpu * factor / 2,
                    "cpu_system_us": cpu * factor / 2,
                    "failed": 1.0,
                    "foreign": 0.01,
                }
                book.note("cpu", task, proxy, metrics)
            book.note("latency", "1,000 requests/s", proxy, {"p50_ms": 0.5, "p99_ms": 2.0})
            book.note("bodies", "10 MiB down", proxy, {"mib_per_cpu_second": 900.0 * factor})
            book.note("idle", "1,000 connections", proxy, {"kib_per_connection": 4.0})
    book.note("rules", "10 rules, last matches", "bfe-py bare", {"cpu_us": 30.0})
    return book


def test_a_record_is_read_as_it_was_written(book):
    record = record_of(book)

    assert decode(msgspec.json.encode(record)) == record


def test_a_table_has_medians_with_their_range(book):
    page = table.render(record_of(book), "latest.svg")

    assert (
        "| bfe-py | 10,288 (8,230–12,345) | 50.0 (40.0–60.0) | 25.0 | 25.0 | – | – | 0.01 | 2 |"
        in page
    )
    assert "![" in page
    assert "(latest.svg)" in page
    assert "Some <CPU>, 2 cores" in page


def test_tasks_stand_side_by_side_where_one_metric_is_compared(book):
    page = table.render(record_of(book), "latest.svg")

    assert "### KiB for each connection\n\n| proxy | 1,000 connections |" in page
    assert "| 10 rules, last matches | 30.0 |" in page


def test_gates_are_told_with_their_verdict(book):
    text = summary(record_of(book))

    assert (
        "| CPU for a request, modules and log / nginx with log | 2.00 (1.33–3.00) | ≤ 2.2 | pass |"
        in text
    )
    assert "| – | ≤ 1.25 | not measured |" in text


def test_who_is_missing_or_failed_is_named_with_the_last_lines(book):
    book.fail("caddy", "ended with status 1\nError: no")

    text = summary(record_of(book, ("traefik",)))

    assert "- traefik: not installed\n- caddy: ended with status 1\n      Error: no" in text


@pytest.mark.parametrize(("foreign", "is_told"), [(0.01, False), (0.2, True)])
def test_a_busy_machine_is_told(foreign, is_told):
    book = Book()
    book.note("cpu", "t", "nginx", {"foreign": foreign})

    assert ("20% of the time for somebody else" in summary(record_of(book))) == is_told


def test_every_scenario_has_its_section():
    assert [section.scenario for section in SECTIONS] == list(SCENARIOS)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.1234, "0.12"), (12.34, "12.3"), (123.4, "123"), (12345.6, "12,346")],
)
def test_numbers_have_three_digits_that_count(value, text):
    assert table.number(value) == text


def test_a_plot_is_whole_and_light_with_labelled_axes(book):
    root = ElementTree.fromstring(plot.render(record_of(book)))

    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert root[0].get("fill") == "#ffffff"
    assert {"µs", "ms", "KiB", "MiB for a second of CPU", "requests/s"} <= set(texts)
    assert texts.count("nginx") == texts.count("bfe-py") == 7
    assert "10 rules, last matches" in texts


def test_bars_are_as_long_as_their_figures(book):
    (first, *_) = list(plot.panels(record_of(book)))

    assert [one.label for one in first.bars] == ["bfe-py", "nginx"]
    assert [one.total for one in first.bars] == [50.0, 25.0]
    assert [one.parts for one in first.bars] == [(25.0, 25.0), (12.5, 12.5)]
    assert [one.is_ours for one in first.bars] == [True, False]
    assert (first.bars[0].least, first.bars[0].most) == (40.0, 60.0)


def test_a_plot_without_figures_has_no_panel():
    assert list(plot.panels(record_of(Book()))) == []
    assert ElementTree.fromstring(plot.render(record_of(Book()))).tag == f"{SVG}svg"


@pytest.mark.parametrize(
    ("longest", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (337, [0, 100, 200, 300, 400]),
        (21_000, [0, 5000, 10_000, 15_000, 20_000, 25_000]),
    ],
)
def test_ticks_are_round(longest, ticks):
    assert plot.ticks(longest) == pytest.approx(ticks)


def test_a_report_is_written_by_date_and_as_the_latest(book, tmp_path):
    written = write(record_of(book), tmp_path / "results")

    assert written.table.name == "2026-01-31-140559.md"
    assert len(list((tmp_path / "results").iterdir())) == 6
    latest = tmp_path / "results/latest.json"
    assert decode(latest.read_bytes()) == decode(written.record.read_bytes())
    assert "(2026-01-31-140559.svg)" in written.table.read_text("utf-8")


def test_a_file_is_named_by_the_second():
    assert file_name("2026-01-31T14:05:59+01:00") == "2026-01-31-140559"
