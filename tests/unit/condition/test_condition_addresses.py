import pytest

from bfe_py.condition.addresses import format_address, is_v4, network_ends, parse_address

MAPPED = 0xFFFF << 32


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10.0.0.1", MAPPED | 0x0A000001),
        ("::ffff:10.0.0.1", MAPPED | 0x0A000001),
        ("::1", 1),
        ("2001:DB8::", 0x20010DB8 << 96),
    ],
)
def test_addresses_are_numbers_of_128_bits(text, number):
    assert parse_address(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0",
        "10.0.0.01",
        "10.0.0.0/8",
        "fe80::1%lo",
        "[::1]",
        "1.2.3.4:80",
        " ::1",
        "1::2::3",
        "167772161",
    ],
)
def test_other_texts_are_no_addresses(text):
    assert parse_address(text) is None


def test_addresses_are_written_canonically():
    assert format_address(MAPPED | 0x0A000001) == "10.0.0.1"
    assert format_address(0x20010DB8 << 96) == "2001:db8::"
    assert is_v4(MAPPED)
    assert not is_v4(MAPPED - 1)
    assert not is_v4((MAPPED | 0xFFFFFFFF) + 1)


def test_a_network_has_two_ends():
    assert network_ends("10.1.2.3/8") == ("10.0.0.0", "10.255.255.255")
    assert network_ends("10.1.2.3") is None
    assert network_ends("x/8") is None
