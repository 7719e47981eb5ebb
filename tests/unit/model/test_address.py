import pytest

from bfe_py.model import UNIX_PEER, IpRange, parse_address


@pytest.mark.parametrize(
    ("text", "canonical", "is_ipv4"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("::ffff:1.2.3.4", "1.2.3.4", True),
        ("2001:DB8::0:1", "2001:db8::1", False),
        ("::1", "::1", False),
    ],
)
def test_an_address_has_one_text(text: str, canonical: str, is_ipv4: bool):
    address = parse_address(text, 80)
    assert address is not None
    assert (address.text, address.is_ipv4, address.port) == (canonical, is_ipv4, 80)


@pytest.mark.parametrize(
    "text", ["", "a", "1.2.3", "01.2.3.4", "fe80::1%eth0", "[::1]", "1.2.3.4:5"]
)
def test_what_is_no_address_has_none(text: str):
    assert parse_address(text) is None


def test_a_mapped_address_is_the_same_number():
    plain, mapped = parse_address("10.0.0.1"), parse_address("::ffff:10.0.0.1")
    assert plain is not None
    assert mapped is not None
    assert plain.value == mapped.value
    assert plain.packed == b"\0" * 10 + b"\xff\xff\x0a\0\0\x01"


def test_an_address_with_its_port_can_be_written():
    assert str(parse_address("10.0.0.1", 80)) == "10.0.0.1:80"
    assert str(parse_address("::1", 80)) == "[::1]:80"


def test_private_ranges_are_known():
    private, public = parse_address("192.168.1.1"), parse_address("8.8.8.8")
    assert private is not None
    assert public is not None
    assert private.is_private
    assert not public.is_private


def test_a_range_includes_both_ends():
    first, last, outside = (parse_address(f"10.0.0.{n}") for n in (1, 3, 4))
    assert first is not None
    assert last is not None
    assert outside is not None
    inside = IpRange(first.value, last.value)
    assert first in inside
    assert last in inside
    assert outside not in inside


def test_a_peer_without_address_is_in_no_network():
    assert UNIX_PEER.text == ""
    assert not UNIX_PEER.is_ipv4
