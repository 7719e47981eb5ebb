"""Routes of a tenant: basic rules, then conditions."""

from types import SimpleNamespace
from typing import cast

import pytest

from bfe_py.condition import Facts, RequestSketch, compile_condition
from bfe_py.route import (
    ADVANCED_MODE,
    NO_RULE_MATCH,
    NO_RULES,
    PathRule,
    PathTable,
    Route,
    RouteTable,
    Rule,
    Step,
)
from tests.kit.steps import count_steps

GET = cast(Facts, SimpleNamespace(method="GET"))
PUT = cast(Facts, SimpleNamespace(method="PUT"))
BASIC = PathTable(
    [PathRule((), ("/basic*",), "plain"), PathRule(("h.test",), ("/later*",), ADVANCED_MODE)]
)
NEVER = Rule("never()", lambda facts: False, "x")
IF_PUT = Rule('req_method_in("PUT")', lambda facts: facts.method == "PUT", "writers")
ALWAYS = Rule("default_t()", lambda facts: True, "y")


@pytest.mark.parametrize(
    ("host", "path", "facts", "route"),
    [
        ("a.test", "/basic", GET, Route("plain", "basic")),
        ("a.test", "/other", GET, Route("y", "advanced", 2)),
        ("a.test", "/other", PUT, Route("writers", "advanced", 1)),
        ("h.test", "/later", GET, Route("y", "advanced", 2)),
        ("h.test", "/basic", GET, Route("y", "advanced", 2)),
    ],
)
def test_basic_rules_come_before_conditions(
    host: str, path: str, facts: Facts, route: Route
) -> None:
    table = RouteTable(BASIC, (NEVER, IF_PUT, ALWAYS))
    assert table.find(host, path, facts) == route
    explanation = table.explain(host, path, facts)
    assert (explanation.route, explanation.reason) == (route, "")
    assert explanation.steps[-1].cluster == route.cluster


@pytest.mark.parametrize(
    ("rules", "reason"), [(None, NO_RULES), ((), NO_RULE_MATCH), ((NEVER,), NO_RULE_MATCH)]
)
def test_a_miss_has_a_reason(rules: tuple[Rule, ...] | None, reason: str) -> None:
    table = RouteTable(BASIC, rules)
    assert table.find("a.test", "/other", GET) is None
    assert table.reason == reason
    assert table.explain("a.test", "/other", GET).reason == reason
    assert table.explain("a.test", "/other", GET).route is None


def test_conditions_alone_decide_where_there_are_no_basic_rules() -> None:
    for basic in (None, PathTable()):
        table = RouteTable(basic, (ALWAYS,))
        assert table.find("a.test", "/basic", GET) == Route("y", "advanced", 0)
        assert table.explain("a.test", "/basic", GET).steps == (Step("default_t()", True, "y"),)


def test_conditions_behind_the_first_match_are_not_looked_at() -> None:
    def fail(facts: Facts) -> bool:
        raise AssertionError("looked at")

    table = RouteTable(None, (ALWAYS, Rule("fail()", fail, "z")))
    assert table.find("a.test", "/", GET) == Route("y", "advanced", 0)
    assert len(table.explain("a.test", "/", GET).steps) == 1


def test_explaining_lists_every_condition_until_one_is_true() -> None:
    steps = RouteTable(None, (NEVER, IF_PUT, ALWAYS)).explain("a.test", "/", PUT).steps
    assert steps == (Step("never()", False), Step('req_method_in("PUT")', True, "writers"))


def test_a_table_reads_the_body_if_a_rule_does() -> None:
    reading = Rule("req_body_json_in()", lambda facts: True, "y", reads_body=True)
    assert RouteTable(None, (NEVER, reading)).reads_body
    assert not RouteTable(BASIC, (NEVER,)).reads_body
    assert not RouteTable(BASIC, None).reads_body


def test_finding_a_basic_route_twice_gives_the_same_object() -> None:
    table = RouteTable(BASIC, None)
    assert table.find("a", "/basic/1", GET) is table.find("b", "/basic/2", GET)


def rules_of(texts: list[str]) -> tuple[Rule, ...]:
    return tuple([Rule(text, compile_condition(text).matches, text) for text in texts])


MANY = [
    f'req_host_in("h{each}.test") && req_path_prefix_in("/{each}/", false)' for each in range(9)
]


@pytest.mark.parametrize(
    ("host", "path", "index"),
    [
        ("h3.test", "/3/", 3),
        ("H8.test", "/8/x", 8),
        ("h3.test", "/4/", None),
        ("a.test", "/", None),
    ],
)
def test_of_many_rules_the_same_one_is_found(host: str, path: str, index: int | None) -> None:
    table = RouteTable(None, rules_of(MANY))
    facts = RequestSketch(host=host, path=path)
    route = table.find(host, path, facts)
    assert (route and route.index) == index
    assert table.find(host, path, facts) is route
    assert table.explain(host, path, facts).route == route
    assert len(table.explain(host, path, facts).steps) == (9 if index is None else index + 1)


def test_of_many_rules_only_those_that_may_match_are_asked() -> None:
    asked: list[str] = []

    def ask(text: str) -> Rule:
        return Rule(text, lambda facts: bool(asked.append(text)), "x")

    table = RouteTable(None, tuple(map(ask, [*MANY, "default_t()"])))
    assert table.find("h3.test", "/3/", RequestSketch(host="h3.test", path="/3/")) is None
    assert asked == [MANY[3], "default_t()"]


def test_a_rule_that_always_holds_needs_no_question_where_it_comes_first() -> None:
    def never(_facts: object) -> bool:
        raise AssertionError("asked")

    first = Rule(" default_t() ", never, "one")
    table = RouteTable(None, (first, Rule("default_t()", never, "two")))
    for _ in range(2):
        route = table.find("a.test", "/", GET)
        assert (route.cluster, route.source, route.index) == ("one", "advanced", 0)


def test_a_deferred_table_is_made_when_it_is_first_asked():
    made: list[int] = []

    def make() -> tuple[Rule, ...]:
        made.append(1)
        return NEVER, ALWAYS

    table = RouteTable.defer(make, reads_body=True)
    assert table.reads_body
    assert made == []
    assert table.find("a.test", "/", GET) == Route("y", "advanced", 1)
    assert table.find("a.test", "/", GET) == Route("y", "advanced", 1)
    assert made == [1]
    assert type(table) is RouteTable
    assert not table.reads_body


@pytest.mark.parametrize("name", ["rules", "reason"])
def test_whatever_is_asked_of_a_deferred_table_is_as_if_it_had_been_made(name: str):
    rules = (NEVER, IF_PUT)
    deferred = RouteTable.defer(lambda: rules, reads_body=False)
    assert getattr(deferred, name) == getattr(RouteTable(None, rules), name)
    deferred = RouteTable.defer(lambda: rules, reads_body=False)
    assert deferred.explain("a.test", "/", PUT) == RouteTable(None, rules).explain(
        "a.test", "/", PUT
    )


def test_a_deferred_table_that_cannot_be_made_is_tried_again():
    results: list[tuple[Rule, ...]] = []
    table = RouteTable.defer(results.pop, reads_body=False)
    with pytest.raises(IndexError):
        table.find("a.test", "/", GET)
    results.append((ALWAYS,))
    assert table.find("a.test", "/", GET) == Route("y", "advanced", 0)


def test_a_table_made_in_steps_is_the_same():
    rules = tuple(
        Rule(f'req_path_in("/{n}", true)', lambda facts, n=n: facts.path == f"/{n}", f"c{n}")
        for n in range(1000)
    )
    table, rests = count_steps(RouteTable.steps(BASIC, rules))
    assert rests > 5
    for path in ("/basic", "/0", "/999", "/x"):
        facts = RequestSketch(host="a.test", path=path)
        assert table.find("a.test", path, facts) == RouteTable(BASIC, rules).find(
            "a.test", path, facts
        )
