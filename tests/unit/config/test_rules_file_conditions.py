"""Conditions of a file: with and without names, inlined, and everything that is wrong with them."""

import pytest

from bfe_py.condition import compile_condition, format_node
from tests.kit.rules_files import read, read_served

HEAD = "hosts shop.example\ncluster web { backend 10.0.0.1:8000 }\n"


def conditions(text: str) -> list[str | None]:
    """Conditions of the routes of a file without findings."""
    return [rule.condition for rule in read(HEAD + text).accepted.rules]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("route -> web", ["default_t()"]),
        ("route default_t() -> web", ["default_t()"]),
        ('route req_host_in( "a"  ) -> web', ['req_host_in("a")']),
        ("route req_ua_regmatch(`\\d -> #`) -> web", ["req_ua_regmatch(`\\d -> #`)"]),
        ('let a = req_tag_match("x", "1")\nroute a -> web', ['req_tag_match("x", "1")']),
        (
            'let a = req_tag_match("x", "1") || ses_tls_client_auth()\nroute a && !a -> web',
            [
                '(req_tag_match("x", "1") || ses_tls_client_auth()) && !(req_tag_match("x", "1") || ses_tls_client_auth())'
            ],
        ),
        (
            "let a = default_t()\nlet b = !a\nlet c = (a && b)\nroute a || c -> web",
            ["default_t() || (default_t() && !default_t())"],
        ),
        ("let a = default_t()\nroute a -> web", ["default_t()"]),
        (
            'route (req_host_in("a") || # one\n req_host_in("b")) // two\n && default_t() -> web',
            ['(req_host_in("a") || req_host_in("b")) && default_t()'],
        ),
    ],
)
def test_names_stand_for_their_definitions(text: str, expected: list[str]) -> None:
    found = conditions(text)

    assert found == expected
    assert [format_node(compile_condition(each or "").node) for each in found] == expected


@pytest.mark.parametrize(
    ("text", "message", "expected", "hint"),
    [
        (
            'let a = ⟦req_hos_in⟧("a")',
            "there is no primitive `req_hos_in`",
            "",
            "did you mean req_host_in",
        ),
        ("route ⟦nobody⟧ -> web", "`nobody` is defined nowhere", "", ""),
        (
            "let mobile = default_t()\nroute ⟦mobil⟧ -> web",
            "`mobil` is defined nowhere",
            "",
            "did you mean mobile",
        ),
        ("let a = ⟦a⟧", "`a` is defined by itself", "", ""),
        (
            "let a = !⟦b⟧\nlet b = default_t()",
            "`b` is defined below its use, on line 2",
            "definitions above their uses",
            "",
        ),
        (
            "route ⟦b⟧ -> web\nlet b = default_t()",
            "`b` is defined below its use, on line 2",
            "definitions above their uses",
            "",
        ),
        (
            "let a = default_t()\nlet ⟦a⟧ = default_t()",
            "a is defined twice; line 1 has it too",
            "",
            "",
        ),
        (
            "let ⟦req_host_in⟧ = default_t()",
            "`req_host_in` is a primitive of the language",
            "a name of its own",
            "",
        ),
        (
            "let ⟦import⟧ = default_t()",
            "`import` cannot be the name of a condition",
            "letters, digits, `_` and `-`, beginning with a letter or `_`",
            "",
        ),
        (
            "let ⟦true⟧ = default_t()",
            "`true` cannot be the name of a condition",
            "letters, digits, `_` and `-`, beginning with a letter or `_`",
            "",
        ),
        (
            "let ⟦route⟧ = default_t()",
            "`route` cannot be the name of a condition",
            "letters, digits, `_` and `-`, beginning with a letter or `_`",
            "",
        ),
        (
            "let ⟦a.b⟧ = default_t()",
            "`a.b` cannot be the name of a condition",
            "letters, digits, `_` and `-`, beginning with a letter or `_`",
            "",
        ),
        (
            "let ⟦9a⟧ = default_t()",
            "`9a` cannot be the name of a condition",
            "letters, digits, `_` and `-`, beginning with a letter or `_`",
            "",
        ),
    ],
)
def test_a_name_that_is_wrong_is_reported(
    text: str, message: str, expected: str, hint: str
) -> None:
    found = read_served(text)

    assert text in found.marked
    assert (found.only.message, found.only.expected, found.only.hint) == (message, expected, hint)


def test_and_beside_or_needs_parentheses_and_gets_them_suggested() -> None:
    mixed = 'req_host_in("a") && default_t() || default_t()'
    found = read_served(f"route ⟦{mixed}⟧ -> web\n")

    assert found.marked.startswith(f"route ⟦{mixed}⟧ -> web\n")
    assert found.only.code == "E201"
    assert found.only.message.startswith("&& and || are mixed without parentheses")
    assert found.only.hint == 'did you mean req_host_in("a") && (default_t() || default_t())'


def test_places_inside_of_messages_are_those_of_the_file() -> None:
    found = read_served("\n\nlet a = default_t() &&\n   req_host_in(`a`\n")

    assert found.only.message == "the parenthesis opened at 4:15 is not closed"
    assert (found.only.line, found.only.column) == (4, 19)


def test_all_errors_of_a_condition_are_reported_and_its_uses_are_not() -> None:
    text = 'let a = ⟦req_hos_in⟧("a") && ⟦nobody⟧\nroute a && ⟦somebody⟧ -> web\n'
    found = read_served(text)

    assert found.marked.startswith(text)
    assert len(found.findings) == 3


def test_a_condition_that_is_broken_counts_as_a_use_of_the_names_in_it() -> None:
    found = read_served("let a = default_t()\nroute a && ( -> web")

    assert [one.severity for one in found.findings] == ["error"]


def test_a_definition_that_nothing_uses_is_doubted() -> None:
    found = read_served('let ⟦a⟧ = default_t()\nlet b = req_host_in("a")\nroute b -> web\n')

    assert found.group is not None
    assert found.only.severity == "warning"
    assert found.only.message == "nothing uses the condition a"
    assert "let ⟦a⟧ =" in found.marked


def test_a_definition_that_only_another_uses_is_used() -> None:
    text = 'let a = req_host_in("a")\nlet b = !a\nroute b -> web'

    assert conditions(text) == ['!req_host_in("a")']


def test_a_route_that_reads_the_response_is_doubted() -> None:
    found = read(HEAD + 'route ⟦res_code_in("200")⟧ -> web\n')

    assert found.only.message == "there is no response yet when a route is chosen"
    assert (found.only.severity, found.only.code) == ("warning", "W201")
    assert '⟦res_code_in("200")⟧' in found.marked


def test_definitions_of_definitions_cannot_grow_without_limit() -> None:
    lines = ["let a0 = default_t()"]
    lines += [f"let a{n} = a{n - 1} && a{n - 1}" for n in range(1, 30)]
    found = read_served("\n".join(lines))

    assert "with names replaced this condition has more than 10000 calls" in found.messages
    assert found.findings[0].line == 15
