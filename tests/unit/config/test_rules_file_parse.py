"""What each statement may look like, and what is said of one that does not."""

import pytest
from lark import Token, Tree

from bfe_py.config.findings import Report
from bfe_py.config.rules_file import parse
from bfe_py.config.rules_file.parse import Place, find_route, parse_statement
from bfe_py.config.rules_file.remarks import Remarks, span_of
from bfe_py.config.rules_file.statements import read_statements
from bfe_py.config.text import Text
from tests.kit.rules_files import read_cluster, read_served


def tree_of(statement: str, place: Place) -> str:
    """A statement that is right: rule and values, what is inside in parentheses."""
    report = Report()
    remarks = Remarks(Text("x.rules", statement), report)
    [cut] = read_statements(statement + ("}" if statement.endswith("{") else ""), remarks)
    tree = parse_statement(cut, place, remarks)
    assert tree is not None, report.findings
    assert statement[slice(*span_of(tree))] == statement
    return shape(tree)


def shape(part: Tree[Token] | Token | None) -> str:
    if part is None:
        return "-"
    if isinstance(part, Token):
        return f"{part.type}:{part}"
    return f"({' '.join([str(part.data), *map(shape, part.children)])})"


@pytest.mark.parametrize(
    ("statement", "place", "tree"),
    [
        ("hosts a.example, *", Place.FILE, "(hosts HOST_NAME:a.example HOST_NAME:*)"),
        ("vips 192.0.2.1", Place.FILE, "(vips IP_ADDRESS:192.0.2.1)"),
        ("default", Place.FILE, "(default)"),
        ("let a = b()", Place.FILE, "(let IDENTIFIER:a CONDITION:b())"),
        ("cluster web {", Place.FILE, "(cluster IDENTIFIER:web)"),
        ("route a -> web", Place.FILE, "(route CONDITION:a IDENTIFIER:web)"),
        ("route -> web", Place.FILE, "(route - IDENTIFIER:web)"),
        # words are words only in their place
        ("cluster weight {", Place.FILE, "(cluster IDENTIFIER:weight)"),
        ("route -> route", Place.FILE, "(route - IDENTIFIER:route)"),
        ("sub sub weight 2 {", Place.CLUSTER, "(sub IDENTIFIER:sub COUNT:2)"),
        ("sub a {", Place.CLUSTER, "(sub IDENTIFIER:a -)"),
        (
            "backend backend at at:80",
            Place.SUB_CLUSTER,
            "(backend HOST_PORT:backend HOST_PORT:at:80 -)",
        ),
        ("backend a:1 weight 2", Place.CLUSTER, "(backend HOST_PORT:a:1 - COUNT:2)"),
        ('hash header "x" sticky', Place.CLUSTER, '(hash (hash_header TEXT:"x" -) (sticky))'),
        ("timeout response none", Place.CLUSTER, "(timeout (limit_none))"),
    ],
)
def test_a_statement_becomes_a_tree(statement: str, place: Place, tree: str) -> None:
    assert tree_of(statement, place) == tree


def test_no_place_has_room_for_two_kinds_of_values() -> None:
    values = set(parse._WORD_VALUES)
    grammar = parse._grammar()
    states = [
        set(actions)
        for place in Place
        for actions in grammar.parse_interactive(
            start=place.value
        ).parser_state.parse_conf.parse_table.states.values()
    ]

    assert [sorted(values & state) for state in states if len(values & state) > 1] == []
    assert values == set().union(*states) & values


FILE_WORDS = "`cluster`, `default`, `hosts`, `let`, `route` or `vips`"


@pytest.mark.parametrize(
    ("text", "message", "expected", "hint"),
    [
        (
            "⟦host⟧ a.example\n",
            "there is no statement `host` outside of blocks",
            FILE_WORDS,
            'did you mean "hosts"?',
        ),
        (
            "⟦rout⟧ -> web\n",
            "there is no statement `rout` outside of blocks",
            FILE_WORDS,
            'did you mean "route"?',
        ),
        ("⟦backend⟧ a:1\n", "there is no statement `backend` outside of blocks", FILE_WORDS, ""),
        ("⟦->⟧ web\n", "`->` is not expected here", FILE_WORDS, ""),
        ('⟦"hosts"⟧ a\n', '`"hosts"` is not expected here', FILE_WORDS, ""),
        (
            "hosts ⟦{⟧ a\n",
            "`{` is not expected here",
            "a host such as shop.example or *.shop.example",
            "",
        ),
        (
            "hosts a.example ⟦b.example⟧\n",
            "`b.example` is not expected here",
            "`,` or the end of the line",
            "",
        ),
        ("let ⟦=⟧ default_t()\n", "`=` is not expected here", "a name", ""),
        ("let a⟦ ⟧\n", "the statement is not complete", "`=`", ""),
        ("let a =⟦ ⟧\n", "the statement is not complete", "a condition", ""),
        ("let a ⟦b⟧ = default_t()\n", "`b` is not expected here", "`=`", ""),
        ("route default_t()⟦ ⟧\n", "the statement is not complete", "`->`", ""),
        ("route -> web ⟦web⟧\n", "`web` is not expected here", "the end of the line", ""),
        ('route -> ⟦"web"⟧\n', '`"web"` is not expected here', "a name", ""),
        ("default ⟦yes⟧\n", "`yes` is not expected here", "the end of the line", ""),
        ("hosts a.example ⟦&&⟧ b\n", "`&&` is not expected here", "`,` or the end of the line", ""),
        (
            "hosts a.example⟦\u00a0⟧\n",
            "the character U+00A0 NO-BREAK SPACE may not stand here",
            "`,` or the end of the line",
            "",
        ),
        (
            "hosts a.example⟦\x07⟧\n",
            "the character U+0007 may not stand here",
            "`,` or the end of the line",
            "",
        ),
        (
            'route req_host_in(⟦"a) -> web⟧\n',
            "the text is not closed on its line",
            "a closing quote",
            "",
        ),
        ("let a = ⟦`b⟧\n", "the text is not closed on its line", "a closing quote", ""),
    ],
)
def test_a_statement_that_is_wrong_is_reported_in_its_place(
    text: str, message: str, expected: str, hint: str
) -> None:
    found = read_served(text)

    assert found.marked.startswith(text)
    assert (found.only.message, found.only.expected, found.only.hint) == (message, expected, hint)


@pytest.mark.parametrize(
    ("text", "message", "expected"),
    [
        ("⟦polisy⟧ wrr", "there is no statement `polisy` in a `cluster`", 'did you mean "policy"?'),
        ("⟦hash1⟧ address", "there is no statement `hash1` in a `cluster`", 'did you mean "hash"?'),
        ("timeout ⟦respons⟧ 1s", "`respons` is not expected here", 'did you mean "response"?'),
        ("check ⟦htp⟧", "`htp` is not expected here", 'did you mean "http"?'),
        ("protocol ⟦qqq⟧", "`qqq` is not expected here", ""),
    ],
)
def test_the_nearest_word_is_suggested(text: str, message: str, expected: str) -> None:
    found = read_cluster(text)

    assert text in found.marked
    assert (found.only.message, found.only.hint) == (message, expected)


def test_in_a_sub_cluster_there_are_only_backends() -> None:
    found = read_served("cluster x { sub a {\nbackend a:1\n⟦timeout⟧ read 1s\n} }\nroute -> x\n")

    assert found.marked.split("\n")[2] == "⟦timeout⟧ read 1s"
    assert found.only.message == "there is no statement `timeout` in a `sub`"
    assert found.only.expected == "`backend`"


def test_every_statement_that_is_wrong_is_reported() -> None:
    found = read_served("⟦one⟧\n⟦two⟧ x {\n nothing here is looked at\n}\nvips ⟦{⟧\n⟦three⟧\n")

    assert found.marked.split("\n")[:6] == [
        "⟦one⟧",
        "⟦two⟧ x {",
        " nothing here is looked at",
        "}",
        "vips ⟦{⟧",
        "⟦three⟧",
    ]
    assert [one.severity for one in found.findings] == ["error"] * 4


@pytest.mark.parametrize(
    "statement",
    ["route -> web", "route a() && b -> web", "route a()\n -> weight", "route (a()) -> hosts"],
)
def test_a_plain_route_is_found_as_the_grammar_finds_it(statement: str) -> None:
    remarks = Remarks(Text("x.rules", statement), Report())
    [cut] = read_statements(statement, remarks)
    tree, found = parse_statement(cut, Place.FILE, remarks), find_route(cut)

    assert tree is not None
    assert found is not None
    span, *parts = found
    assert span == span_of(tree)
    assert [(part, part and (part.type, span_of(part))) for part in parts] == [
        (part, part and (part.type, span_of(part))) for part in tree.children
    ]


@pytest.mark.parametrize(
    "statement", ["route", "route a()", "route ->", "route -> a b", 'route -> "a"', "default"]
)
def test_what_is_no_plain_route_is_left_to_the_grammar(statement: str) -> None:
    [cut] = read_statements(statement, Remarks(Text("x.rules", statement), Report()))

    assert find_route(cut) is None
