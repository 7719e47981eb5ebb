"""Hosts to values: exact, longest suffix, any."""

import pytest

from bfe_py.tenant import HostEntry, HostTable

SHOP = HostTable(
    [
        ("example.org", "P1"),
        ("*.example.org", "P2"),
        ("a.b.example.org", "P3"),
        ("www.*.net", "PX"),
        ("*x.foo.com", "P4"),
        ("UP.Case.io", "P5"),
        ("dotted.test.", "P6"),
        ("127.0.0.1", "P7"),
    ]
)


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("example.org", "P1"),
        ("EXAMPLE.ORG", "P1"),
        ("example.org.", "P1"),
        ("example.org..", None),
        ("www.example.org", "P2"),
        ("x.y.example.org", "P2"),
        (".example.org", "P2"),
        ("a.b.example.org", "P3"),
        ("A.B.example.org.", "P3"),
        ("z.b.example.org", "P2"),
        ("c.a.b.example.org", "P2"),
        ("www.q.net", None),
        ("www.*.net", None),
        ("ax.foo.com", None),
        ("*x.foo.com", "P4"),
        ("up.case.io", "P5"),
        ("dotted.test", "P6"),
        ("127.0.0.1", "P7"),
        ("xexample.org", None),
        ("org", None),
        ("[", None),
        ("", None),
    ],
)
def test_the_exact_host_wins_and_then_the_longest_suffix(host: str, owner: str | None) -> None:
    assert SHOP.find(host) == owner


@pytest.mark.parametrize("host", ["", "[", "x.a.com", "b.com"])
def test_a_star_alone_takes_what_nothing_else_takes(host: str) -> None:
    assert HostTable([("*", "any"), ("a.com", "one")]).find(host) == "any"


def test_an_exact_host_beats_a_star() -> None:
    assert HostTable([("*", "any"), ("a.com", "one")]).find("a.com") == "one"


def test_the_deeper_of_two_suffixes_wins() -> None:
    table = HostTable([("*.com", "far"), ("*.foo.com", "near")])
    assert [table.find(host) for host in ("x.foo.com", "foo.com", "x.y.foo.com")] == [
        "near",
        "far",
        "near",
    ]


def test_the_last_of_equal_patterns_counts() -> None:
    assert HostTable([("A.test", 1), ("a.test.", 2)]).find("a.test") == 2


def test_a_host_longer_than_any_suffix_still_ends_in_it() -> None:
    assert HostTable([("*.test", "t")]).find("a." * 4000 + "test") == "t"
    assert HostTable([("*.test", "t")]).find("a." * 4000 + "other") is None


def test_an_empty_table_knows_nobody() -> None:
    assert HostTable[HostEntry]().find("a.test") is None


def test_converting_keeps_the_patterns() -> None:
    table = HostTable([("a.test", 1), ("*.test", 2)]).convert(str)
    assert [table.find(host) for host in ("a.test", "b.test", "c")] == ["1", "2", None]
    assert HostTable([("*", 3)]).convert(str).find("") == "3"
