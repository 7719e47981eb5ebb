"""Routes of a tenant: basic rules, then conditions."""

from types import SimpleNamespace
from typing import cast

import pytest

from bfe_py.condition import Facts
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
