"""Hosts, forms of the target, and whether two authorities are one."""

import pytest

from bfe_py.model import Fault
from bfe_py.protocol.h1.target import check_escapes, is_host, is_same_authority, read_target


@pytest.mark.parametrize(
    "value",
    [b"a.t", b"A.t:80", b"a.t:", b"1.2.3.4:65535", b"[::1]", b"[::ffff:1.2.3.4]:1", b"a%20b"],
)
def test_a_host_is_a_name_or_an_address_with_or_without_a_port(value):
    assert is_host(value)


@pytest.mark.parametrize(
    "value",
    [b"", b":80", b"a b", b"a,b", b"a/b", b"a@b", b"a:b", b"a:65536", b"a:123456", b"[::1", b"::1", b"[]", b"a%2", b"\xff"],
)  # fmt: skip
def test_anything_else_is_no_host(value):
    assert not is_host(value)


@pytest.mark.parametrize(
    ("method", "target", "authority", "port"),
    [
        (b"GET", b"/", None, b""),
        (b"OPTIONS", b"*", None, b""),
        (b"CONNECT", b"a.t:443", b"a.t:443", b"443"),
        (b"CONNECT", b"[::1]:443", b"[::1]:443", b"443"),
        (b"GET", b"http://a.t/x", b"a.t", b"80"),
        (b"GET", b"HTTPS://a.t:8?x#y", b"a.t:8", b"443"),
    ],
)
def test_a_target_has_one_of_four_forms(method, target, authority, port):
    assert read_target(method, target) == (authority, port)


@pytest.mark.parametrize(
    ("method", "target", "word"),
    [
        (b"GET", b"", "target-empty"),
        (b"GET", b"/\xff", "target-byte"),
        (b"CONNECT", b"/", "target-form"),
        (b"CONNECT", b"a.t", "target-form"),
        (b"CONNECT", b"a.t:", "target-form"),
        (b"GET", b"*", "target-asterisk"),
        (b"GET", b"x", "target-form"),
        (b"GET", b"http://u@a.t/", "target-userinfo"),
        (b"GET", b"http:///", "target-authority"),
    ],
)
def test_another_form_is_refused(method, target, word):
    with pytest.raises(Fault) as caught:
        read_target(method, target)
    assert caught.value.detail == word


@pytest.mark.parametrize(
    ("one", "other", "port", "same"),
    [
        (b"a.t", b"a.t", b"80", True),
        (b"a.t", b"A.T:80", b"80", True),
        (b"a.t:", b"a.t", b"443", True),
        (b"[::1]", b"[::1]:80", b"80", True),
        (b"a.t", b"a.t:443", b"80", False),
        (b"a.t", b"b.t", b"80", False),
        (b"a.t:81", b"a.t:82", b"80", False),
    ],
)
def test_authorities_are_compared_without_case_and_default_port(one, other, port, same):
    assert is_same_authority(one, other, port) is same
    assert is_same_authority(other, one, port) is same


@pytest.mark.parametrize("target", [b"/", b"/%41%c3%A9", b"/?%", b"*", b"http://a/%20"])
def test_escapes_with_two_digits_pass_and_a_query_is_not_read(target):
    check_escapes(target)


@pytest.mark.parametrize("target", [b"/%", b"/%2", b"/%2?%41", b"/%zz", b"http://a/%4"])
def test_a_bad_escape_in_a_path_is_refused(target):
    with pytest.raises(Fault, match="bad-escape-in-path"):
        check_escapes(target)
