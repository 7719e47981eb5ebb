"""A whole file: who its requests are, where they go, and what it becomes."""

from pathlib import Path

import pytest

from bfe_py.config.dynamic import AdvancedRule
from bfe_py.config.rules_file import read as read_module
from tests.kit.rules_files import read, read_served

REPOSITORY = Path(__file__).parents[3]


def test_a_file_becomes_the_tables_of_its_tenant() -> None:
    group = read(
        """
        hosts shop.example, *.shop.example
        hosts Shop.Test.
        vips 192.0.2.1, 2001:db8::1
        default
        cluster web { backend 10.0.0.1:8000 }
        cluster api { backend 10.0.0.2:8000 }
        route req_path_prefix_in("/api", false) -> api
        route -> web
        """,
        tenant="our.shop",
    ).accepted

    assert group.tenant == "our.shop"
    assert group.hosts == ["shop.example", "*.shop.example", "shop.test"]
    assert group.vips == ["192.0.2.1", "2001:db8::1"]
    assert group.is_default
    assert group.rules == [
        AdvancedRule(condition='req_path_prefix_in("/api", false)', cluster="our.shop/api"),
        AdvancedRule(condition="default_t()", cluster="our.shop/web"),
    ]
    assert list(group.clusters) == ["our.shop/web", "our.shop/api"]
    assert list(group.balance.gslb.clusters or {}) == list(group.clusters)
    assert list(group.balance.table.clusters or {}) == list(group.clusters)


def test_routes_are_read_as_by_the_grammar(monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
        hosts shop.example
        cluster web { backend 10.0.0.1:8000 }
        route req_path_prefix_in("/api", false) -> nowhere
        route req_path_in("/", false) -> web
        route -> web
        """
    quick = read(text)
    monkeypatch.setattr(read_module, "find_route", lambda _: None)
    by_grammar = read(text)
    assert by_grammar.group == quick.group
    assert by_grammar.marked == quick.marked


def test_a_file_without_default_is_not_the_default() -> None:
    assert not read_served("").accepted.is_default


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("hosts a.example, ⟦A.example⟧\n", "E103", "a.example stands twice; line 1 has it too"),
        (
            "hosts a.example\nhosts ⟦a.example.⟧\n",
            "E103",
            "a.example stands twice; line 1 has it too",
        ),
        ("hosts ⟦a.example:80⟧\n", "E700", "`a.example:80` has a port: hosts have none"),
        (
            "vips 192.0.2.1, ⟦::ffff:192.0.2.1⟧\n",
            "E700",
            "192.0.2.1 stands twice; line 1 has it too",
        ),
        ("vips ⟦a.example⟧\n", "E106", "`a.example` is not an IP address"),
        ("default\n\n⟦default⟧\n", "E700", "this stands twice; line 1 has it too"),
        ("route -> ⟦wob⟧\n", "E102", "there is no cluster wob in this file"),
    ],
)
def test_what_is_wrong_with_a_statement_is_reported(text: str, code: str, message: str) -> None:
    found = read_served(text)

    assert found.marked.startswith(text)
    assert (found.only.severity, found.only.code, found.only.message) == ("error", code, message)


def test_the_nearest_cluster_is_suggested() -> None:
    assert read_served("route -> wob\n").only.hint == 'did you mean "web"?'


def test_a_route_may_name_a_cluster_that_stands_below() -> None:
    found = read("default\nroute -> web\ncluster web { backend 10.0.0.1:8000 }")

    assert [rule.cluster for rule in found.accepted.rules] == ["shop/web"]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            "default\ncluster web { backend a:1 }\nroute -> web\n⟦route -> web⟧\nroute -> web",
            "W126",
            "no request gets here: the route on line 3 takes them all",
        ),
        (
            "default\ncluster web { backend a:1 }\ncluster ⟦old⟧ { backend a:1 }\nroute -> web",
            "W130",
            "no route leads to the cluster old",
        ),
    ],
)
def test_what_is_likely_not_meant_is_doubted(text: str, code: str, message: str) -> None:
    found = read(text)

    assert found.marked == text
    assert found.group is not None
    assert (found.only.severity, found.only.code, found.only.message) == ("warning", code, message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cluster web { backend a:1 }\nroute -> web", "no request finds this tenant"),
        ("default", "the tenant has no routes"),
    ],
)
def test_what_is_missing_is_doubted(text: str, message: str) -> None:
    found = read(text)

    assert found.group is not None
    assert (found.only.severity, found.only.message, found.only.line) == ("warning", message, 1)


def test_an_empty_file_is_doubted_twice() -> None:
    found = read("")

    assert found.group is not None
    assert found.messages == ["no request finds this tenant", "the tenant has no routes"]


def test_nothing_is_doubted_where_something_is_wrong() -> None:
    found = read(
        "⟦nonsense⟧\nlet a = default_t()\ncluster web { backend a:1 }\nroute a -> web\nroute -> web"
    )

    assert [one.severity for one in found.findings] == ["error"]


def test_every_file_of_the_repository_can_be_used() -> None:
    files = list((REPOSITORY / "rules").glob("*.rules"))

    assert REPOSITORY / "rules" / "example.rules" in files
    for file in files:
        assert read(file.read_text(), file.stem).accepted.tenant == file.stem
