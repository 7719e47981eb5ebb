import pytest

from loadtest.figures import Book
from loadtest.gates import Outcome, are_kept, judge
from loadtest.scenarios.cpu import KEPT


def outcome_of(book: Book, promise: str) -> Outcome:
    (found,) = [one for one in judge(book) if promise in one.promise]
    return found


def note(book: Book, scenario: str, task: str, proxy: str, metric: str, *values: float) -> None:
    for value in values:
        book.note(scenario, task, proxy, {metric: value})


def test_a_run_without_figures_keeps_and_breaks_nothing():
    assert {one.verdict for one in judge(Book())} == {"not measured"}


def test_every_promise_has_a_text_of_its_own():
    promises = [one.promise for one in judge(Book())]

    assert len(promises) == len(set(promises)) == 19


@pytest.mark.parametrize(("ours", "verdict"), [(43.9, "pass"), (44.1, "FAIL")])
def test_cpu_is_compared_by_medians(ours, verdict):
    book = Book()
    note(book, "cpu", KEPT, "bfe-py", "cpu_us", 10.0, ours, 99.0)
    note(book, "cpu", KEPT, "nginx", "cpu_us", 18.0, 20.0, 25.0)

    outcome = outcome_of(book, "modules and log / nginx")

    assert outcome.verdict == verdict
    assert outcome.value == pytest.approx(ours / 20)
    assert outcome.least == pytest.approx(10 / 25)
    assert outcome.most == pytest.approx(99 / 18)
    assert outcome.limit == "≤ 2.2"


@pytest.mark.parametrize(
    ("caddy", "traefik", "verdict"), [(120.0, 90.0, "FAIL"), (120.0, 101.0, "pass")]
)
def test_the_better_of_two_counts(caddy, traefik, verdict):
    book = Book()
    note(book, "cpu", KEPT, "bfe-py", "cpu_us", 50.0)
    note(book, "cpu", KEPT, "caddy", "cpu_us", caddy)
    note(book, "cpu", KEPT, "traefik", "cpu_us", traefik)

    assert outcome_of(book, "better of").verdict == verdict


@pytest.mark.parametrize(("ours", "verdict"), [(700.0, "pass"), (690.0, "FAIL")])
def test_throughput_has_a_limit_from_below(ours, verdict):
    book = Book()
    note(book, "bodies", "10 MiB up", "bfe-py", "mib_per_cpu_second", ours)
    note(book, "bodies", "10 MiB up", "nginx", "mib_per_cpu_second", 1000.0)

    outcome = outcome_of(book, "10 MiB up")

    assert (outcome.verdict, outcome.limit) == (verdict, "≥ 0.7")


@pytest.mark.parametrize(("kib", "verdict"), [(8.0, "pass"), (8.1, "FAIL")])
def test_an_idle_connection_has_a_limit_of_its_own(kib, verdict):
    book = Book()
    note(book, "idle", "1,000 connections", "bfe-py", "kib_per_connection", kib)

    assert outcome_of(book, "of 1,000 connections").verdict == verdict


@pytest.mark.parametrize(("many", "verdict"), [(125.0, "pass"), (126.0, "FAIL")])
def test_many_rules_are_compared_with_few(many, verdict):
    book = Book()
    note(book, "rules", "100,000 rules, last matches", "bfe-py bare", "cpu_us", many)
    note(book, "rules", "10 rules, last matches", "bfe-py bare", "cpu_us", 100.0)

    assert outcome_of(book, "last matches").verdict == verdict


@pytest.mark.parametrize(("end", "verdict"), [(102.0, "pass"), (103.0, "FAIL")])
def test_memory_may_grow_a_little(end, verdict):
    book = Book()
    note(book, "soak", "mixed load", "bfe-py", "resident_kib", 50.0, 90.0, 100.0, end)

    assert outcome_of(book, "soak").verdict == verdict


def test_gates_are_kept_if_those_asked_for_pass():
    passed = Outcome(scenario="cpu", promise="a", limit="", verdict="pass")
    failed = Outcome(scenario="idle", promise="b", limit="", verdict="FAIL")
    unknown = Outcome(scenario="soak", promise="c", limit="", verdict="not measured")

    assert are_kept([passed, failed, unknown], ["cpu"])
    assert not are_kept([passed, failed], ["cpu", "idle"])
    assert not are_kept([passed, unknown], ["cpu", "soak"])


def test_figures_of_a_place_are_kept_together():
    book = Book()
    note(book, "cpu", "t", "nginx", "cpu_us", 3.0, 1.0, 2.0)
    note(book, "idle", "t", "nginx", "kib", 5.0)
    book.fail("caddy", "first")
    book.fail("caddy", "second")

    figure = book.find("cpu", "t", "nginx", "cpu_us")
    assert figure is not None
    assert (figure.median, figure.least, figure.most) == (2.0, 1.0, 3.0)
    assert book.find("cpu", "t", "nginx", "no_such") is None
    assert [one.metric for one in book.figures()] == ["cpu_us", "kib"]
    assert [one.metric for one in book.figures("idle")] == ["kib"]
    assert book.failures == {"caddy": "first"}


@pytest.mark.parametrize(
    ("task", "metric", "kept", "broken"),
    [
        ("start with one tenant", "seconds", 0.4, 0.6),
        ("cold start, BFE's files", "seconds", 9.9, 10.1),
        ("cold start, .rules", "seconds", 9.9, 10.1),
        ("start again, nothing changed, .rules", "seconds", 1.9, 2.1),
        ("one rule changed", "seconds", 0.9, 1.1),
        ("route_rule.data of 20 MB replaced", "most_ms", 49.0, 51.0),
    ],
)
def test_starts_and_reloads_have_limits_of_their_own(task, metric, kept, broken):
    for value, verdict in ((kept, "pass"), (broken, "FAIL")):
        book = Book()
        note(book, "reload", task, "bfe-py bare", metric, value)

        assert [one.verdict for one in judge(book) if one.value is not None] == [verdict]


@pytest.mark.parametrize(("p99", "verdict"), [(1.1, "pass"), (1.3, "FAIL")])
def test_latency_with_reloads_is_compared_with_that_without(p99, verdict):
    book = Book()
    note(book, "reload", "no reloads", "bfe-py bare", "p99_ms", 1.0)
    note(book, "reload", "a reload each second", "bfe-py bare", "p99_ms", p99)

    assert outcome_of(book, "p99").verdict == verdict


@pytest.mark.parametrize(("late", "verdict"), [(1040.0, "pass"), (1060.0, "FAIL")])
def test_memory_behind_many_reloads_is_compared_with_that_behind_a_few(late, verdict):
    book = Book()
    note(book, "reload", "memory behind reloads, 20", "bfe-py bare", "proportional_kib", 1000.0)
    note(book, "reload", "memory behind reloads, 200", "bfe-py bare", "proportional_kib", late)

    assert outcome_of(book, "memory behind 200").verdict == verdict
