import pytest

from bfe_py.condition.reading import (
    TargetError,
    authority_of,
    decode_path,
    parse_cookies,
    parse_query,
    split_host,
    split_target,
)


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("", ("", "80")),
        ("a.example", ("a.example", "80")),
        ("A.example.:8443", ("A.example.", "8443")),
        ("a:", ("a", "")),
        (":8080", ("", "80")),
        ("[::1]:80", ("[", ":1]:80")),
    ],
)
def test_a_host_ends_at_its_first_colon(host, parts):
    assert split_host(host) == parts


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/", ("/", "")),
        ("/a?b=c?d", ("/a", "b=c?d")),
        ("/a#f", ("/a#f", "")),
        ("//a/../b;x", ("//a/../b;x", "")),
        ("*", ("*", "")),
        ("http://h", ("", "")),
        ("http://h?q", ("", "q")),
        ("http://h/x?y=/z", ("/x", "y=/z")),
        ("http:x", ("", "")),
        ("h:443", ("", "")),
        ("h.example", ("", "")),
    ],
)
def test_a_target_has_a_path_and_a_query(target, parts):
    assert split_target(target) == parts


@pytest.mark.parametrize(
    ("target", "authority"),
    [
        ("/http://h/", None),
        ("http://u:p@h:1/x", "h:1"),
        ("http://h?x@y", "h"),
        ("h:443", None),
        ("1://h", None),
        ("*", None),
    ],
)
def test_only_the_absolute_form_has_an_authority(target, authority):
    assert authority_of(target) == authority


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a+b", "/a+b"),
        ("/a%20b?c%20", "/a b"),
        ("/a%2520b", "/a%20b"),
        ("/%E4%B8%AD%2f", "/中/"),
        ("/%FF", "/\udcff"),
        ("/\udce4%B8%AD", "/中"),
        ("/é%20", "/é "),
    ],
)
def test_paths_are_decoded_once(target, path):
    assert decode_path(target) == path


@pytest.mark.parametrize("target", ["/%", "/%4", "/%zz", "/%25%x"])
def test_a_bad_escape_in_a_path_is_refused(target):
    with pytest.raises(TargetError):
        decode_path(target)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {}),
        ("&&", {}),
        ("a", {"a": ""}),
        ("a=1&a=2", {"a": "1"}),
        ("a=1=2", {"a": "1=2"}),
        ("=v", {"": "v"}),
        ("a=1;b=2&c=3", {"c": "3"}),
        ("a%5B0%5D=x+y&b+c=%2B", {"a[0]": "x y", "b c": "+"}),
        ("a=%zz&b=%&c=%41", {"c": "A"}),
        ("a=%FF&\udcffb=1", {"a": "\udcff", "\udcffb": "1"}),
        ("a=%3B%26", {"a": ";&"}),
        ("a=b&c=%20", {"a": "b", "c": " "}),
    ],
)
def test_queries_are_parsed_and_broken_parts_dropped(query, found):
    assert parse_query(query) == found


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], {}),
        (["a=1; b=2"], {"a": "1", "b": "2"}),
        (["a=1", "a=2; b=3"], {"a": "1", "b": "3"}),
        (["a"], {"a": ""}),
        (["=v"], {"": "v"}),
        (["a=1;;b=2"], {"a": "1"}),
        ([";a=1"], {}),
        (["a=1; ;b=2; "], {"a": "1", "b": "2"}),
        (["a b=1; c =2; (=3"], {}),
        (['a="x y",z'], {"a": '"x y",z'}),
        (["\xa0a=1\u2003;b=\x1f2"], {"a": "1", "b": "\x1f2"}),
        (["  "], {}),
    ],
)
def test_cookies_are_parsed(values, found):
    assert parse_cookies(values) == found
