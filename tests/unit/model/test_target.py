import pytest
from hypothesis import given
from hypothesis import strategies as st

from bfe_py.model import AmbiguousTarget, canonical_target, is_canonical, origin_form


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/a/b?x=1", b"/a/b?x=1"),
        (b"http://h.test/a?b", b"/a?b"),
        (b"http://h.test", b"/"),
        (b"http://h.test?q=1", b"/?q=1"),
        (b"*", b"*"),
        (b"h.test:443", b"h.test:443"),
        (b"/redirect?to=http://x.test/", b"/redirect?to=http://x.test/"),
        (b"?to=http://x.test/", b"?to=http://x.test/"),
    ],
)
def test_only_absolute_form_loses_scheme_and_authority(target: bytes, expected: bytes):
    assert origin_form(target, b"GET") == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"http://h.test", b"*"),
        (b"http://h.test/", b"/"),
        (b"http://h.test?q", b"/?q"),
        (b"*", b"*"),
        (b"/a", b"/a"),
    ],
)
def test_options_of_a_whole_server_have_no_path(target: bytes, expected: bytes):
    assert origin_form(target, b"OPTIONS") == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/", b"/"),
        (b"/a/b", b"/a/b"),
        (b"//a///b", b"/a/b"),
        (b"/a//", b"/a/"),
        (b"/a/./b", b"/a/b"),
        (b"/a/../b", b"/b"),
        (b"/a/b/..", b"/a/"),
        (b"/a/..", b"/"),
        (b"/a/.", b"/a/"),
        (b"/.", b"/"),
        (b"/%61%2e%2E/%7e", b"/a../~"),
        (b"/a/%2e%2e/b", b"/b"),
        (b"/a%3fb", b"/a%3Fb"),
        (b"/a%20b?c=%2f//..", b"/a%20b?c=%2f//.."),
        (b"/.well-known/x", b"/.well-known/x"),
        (b"/a?b=%2f//", b"/a?b=%2f//"),
        (b'/a?b=%zz|"<', b"/a?b=%25zz%7C%22%3C"),
        (b"/a|b{c}", b"/a%7Cb%7Bc%7D"),
        (b"/a;x/b;..", b"/a;x/b;.."),
        (b"/a/...;x/", b"/a/...;x/"),
        (b"*", b"*"),
    ],
)
def test_a_path_has_one_canonical_form(target: bytes, expected: bytes):
    assert canonical_target(target) == expected


@pytest.mark.parametrize(
    ("target", "word"),
    [
        (b"/a%2fb", "ambiguous-escape-in-path"),
        (b"/a%5Cb", "ambiguous-escape-in-path"),
        (b"/a%00", "ambiguous-escape-in-path"),
        (b"/a%23", "ambiguous-escape-in-path"),
        (b"/a\\b", "backslash-in-path"),
        (b"/a#b", "fragment-in-target"),
        (b"/a?b#c", "fragment-in-target"),
        (b"/a%zz", "bad-escape-in-path"),
        (b"/a%2", "bad-escape-in-path"),
        (b"/../a", "path-above-root"),
        (b"/a/../../b", "path-above-root"),
        (b"/a/..;x/b", "parameters-of-dot-segment"),
        (b"/a/.;/b", "parameters-of-dot-segment"),
        (b"/a/%2e%2e;x=1", "parameters-of-dot-segment"),
    ],
)
def test_what_servers_read_differently_is_refused(target: bytes, word: str):
    with pytest.raises(AmbiguousTarget, match=word):
        canonical_target(target)


@pytest.mark.parametrize(
    ("target", "shows"),
    [
        (b"/", True),
        (b"/a/b.c;d=e?f=g&h", True),
        (b"/a..b/c.", True),
        (b"/a?b=/c/d", True),
        (b"/.well-known/x", False),
        (b"/a/../b", False),
        (b"//a", False),
        (b"/a%20b", False),
        (b"/a#b", False),
        (b"/a\\b", False),
        (b"/a?b=//c", False),
        (b"/a?b=[c]", False),
    ],
)
def test_most_targets_show_at_a_glance_that_they_are_canonical(target: bytes, shows: bool):
    assert is_canonical(target) is shows
    if shows:
        assert canonical_target(target) is target


PATHS = st.lists(
    st.sampled_from([b"a", b"..", b".", b"", b"%2e", b"%41", b"%20", b"b.c"]), max_size=8
)


@given(PATHS)
def test_the_canonical_form_is_its_own_canonical_form(segments: list[bytes]):
    try:
        once = canonical_target(b"/" + b"/".join(segments))
    except AmbiguousTarget:
        return
    assert canonical_target(once) == once
    assert b"//" not in once
    assert b"/../" not in once + b"/"


@given(st.binary(max_size=12).map(lambda rest: b"/" + rest))
def test_what_shows_that_it_is_canonical_is(target: bytes):
    if is_canonical(target):
        assert canonical_target(target) is target
        assert not {b"..", b"."} & set(target.partition(b"?")[0].split(b"/"))
