"""Keys: what a text needs of host and path."""

import pytest

from bfe_py.condition import format_node, parse_condition
from bfe_py.condition.catalogue import PRIMITIVES
from bfe_py.condition.keys import _READERS, Fact, read_key


def whole(*texts: str) -> Fact:
    return Fact(texts, ())


def starts(*texts: str) -> Fact:
    return Fact((), texts)


A, P = 'req_host_in("a")', 'req_path_in("/p", false)'
JSON, NOTED = 'req_body_json_in("k", "v", false)', 'req_context_value_in("k", "v", false)'
GET = 'req_method_in("GET")'
MANY = "/".join(["x"] * 40)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ('req_host_in("a.test|B.test")', whole("A.TEST", "B.TEST")),
        ('req_host_in("")', whole("")),
        ("req_host_in(`a\r.test`)", whole("A.TEST")),
        ('req_host_in("\u0131")', whole("I")),
        ('req_host_suffix_in(".a|b")', starts("B", "A.")),
        ('req_host_suffix_in("a|")', None),
        (r"req_host_regmatch(`^(www|m)\.a$`)", whole("WWW.A", "M.A")),
        (r"req_host_regmatch(`\.a$`)", starts("A.")),
        (r"req_host_regmatch(`^a`)", None),
        (r"req_host_regmatch(`^a+$`)", None),
        (r"req_host_regmatch(`(?i)a`)", None),
    ],
)
def test_hosts_of_a_primitive(text: str, hosts: Fact | None) -> None:
    assert read_key(text) == (hosts, None, True)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ('req_path_in("/a|/b", false)', whole("/A", "/B")),
        ('req_path_in("/a", true)', whole("/A")),
        ('req_path_in("/a\\"", true)', whole('/A\\"')),
        ('req_path_prefix_in("/a|/b/", false)', starts("/A", "/B/")),
        ('req_path_prefix_in("", false)', None),
        (f'req_path_prefix_in("{MANY}", false)', starts("X/" * 32)),
        ('req_path_element_prefix_in("/a|/b/|", false)', starts("/A/", "/B/", "/")),
        ("req_path_regmatch(`^/a$`)", whole("/A")),
        ("req_path_regmatch(`^/(a|b)`)", starts("/A", "/B")),
        ("req_path_regmatch(`/a$`)", None),
        ("req_path_regmatch(`^/a[0-9]+`)", None),
        ("req_path_regmatch(`(?i)/a`)", None),
        ('req_path_suffix_in("/a", false)', None),
    ],
)
def test_paths_of_a_primitive(text: str, paths: Fact | None) -> None:
    assert read_key(text) == (None, paths, True)


@pytest.mark.parametrize(
    ("text", "hosts", "paths"),
    [
        (f"{A} && {P}", whole("A"), whole("/P")),
        (f"{A} || {P}", None, None),
        (f'{A} || req_host_suffix_in("b")', Fact(("A",), ("B",)), None),
        (f"({A} && {P}) || ({A} && {GET})", whole("A", "A"), None),
        (f"{GET} && {A} || {P}", None, None),
        (f"{GET} || {GET} && {P}", None, whole("/P")),
        (f"!{A} && {P}", None, whole("/P")),
        (f"!({A}) && {P}", None, whole("/P")),
        (f"!!{A}", None, None),
        (f"{GET}//)\n&& // (\r\n {A}", whole("A"), None),
        ("default_t()", None, None),
    ],
)
def test_keys_of_terms_and_choices(text: str, hosts: Fact | None, paths: Fact | None) -> None:
    assert read_key(text) == (hosts, paths, True)
    assert read_key(format_node(parse_condition(text))) == (hosts, paths, True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('req_path_in("/a", false)', 'req_path_prefix_in("/long/way", false)'),
        ('req_path_in("/a", false)', 'req_path_in("/a|/b", false)'),
        ('req_path_prefix_in("/ab", false)', 'req_path_prefix_in("/a", false)'),
        ('req_path_prefix_in("/a", false)', 'req_path_prefix_in("/a|/b", false)'),
        ('req_path_prefix_in("/a", false)', GET),
    ],
)
def test_the_sharper_of_two_terms_is_the_key(one: str, other: str) -> None:
    assert read_key(f"{one} && {other}") == read_key(f"{other} && {one}") == read_key(one)


@pytest.mark.parametrize(
    ("text", "hosts", "paths"),
    [
        (f"{A} && {JSON} && {P}", whole("A"), None),
        (f"{JSON} && {A} && {P}", None, None),
        (f"({A} && {JSON}) && {P}", whole("A"), None),
        (f"{A} && ({P} && {JSON})", whole("A"), whole("/P")),
        (f"({A} && {JSON}) || {A}", whole("A", "A"), None),
        (f"!{JSON} && {A}", None, None),
    ],
)
def test_what_stands_behind_a_look_at_the_body_is_no_key(
    text: str, hosts: Fact | None, paths: Fact | None
) -> None:
    assert read_key(text) == (hosts, paths, False)


@pytest.mark.parametrize("text", [NOTED, f"{GET} && !({A} || {NOTED})", 'req_tag_match("a", "b")'])
def test_what_looks_at_notes_may_decide_otherwise_later(text: str) -> None:
    assert not read_key(text).is_steady


@pytest.mark.parametrize(
    "text",
    ["", "(", f"{A})", f"({A}", f"{A} && name", f"\ufeff{A}", f"{A} & {A}", 'req_host_in("a', "!"],
)
def test_what_is_no_whole_condition_has_no_key(text: str) -> None:
    key = read_key(text)
    assert (key.hosts, key.paths) == (None, None)


def test_a_union_of_very_many_says_nothing() -> None:
    hosts = [f'req_host_in("h{number}")' for number in range(1200)]
    assert len(read_key(" || ".join(hosts[:1000])).hosts or ()) == 2
    assert read_key(" || ".join(hosts)).hosts is None


def test_everything_with_a_key_is_a_primitive() -> None:
    assert PRIMITIVES.keys() >= _READERS.keys()
