"""Basic rules: host, then path."""

import pytest

from bfe_py.route import ADVANCED_MODE, DuplicateRoute, PathRule, PathTable, Step

ANY: tuple[str, ...] = ()


def table(*rules: tuple[str, str, str]) -> PathTable:
    """Table of rules (host, path, cluster); an empty text leaves host or path out."""
    return PathTable(
        [
            PathRule((host,) if host else ANY, (path,) if path else ANY, cluster)
            for host, path, cluster in rules
        ]
    )


HOSTS = table(
    ("foo.com", "", "c1"), ("bar.com", "", "c2"), ("*.bar.com", "", "c3"), ("*.org", "", "c4")
)
SHOP = table(
    ("*.test1.com", "", "R1"),
    ("*.b.test1.com", "/interface/*", "R2"),
    ("*.b.test1.com", "/*", "R3"),
    ("www.a.com", "/a/*", "A"),
    ("www.a.com", "/a/b", "B"),
    ("*.a.com", "", "C"),
    ("", "/static*", "S"),
    ("UC.test", "/UpPath", "U"),
)


@pytest.mark.parametrize(
    ("host", "cluster"),
    [
        ("foo.com", "c1"),
        ("FOO.com.", "c1"),
        ("foo.com..", None),
        ("bar.com", "c2"),
        ("baz.bar.com", "c3"),
        (".bar.com", "c3"),
        ("x.baz.bar.com", None),
        ("foo.org", "c4"),
        ("bar.foo.org", None),
        ("org", None),
        ("", None),
    ],
)
def test_a_wildcard_host_covers_one_label(host: str, cluster: str | None) -> None:
    assert HOSTS.find(host, "/") == cluster


@pytest.mark.parametrize("host", ["", "a", "a.b.c", "*"])
def test_a_star_covers_every_host(host: str) -> None:
    assert table(("*", "", "c")).find(host, "/x") == "c"


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("/", ["/"], ["/foo", ""]),
        ("/*", ["/", "/foo", "/foo/bar", ""], ["foo"]),
        ("*", ["/", "foo", "", "/a/b"], []),
        ("/foo", ["/foo"], ["/foo/", "/foobar", "/Foo"]),
        ("/foo*", ["/foo", "/foo/", "/foo/bar"], ["/foobar", "/fo", "/"]),
        ("/foo/*", ["/foo", "/foo/x"], ["/foobar"]),
        ("/aaa/bb*", ["/aaa/bb"], ["/aaa/bbb"]),
        ("/a b", ["/a b"], ["/a%20b"]),
        ("foo*", ["foo", "foo/x"], ["/foo"]),
    ],
)
def test_a_wildcard_path_covers_whole_elements(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    paths = table(("", pattern, "c"))
    assert [path for path in matching + others if paths.find("h", path) == "c"] == matching


@pytest.mark.parametrize(
    ("path", "cluster"),
    [
        ("/aaa/ccc", "c2"),
        ("/aaa/bbb", "c3"),
        ("/aaa/bbb/c", "c3"),
        ("/ccc", "c1"),
        ("/aaab", "c1"),
        ("/foo", "c4"),
        ("/foo/", "c5"),
        ("/aaa//bbb", "c2"),
        ("//aaa", "c1"),
        ("/x/../aaa/bbb", "c1"),
    ],
)
def test_the_exact_path_wins_and_then_the_longest_wildcard(path: str, cluster: str) -> None:
    rules = table(
        ("", "/*", "c1"),
        ("", "/aaa*", "c2"),
        ("", "/aaa/bbb*", "c3"),
        ("", "/foo", "c4"),
        ("", "/foo*", "c5"),
    )
    assert rules.find("e.test", path) == cluster


def test_several_hosts_and_paths_in_one_rule() -> None:
    rules = PathTable(
        [PathRule(("aaa.foo.com", "bbb.foo.com", "ccc.foo.com"), ("/ddd", "/eee/*", "/f*"), "c")]
    )
    assert rules.find("ccc.foo.com", "/eee/fff/ggg") == "c"
    assert rules.find("aaa.foo.com", "/ddd") == "c"
    assert rules.find("ddd.foo.com", "/ddd") is None


@pytest.mark.parametrize(
    ("host", "path", "cluster"),
    [
        ("vip.b.test1.com", "/interface/d", "R2"),
        ("vip.b.test1.com", "/q", "R3"),
        ("b.test1.com", "/x", "R1"),
        ("y.vip.b.test1.com", "/interface/d", None),
        ("www.a.com", "/a/b", "B"),
        ("www.a.com", "/a/b/", "A"),
        ("www.a.com", "/a", "A"),
        ("www.a.com", "/z", None),
        ("x.img.a.com", "/static/1", "S"),
        ("x.img.a.com", "/z", None),
        ("img.a.com", "/z", "C"),
        ("www.a.com", "/A/x", None),
        ("WWW.A.COM", "/a", "A"),
        ("b.com", "/staticx", None),
        ("b.com", "/static", "S"),
        ("uc.test", "/UpPath", "U"),
        ("uc.test", "/uppath", None),
    ],
)
def test_the_host_is_settled_before_the_path(host: str, path: str, cluster: str | None) -> None:
    assert SHOP.find(host, path) == cluster


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("a.com", "/x*"), ("a.com", "/x/*")),
        (("a.com", "/x"), ("A.com", "/x")),
        (("a.com", "/x"), ("a.com.", "/x")),
        (("*.a.com", ""), ("*.A.com", "*")),
        (("", "/x"), ("*", "/x")),
    ],
)
def test_the_same_host_and_path_twice_is_refused(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    with pytest.raises(DuplicateRoute) as caught:
        table((*first, "c1"), (*second, "c2"))
    assert (caught.value.host, caught.value.path) == (second[0], second[1] or "*")
    assert repr(second[0]) in str(caught.value)


def test_an_exact_path_and_its_wildcard_are_two_rules() -> None:
    rules = table(("", "/x", "c1"), ("", "/x*", "c2"))
    assert (rules.find("h", "/x"), rules.find("h", "/x/y")) == ("c1", "c2")


@pytest.mark.parametrize("rule", [("a", "/", "c"), ("*.a", "/", "c"), ("", "/", "c")])
def test_a_table_with_any_rule_is_true(rule: tuple[str, str, str]) -> None:
    assert table(rule)


def test_a_table_without_rules_is_false_and_finds_nothing() -> None:
    assert not PathTable()
    assert PathTable().find("a.com", "/") is None


def test_a_long_path_of_slashes_is_no_more_work() -> None:
    assert table(("", "/a/*", "c")).find("h", "/" * 100_000) is None


@pytest.mark.parametrize(
    ("host", "path", "steps"),
    [
        (
            "www.a.com",
            "/a/b",
            [Step("host www.a.com", True), Step("path /a/b", True, "B")],
        ),
        (
            "www.a.com.",
            "/a/c",
            [
                Step("host www.a.com", True),
                Step("path /a/c", False),
                Step("path /a/*", True, "A"),
            ],
        ),
        (
            "img.a.com",
            "/z",
            [
                Step("host img.a.com", False),
                Step("host *.a.com", True),
                Step("path /z", False),
                Step("path *", True, "C"),
            ],
        ),
        (
            "other",
            "/z",
            [
                Step("host other", False),
                Step("host *", True),
                Step("path /z", False),
                Step("wildcard path", False),
            ],
        ),
    ],
)
def test_explaining_lists_what_was_looked_at(host: str, path: str, steps: list[Step]) -> None:
    assert list(SHOP.explain(host, path)) == steps


def test_explaining_a_host_without_rules() -> None:
    assert [step.is_match for step in HOSTS.explain("a.net", "/")] == [False, False, False]


def test_advanced_mode_is_a_cluster_like_any_other_here() -> None:
    assert table(("", "/x*", ADVANCED_MODE)).find("h", "/x") == ADVANCED_MODE
